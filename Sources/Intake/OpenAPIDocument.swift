/// The description of the API that `GET /openapi.yaml` gives.
enum OpenAPIDocument {
    /// OpenAPI 3.1.
    static let text = """
        openapi: 3.1.0
        info:
          title: Mendline intake
          version: 1.0.0
          description: Takes incidents, says what became of them, and shows every step.
        paths:
          /remediate:
            post:
              summary: One incident; waits up to 10 s for its workspace (Prefer wait=N, Prefer respond-async).
              parameters:
                - {name: Prefer, in: header, required: false, schema: {type: string}}
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: '#/components/schemas/Incident'}
              responses:
                '200': {description: Known before; its present state., content: {application/json: {schema: {$ref: '#/components/schemas/Progress'}}}}
                '201': {description: Its workspace exists., content: {application/json: {schema: {$ref: '#/components/schemas/Progress'}}}}
                '202': {description: Accepted and still at work; look at Location., content: {application/json: {schema: {$ref: '#/components/schemas/Progress'}}}}
                '400': {$ref: '#/components/responses/Problem'}
                '401': {$ref: '#/components/responses/Problem'}
                '409': {$ref: '#/components/responses/Problem'}
                '413': {$ref: '#/components/responses/Problem'}
                '415': {$ref: '#/components/responses/Problem'}
                '422': {$ref: '#/components/responses/Problem'}
                '502': {$ref: '#/components/responses/Problem'}
                '503': {$ref: '#/components/responses/Problem'}
          /incidents:
            get:
              summary: Incidents, newest first.
              parameters:
                - {name: state, in: query, schema: {enum: [waiting, provisioning, running, finished, declined, cancelled]}}
                - {name: service, in: query, schema: {type: string}}
                - {name: verdict, in: query, schema: {type: string}}
                - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 1000}}
                - {name: after, in: query, schema: {type: string}}
              responses:
                '200': {description: A page., content: {application/json: {schema: {type: object}}}}
                '400': {$ref: '#/components/responses/Problem'}
                '401': {$ref: '#/components/responses/Problem'}
          /incidents/{id}:
            parameters: [{$ref: '#/components/parameters/id'}]
            get:
              summary: One incident with its timeline; Prefer wait=N waits for its end.
              responses:
                '200': {description: The incident., content: {application/json: {schema: {type: object}}}}
                '401': {$ref: '#/components/responses/Problem'}
                '404': {$ref: '#/components/responses/Problem'}
          /incidents/{id}/logs:
            parameters: [{$ref: '#/components/parameters/id'}]
            get:
              summary: The log so far, or with follow a stream of server-sent events until the verdict.
              parameters:
                - {name: after, in: query, schema: {type: integer}}
                - {name: follow, in: query, allowEmptyValue: true, schema: {type: string}}
              responses:
                '200': {description: Lines., content: {application/json: {schema: {type: object}}, text/event-stream: {schema: {type: string}}}}
                '401': {$ref: '#/components/responses/Problem'}
                '404': {$ref: '#/components/responses/Problem'}
          /incidents/{id}/cancel:
            parameters: [{$ref: '#/components/parameters/id'}]
            post:
              summary: Asks for the incident's end.
              requestBody:
                required: true
                content:
                  application/json:
                    schema:
                      type: object
                      required: [reason]
                      properties: {reason: {type: string, minLength: 1, maxLength: 500}, by: {type: string}}
              responses:
                '202': {description: Asked for., content: {application/json: {schema: {type: object}}}}
                '401': {$ref: '#/components/responses/Problem'}
                '404': {$ref: '#/components/responses/Problem'}
                '409': {$ref: '#/components/responses/Problem'}
                '422': {$ref: '#/components/responses/Problem'}
          /status/{id}:
            parameters: [{$ref: '#/components/parameters/id'}]
            get:
              summary: How the workspace is, by its id or the incident's.
              responses:
                '200': {description: Its state and log., content: {application/json: {schema: {type: object}}}}
                '401': {$ref: '#/components/responses/Problem'}
                '404': {$ref: '#/components/responses/Problem'}
          /health:
            get:
              summary: Whether intake lives.
              responses: {'200': {description: It does., content: {application/json: {schema: {type: object}}}}}
          /ready:
            get:
              summary: Whether Mendline can work, and what is in the way.
              responses:
                '200': {description: It can., content: {application/json: {schema: {type: object}}}}
                '401': {$ref: '#/components/responses/Problem'}
                '503': {description: It cannot; problems says why., content: {application/json: {schema: {type: object}}}}
          /metrics:
            get:
              summary: The metrics-sink's exposition.
              responses:
                '200': {description: Prometheus text., content: {text/plain: {schema: {type: string}}}}
                '401': {$ref: '#/components/responses/Problem'}
                '503': {$ref: '#/components/responses/Problem'}
          /openapi.yaml:
            get:
              summary: This description.
              responses: {'200': {description: OpenAPI 3.1., content: {application/yaml: {schema: {type: string}}}}}
        components:
          parameters:
            id: {name: id, in: path, required: true, schema: {type: string, minLength: 1, maxLength: 200}}
          responses:
            Problem:
              description: What is wrong and what to do (RFC 9457).
              content:
                application/problem+json:
                  schema:
                    type: object
                    required: [type, title, status, detail]
                    properties:
                      type: {type: string}
                      title: {type: string}
                      status: {type: integer}
                      detail: {type: string}
                      errors: {type: array, items: {type: object, properties: {field: {type: string}, message: {type: string}}}}
                      reasons: {type: array, items: {type: object, properties: {code: {type: string}, message: {type: string}}}}
          schemas:
            Incident:
              type: object
              required: [incident_id, service_name, severity, description]
              properties:
                incident_id: {type: string, minLength: 1, maxLength: 200}
                service_name: {type: string, minLength: 1, maxLength: 200}
                severity: {type: string, minLength: 1, maxLength: 40}
                description: {type: string, minLength: 1, maxLength: 8192}
                target_service_token: {type: string, maxLength: 4096}
                labels: {type: object, additionalProperties: {type: string}}
                annotations: {type: object, additionalProperties: {type: string}}
            Progress:
              type: object
              properties:
                incident_id: {type: string}
                status: {type: string}
                state: {type: string}
                verdict: {type: [string, 'null']}
                workspace_id: {type: string}
                workspace_name: {type: string}
                url: {type: string}
        """
}

/// The description of the API that `GET /openapi.yaml` gives: OpenAPI 3.1, the calls here, what they share in
/// ``OpenAPIComponents``.
///
/// `make contract` holds intake to it, so what is said here of a request or an answer is exact.
enum OpenAPIDocument {
    /// The whole document.
    static let text = head + paths + OpenAPIComponents.text

    private static let head = """
        openapi: 3.1.0
        info:
          title: Mendline intake
          version: 1.0.0
          summary: Takes incidents, says what became of them, and shows every step.
          description: |
            Where intake was given tokens or keys, every call but /health needs a bearer token, or the signature of its
            body. A token has scopes: send (POST /remediate), read (every GET), operate (cancel and retry). A signed
            body has the scope send. Who shows nothing that is known is answered 401, who lacks the scope 403. Where
            intake was given none, it answers to the names of loopback alone, and others with 421.

            Every answer may be 503 with Retry-After: more requests are in progress than intake takes on at once, or a
            body did not come in time. Of signed bodies a quarter as many are read at once, each for 10 s at most; where
            the head shows that no body can make its signature count, the answer is 401 before the body is read. A line
            and headers over 32 KiB or 100 fields are 431. Heads that do not come in time, idle connections and answers
            that are not read end with the connection.

            Errors are problems as RFC 9457 describes them. What cannot be taken now is answered 503 with Retry-After,
            never 429, since Alertmanager drops on every 4xx and retries on 5xx.
        servers: [{url: /}]

        """

    private static let paths = #"""
        paths:
          /remediate:
            post:
              operationId: remediate
              summary: One incident; waits up to 10 s for its workspace.
              parameters: [{$ref: '#/components/parameters/prefer'}, {$ref: '#/components/parameters/traceparent'}]
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: '#/components/schemas/Incident'}
                    examples:
                      cpu: {$ref: '#/components/examples/HighCPU'}
                      gate: {$ref: '#/components/examples/TooMild'}
              responses:
                '200': {$ref: '#/components/responses/Known'}
                '201': {$ref: '#/components/responses/WorkspaceExists'}
                '202': {$ref: '#/components/responses/AtWork'}
                '400': {$ref: '#/components/responses/Problem'}
                '401': {$ref: '#/components/responses/Unauthorized'}
                '403': {$ref: '#/components/responses/Forbidden'}
                '409': {$ref: '#/components/responses/Problem'}
                '413': {$ref: '#/components/responses/Problem'}
                '415': {$ref: '#/components/responses/Problem'}
                '422': {$ref: '#/components/responses/Problem'}
                '502': {$ref: '#/components/responses/Problem'}
                '503': {$ref: '#/components/responses/Unavailable'}
          /incidents:
            get:
              operationId: incidents
              summary: Incidents, newest first.
              parameters:
                - {name: state, in: query, schema: {$ref: '#/components/schemas/State'}}
                - {name: service, in: query, schema: {type: string, minLength: 1}, example: payment-api}
                - {name: verdict, in: query, schema: {$ref: '#/components/schemas/Verdict'}}
                - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 1000, default: 100}}
                - name: after
                  in: query
                  description: The `next` of an earlier answer.
                  schema: {type: string, pattern: '^[0-9]{1,18}$'}
                  example: '100'
              responses:
                '200':
                  description: A page of them.
                  content: {application/json: {schema: {$ref: '#/components/schemas/IncidentPage'}}}
                '400': {$ref: '#/components/responses/Problem'}
                '401': {$ref: '#/components/responses/Unauthorized'}
                '403': {$ref: '#/components/responses/Forbidden'}
                '503': {$ref: '#/components/responses/Unavailable'}
          /incidents/{id}:
            parameters: [{$ref: '#/components/parameters/id'}]
            get:
              operationId: incident
              summary: One incident with its timeline; Prefer wait=N waits for its end.
              parameters: [{$ref: '#/components/parameters/prefer'}]
              responses:
                '200':
                  description: The incident.
                  content: {application/json: {schema: {$ref: '#/components/schemas/IncidentDetail'}}}
                '401': {$ref: '#/components/responses/Unauthorized'}
                '403': {$ref: '#/components/responses/Forbidden'}
                '404': {$ref: '#/components/responses/Problem'}
                '503': {$ref: '#/components/responses/Unavailable'}
          /incidents/{id}/logs:
            parameters: [{$ref: '#/components/parameters/id'}]
            get:
              operationId: logs
              summary: The log so far, or with `follow` a stream of server-sent events until the verdict.
              parameters:
                - name: after
                  in: query
                  description: The `next` of an earlier answer.
                  schema: {type: integer, minimum: 0, maximum: 999999999999999999, default: 0}
                - name: follow
                  in: query
                  description: Its presence counts, whatever its value.
                  allowEmptyValue: true
                  schema: {type: string}
                  example: ''
              responses:
                '200':
                  description: Lines; as events, `line` for each, and `end` with state and verdict.
                  content:
                    application/json: {schema: {$ref: '#/components/schemas/LogPage'}}
                    text/event-stream: {schema: {$ref: '#/components/schemas/LogEvent'}}
                '400': {$ref: '#/components/responses/Problem'}
                '401': {$ref: '#/components/responses/Unauthorized'}
                '403': {$ref: '#/components/responses/Forbidden'}
                '404': {$ref: '#/components/responses/Problem'}
                '503': {$ref: '#/components/responses/Unavailable'}
          /incidents/{id}/cancel:
            parameters: [{$ref: '#/components/parameters/id'}]
            post:
              operationId: cancel
              summary: Asks for the incident's end.
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: '#/components/schemas/OperatorAction'}
                    example: {reason: the service is being replaced, by: ann}
              responses:
                '202':
                  description: Asked for; the timeline tells when it has taken effect.
                  content: {application/json: {schema: {$ref: '#/components/schemas/Asked'}}}
                '400': {$ref: '#/components/responses/Problem'}
                '401': {$ref: '#/components/responses/Unauthorized'}
                '403': {$ref: '#/components/responses/Forbidden'}
                '404': {$ref: '#/components/responses/Problem'}
                '409': {$ref: '#/components/responses/Problem'}
                '413': {$ref: '#/components/responses/Problem'}
                '415': {$ref: '#/components/responses/Problem'}
                '422': {$ref: '#/components/responses/Problem'}
                '503': {$ref: '#/components/responses/Unavailable'}
          /incidents/{id}/retry:
            parameters: [{$ref: '#/components/parameters/id'}]
            post:
              operationId: retry
              summary: Begins another attempt at an incident that has ended without success.
              requestBody:
                required: true
                content:
                  application/json:
                    schema: {$ref: '#/components/schemas/Retry'}
                    example: {reason: the disk has room again, by: ann}
              responses:
                '202':
                  description: Begun; the attempt before is stopped before this one creates anything.
                  content: {application/json: {schema: {$ref: '#/components/schemas/Retrying'}}}
                '400': {$ref: '#/components/responses/Problem'}
                '401': {$ref: '#/components/responses/Unauthorized'}
                '403': {$ref: '#/components/responses/Forbidden'}
                '404': {$ref: '#/components/responses/Problem'}
                '409': {$ref: '#/components/responses/Problem'}
                '413': {$ref: '#/components/responses/Problem'}
                '415': {$ref: '#/components/responses/Problem'}
                '422': {$ref: '#/components/responses/Problem'}
                '503': {$ref: '#/components/responses/Unavailable'}
          /status/{id}:
            parameters: [{$ref: '#/components/parameters/id'}]
            get:
              operationId: status
              summary: How the workspace is, by its id or the incident's.
              responses:
                '200':
                  description: Its state, and the log's first 1000 lines.
                  content: {application/json: {schema: {$ref: '#/components/schemas/Status'}}}
                '401': {$ref: '#/components/responses/Unauthorized'}
                '403': {$ref: '#/components/responses/Forbidden'}
                '404': {$ref: '#/components/responses/Problem'}
                '503': {$ref: '#/components/responses/Unavailable'}
          /health:
            get:
              operationId: health
              summary: Whether intake lives.
              security: []
              responses:
                '200':
                  description: It does.
                  content:
                    application/json:
                      schema: {type: object, required: [status], properties: {status: {const: alive}}}
                      example: {status: alive}
          /ready:
            get:
              operationId: ready
              summary: Whether Mendline can work, and what is in the way.
              responses:
                '200': {description: It can., content: {application/json: {schema: {$ref: '#/components/schemas/Ready'}}}}
                '401': {$ref: '#/components/responses/Unauthorized'}
                '403': {$ref: '#/components/responses/Forbidden'}
                '503':
                  description: It cannot, and `problems` says why.
                  content:
                    application/json: {schema: {$ref: '#/components/schemas/Ready'}}
                    application/problem+json: {schema: {$ref: '#/components/schemas/Problem'}}
          /metrics:
            get:
              operationId: metrics
              summary: The metrics-sink's exposition.
              responses:
                '200': {description: Prometheus text., content: {text/plain: {schema: {type: string}}}}
                '401': {$ref: '#/components/responses/Unauthorized'}
                '403': {$ref: '#/components/responses/Forbidden'}
                '503': {$ref: '#/components/responses/Unavailable'}
          /openapi.yaml:
            get:
              operationId: description
              summary: This description.
              responses:
                '200': {description: OpenAPI 3.1., content: {application/yaml: {schema: {type: [object, string]}}}}
                '401': {$ref: '#/components/responses/Unauthorized'}
                '403': {$ref: '#/components/responses/Forbidden'}
                '503': {$ref: '#/components/responses/Unavailable'}

        """#
}

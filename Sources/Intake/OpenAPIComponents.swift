/// What the calls of ``OpenAPIDocument`` share: parameters, answers, schemas and examples.
enum OpenAPIComponents {
    /// The `components` of the document, and who may call.
    static let text = security + parameters + answers + requests + views + examples

    private static let security = """
        security: [{}, {bearer: []}, {signature: []}]
        components:
          securitySchemes:
            bearer: {type: http, scheme: bearer, description: Needed where intake was given one.}
            signature:
              type: apiKey
              in: header
              name: webhook-signature
              description: |
                Standard Webhooks; or X-Hub-Signature-256, X-PagerDuty-Signature, or Grafana's header, as the sender's
                key was entered. A signed time may be 300 s off, and an exact copy of a request with a signed time is
                refused.

        """

    private static let parameters = #"""
          parameters:
            id:
              name: id
              in: path
              required: true
              description: An incident's id, percent-encoded.
              schema: {type: string, minLength: 1, maxLength: 200}
              example: INC-1042
            prefer:
              name: Prefer
              in: header
              description: wait=N, in seconds and at most 30, or respond-async (RFC 7240). What is unknown is ignored.
              schema: {type: string}
              example: respond-async
            traceparent:
              name: traceparent
              in: header
              description: W3C trace context; begun anew where it is not valid.
              schema: {type: string}
              example: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01

        """#

    private static let answers = """
          responses:
            Problem:
              description: What is wrong and what to do (RFC 9457).
              content:
                application/problem+json:
                  schema: {$ref: '#/components/schemas/Problem'}
                  example: {type: 'urn:mendline:problem:not-found', title: Not found, status: 404, detail: There is no incident INC-1.}
            Unauthorized:
              description: The token or the signature is missing or wrong.
              headers: {WWW-Authenticate: {required: true, schema: {type: string}}}
              content: {application/problem+json: {schema: {$ref: '#/components/schemas/Problem'}}}
            Forbidden:
              description: The caller is known, and lacks the scope.
              content: {application/problem+json: {schema: {$ref: '#/components/schemas/Problem'}}}
            Unavailable:
              description: Not now; nothing was accepted.
              headers: {Retry-After: {required: true, description: Seconds., schema: {type: integer, minimum: 1}}}
              content: {application/problem+json: {schema: {$ref: '#/components/schemas/Problem'}}}
            Known:
              description: Known before, or ended meanwhile; its present state.
              headers: &location {Location: {required: true, description: The incident., schema: {type: string}}}
              content: &progress {application/json: {schema: {$ref: '#/components/schemas/Progress'}}}
              links: &links
                incident: {operationId: incident, parameters: {id: '$response.body#/incident_id'}}
                logs: {operationId: logs, parameters: {id: '$response.body#/incident_id'}}
                status: {operationId: status, parameters: {id: '$response.body#/incident_id'}}
                cancel: {operationId: cancel, parameters: {id: '$response.body#/incident_id'}}
            WorkspaceExists:
              description: Its workspace exists.
              headers: *location
              content: *progress
              links: *links
            AtWork:
              description: Accepted and still at work; look at Location.
              headers: *location
              content: *progress
              links: *links

        """

    private static let requests = #"""
          schemas:
            Id:
              type: string
              minLength: 1
              maxLength: 200
              pattern: '^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$'
              allOf:
                - {pattern: '[^\s\u0085\ufeff]'}
                - not: {pattern: '^(mendline:|\.\.?$)'}
            Line:
              type: string
              minLength: 1
              pattern: '^[^\u0000-\u001f\u007f-\u009f]*$'
              allOf: [{pattern: '[^\s\u0085\ufeff]'}]
            Text:
              description: Of any number of lines.
              type: string
              pattern: '^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$'
            Incident:
              description: All texts together may have 131072 bytes of UTF-8.
              type: object
              required: [incident_id, service_name, severity, description]
              properties:
                incident_id: {$ref: '#/components/schemas/Id'}
                service_name: {$ref: '#/components/schemas/Line', maxLength: 200}
                severity: {$ref: '#/components/schemas/Line', maxLength: 40}
                description:
                  $ref: '#/components/schemas/Text'
                  minLength: 1
                  maxLength: 8192
                  allOf: [{pattern: '[^\s\u0085\ufeff]'}]
                target_service_token:
                  description: |
                    Sealed before it is stored; only the remediation's script gets it. An intake without a key to seal
                    it with answers 422.
                  anyOf: [{type: 'null'}, {$ref: '#/components/schemas/Line', maxLength: 4096}]
                labels: {$ref: '#/components/schemas/Labels'}
                annotations: {$ref: '#/components/schemas/Annotations'}
            Labels:
              type: [object, 'null']
              maxProperties: 64
              propertyNames: {$ref: '#/components/schemas/Line', maxLength: 200}
              additionalProperties: {$ref: '#/components/schemas/Text', maxLength: 1024}
            Annotations:
              type: [object, 'null']
              maxProperties: 64
              propertyNames: {$ref: '#/components/schemas/Line', maxLength: 200}
              additionalProperties: {$ref: '#/components/schemas/Text', maxLength: 8192}
            OperatorAction:
              type: object
              required: [reason]
              properties:
                reason: {$ref: '#/components/schemas/Line', maxLength: 500}
                by: {anyOf: [{type: 'null'}, {$ref: '#/components/schemas/Line', maxLength: 100}]}
            Retry:
              allOf:
                - {$ref: '#/components/schemas/OperatorAction'}
                - type: object
                  properties:
                    target_service_token:
                      description: |
                        Needed where the incident came with one, which was erased with its verdict. An intake without a
                        key to seal it with answers 422.
                      anyOf: [{type: 'null'}, {$ref: '#/components/schemas/Line', maxLength: 4096}]

        """#

    private static let views = """
            Problem:
              type: object
              required: [type, title, status, detail]
              properties:
                type: {type: string, pattern: '^urn:mendline:problem:'}
                title: {type: string}
                status: {type: integer, minimum: 400, maximum: 599}
                detail: {type: string, minLength: 1}
                errors:
                  description: Every field that is wrong.
                  type: array
                  items: {type: object, required: [field, message], properties: {field: {type: string}, message: {type: string}}}
                reasons:
                  description: Why a machine may not deal with it.
                  type: array
                  items: {type: object, required: [code, message], properties: {code: {type: string}, message: {type: string}}}
                diagnosis: {$ref: '#/components/schemas/Diagnosis'}
                incident_id: {type: string}
                retry_after_s: {type: integer}
                scope: {description: What the caller lacks (403)., enum: [send, read, operate]}
            Diagnosis:
              type: object
              required: [summary, evidence]
              properties: {summary: {type: string}, evidence: {type: array, items: {type: string}}}
            State: {type: string, enum: [waiting, provisioning, running, finished, declined, cancelled]}
            Verdict:
              type: string
              enum:
                - succeeded
                - script_failed
                - script_timed_out
                - provisioning_failed
                - agent_unreachable
                - workspace_lost
                - deadline_exceeded
                - cancelled
                - unknown
            VerdictOrNone: {anyOf: [{type: 'null'}, {$ref: '#/components/schemas/Verdict'}]}
            Time: {type: string, format: date-time}
            TimeOrNone: {type: [string, 'null'], format: date-time}
            Progress:
              type: object
              required: [incident_id, status, state, verdict]
              properties:
                incident_id: {type: string}
                status: {description: '`provisioning` once the workspace exists; else the state.', type: string}
                state: {$ref: '#/components/schemas/State'}
                verdict: {$ref: '#/components/schemas/VerdictOrNone'}
                workspace_id: {type: string}
                workspace_name: {type: string}
                url: {type: string}
                exit_code: {type: integer}
            Summary:
              type: object
              required: [incident_id, service_name, severity, state, verdict, workspace_name, received_at, finished_at]
              properties:
                incident_id: {type: string}
                service_name: {type: string}
                severity: {type: string}
                state: {$ref: '#/components/schemas/State'}
                verdict: {$ref: '#/components/schemas/VerdictOrNone'}
                workspace_name: {type: [string, 'null']}
                received_at: {$ref: '#/components/schemas/Time'}
                finished_at: {$ref: '#/components/schemas/TimeOrNone'}
                unreported: {type: boolean}
            IncidentPage:
              type: object
              required: [incidents, next]
              properties:
                incidents: {type: array, items: {$ref: '#/components/schemas/Summary'}}
                next: {description: Give it as `after` to read on., type: [string, 'null'], pattern: '^[0-9]+$'}
            IncidentDetail:
              allOf: [{$ref: '#/components/schemas/Summary'}]
              type: object
              required: [description, labels, annotations, exit_code, deadline, operator_attempt, deliveries, timeline]
              properties:
                description: {type: string}
                labels: {type: object, additionalProperties: {type: string}}
                annotations: {type: object, additionalProperties: {type: string}}
                exit_code: {type: [integer, 'null']}
                diagnosis: {anyOf: [{type: 'null'}, {$ref: '#/components/schemas/Diagnosis'}]}
                workspace_id: {type: [string, 'null']}
                url: {type: [string, 'null']}
                deadline: {$ref: '#/components/schemas/Time'}
                operator_attempt: {type: integer, minimum: 1}
                pending_end: {type: [string, 'null']}
                deliveries: {description: What is not settled., type: array, items: {$ref: '#/components/schemas/Delivery'}}
                timeline: {type: array, minItems: 1, items: {$ref: '#/components/schemas/Event'}}
            Delivery:
              type: object
              required: [delivery, stage, event, state, failures]
              properties:
                delivery: {type: string}
                stage: {type: string}
                event: {type: string}
                state: {type: string}
                failures: {type: integer, minimum: 0}
                last_error: {type: [string, 'null']}
                not_before: {$ref: '#/components/schemas/TimeOrNone'}
            Event:
              type: object
              required: [seq, id, type, time, source, operator_attempt, data]
              properties:
                seq: {type: integer, minimum: 1}
                id: {type: string}
                type: {type: string}
                time: {$ref: '#/components/schemas/Time'}
                source: {type: string}
                operator_attempt: {type: integer}
                data: {type: object}
            LogLine:
              type: object
              required: [log, line, time, level, source, text]
              properties:
                log: {type: string}
                line: {type: integer}
                time: {$ref: '#/components/schemas/Time'}
                level: {type: string}
                source: {type: string}
                text: {type: string}
            LogPage:
              type: object
              required: [incident_id, lines, next]
              properties:
                incident_id: {type: string}
                lines: {type: array, items: {$ref: '#/components/schemas/LogLine'}}
                next: {type: integer, minimum: 0}
            LogEvent:
              description: One event of the stream; the data is JSON, a LogLine or state and verdict.
              type: object
              required: [event, data]
              properties:
                event: {enum: [line, end]}
                data: {type: string, contentMediaType: application/json}
            Status:
              type: object
              required: [incident_id, status, health, verdict, logs]
              properties:
                workspace_id: {type: [string, 'null']}
                incident_id: {type: string}
                status: {type: string}
                health: {type: object, required: [healthy], properties: {healthy: {type: boolean}, reason: {type: [string, 'null']}}}
                agent_status: {type: [string, 'null']}
                lifecycle_state: {type: [string, 'null']}
                verdict: {$ref: '#/components/schemas/VerdictOrNone'}
                exit_code: {type: [integer, 'null']}
                logs: {type: array, items: {$ref: '#/components/schemas/LogLine'}}
            Asked:
              type: object
              required: [incident_id, status]
              properties: {incident_id: {type: string}, status: {type: string}}
            Retrying:
              type: object
              required: [incident_id, status, operator_attempt]
              properties: {incident_id: {type: string}, status: {const: retrying}, operator_attempt: {type: integer, minimum: 2}}
            Ready:
              type: object
              required: [ready, stages, problems, open_incidents]
              properties:
                ready: {type: boolean}
                stages: {type: array, items: {$ref: '#/components/schemas/Stage'}}
                problems: {type: array, items: {type: string}}
                open_incidents: {type: integer, minimum: 0}
            Stage:
              type: object
              required: [stage, processes, capacity, held, waiting, ready]
              properties:
                stage: {type: string}
                processes: {type: integer}
                capacity: {type: integer}
                held: {type: integer}
                waiting: {type: integer}
                trouble: {type: [string, 'null']}
                ready: {type: boolean}

        """

    private static let examples = """
          examples:
            HighCPU:
              summary: A playbook takes it.
              value:
                incident_id: INC-1042
                service_name: payment-api
                severity: critical
                description: High CPU on payment-api
                labels: {env: prod}
                annotations: {runbook: 'https://runbooks.example/high-cpu'}
            TooMild:
              summary: Declined, since its severity is not high enough.
              value: {incident_id: INC-1043, service_name: reports, severity: low, description: High CPU on reports}
        """
}

import Ledger
import Messages

/// An incident as a list shows it.
struct IncidentSummary: Encodable {
    var record: IncidentRecord

    private enum Key: String, CodingKey {
        case incidentID = "incident_id"
        case serviceName = "service_name"
        case severity, state, verdict, unreported
        case workspaceName = "workspace_name"
        case receivedAt = "received_at"
        case finishedAt = "finished_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(record.id, forKey: .incidentID)
        try container.encode(record.service, forKey: .serviceName)
        try container.encode(record.severity, forKey: .severity)
        try container.encode(record.state, forKey: .state)
        try container.encode(record.verdict, forKey: .verdict)
        try container.encode(record.workspace?.workspaceName, forKey: .workspaceName)
        try container.encode(record.acceptedAt, forKey: .receivedAt)
        try container.encode(record.finishedAt, forKey: .finishedAt)
        if record.unreported { try container.encode(true, forKey: .unreported) }
    }
}

/// A page of incidents.
struct IncidentPage: Encodable {
    var incidents: [IncidentSummary]
    /// Give it as `after` to read on; null at the end.
    var next: String?

    private enum CodingKeys: String, CodingKey {
        case incidents, next
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(incidents, forKey: .incidents)
        try container.encode(next, forKey: .next)
    }
}

/// Everything that is known of one incident.
struct IncidentDetail: Encodable {
    var detail: LedgerStore.Detail

    private enum Key: String, CodingKey {
        case description, labels, annotations, diagnosis, deadline, deliveries, timeline, url
        case exitCode = "exit_code"
        case workspaceID = "workspace_id"
        case operatorAttempt = "operator_attempt"
        case pendingEnd = "pending_end"
    }

    private struct OpenDeliveryView: Encodable {
        var delivery: String
        var stage: String
        var event: EventType
        var state: String
        var failures: Int
        var lastError: String?
        var notBefore: Timestamp?

        private enum CodingKeys: String, CodingKey {
            case delivery, stage, event, state, failures
            case lastError = "last_error"
            case notBefore = "not_before"
        }
    }

    private struct TimelineEntry: Encodable {
        var seq: Int64
        var id: String
        var type: EventType
        var time: Timestamp
        var source: String
        var operatorAttempt: Int
        var data: JSONValue

        private enum CodingKeys: String, CodingKey {
            case seq, id, type, time, source, data
            case operatorAttempt = "operator_attempt"
        }
    }

    func encode(to encoder: any Encoder) throws {
        let record = detail.record
        try IncidentSummary(record: record).encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(detail.incident.description, forKey: .description)
        try container.encode(detail.incident.labels, forKey: .labels)
        try container.encode(detail.incident.annotations, forKey: .annotations)
        try container.encode(record.exitCode, forKey: .exitCode)
        try container.encode(record.diagnosis, forKey: .diagnosis)
        try container.encode(record.workspace?.workspaceID, forKey: .workspaceID)
        try container.encode(record.workspace?.url, forKey: .url)
        try container.encode(record.deadline, forKey: .deadline)
        try container.encode(record.operatorAttempt, forKey: .operatorAttempt)
        try container.encode(record.pendingEnd?.reason, forKey: .pendingEnd)
        try container.encode(
            detail.deliveries.map {
                OpenDeliveryView(
                    delivery: $0.id,
                    stage: $0.stage,
                    event: $0.eventType,
                    state: "open",
                    failures: $0.failures,
                    lastError: $0.lastError,
                    notBefore: $0.notBefore
                )
            },
            forKey: .deliveries
        )
        try container.encode(
            detail.timeline.map {
                TimelineEntry(
                    seq: $0.sequence,
                    id: $0.id,
                    type: $0.type,
                    time: $0.time,
                    source: $0.source,
                    operatorAttempt: $0.operatorAttempt,
                    data: $0.data
                )
            },
            forKey: .timeline
        )
    }
}

/// `GET /status/{id}`: how the workspace is.
struct StatusView: Encodable {
    struct Health: Encodable {
        var healthy: Bool
        var reason: String?
    }

    var record: IncidentRecord
    var logs: [LogLine]

    private enum Key: String, CodingKey {
        case workspaceID = "workspace_id"
        case incidentID = "incident_id"
        case status, health, verdict, logs
        case exitCode = "exit_code"
        case agentStatus = "agent_status"
        case lifecycleState = "lifecycle_state"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        let state = record.workspaceState
        try container.encode(record.workspace?.workspaceID, forKey: .workspaceID)
        try container.encode(record.id, forKey: .incidentID)
        try container.encode(
            state?.buildStatus ?? (record.workspace == nil ? record.state.rawValue : "pending"),
            forKey: .status
        )
        try container.encode(
            Health(healthy: state?.healthy ?? true, reason: state?.healthReason),
            forKey: .health
        )
        try container.encode(state?.agentStatus, forKey: .agentStatus)
        try container.encode(state?.lifecycleState, forKey: .lifecycleState)
        try container.encode(record.verdict, forKey: .verdict)
        try container.encode(record.exitCode, forKey: .exitCode)
        try container.encode(logs, forKey: .logs)
    }
}

import Messages

/// An incident as intake lists it.
struct IncidentSummary: Decodable, Hashable, Sendable {
    var incidentID: String
    var serviceName: String
    var severity: String
    /// `waiting`, `provisioning`, `running`, `finished`, `declined` or `cancelled`.
    var state: String
    var verdict: String?
    var workspaceName: String?
    var receivedAt: Timestamp
    var finishedAt: Timestamp?
    /// Whether telling the incident system how it ended has been given up.
    var unreported: Bool?

    private enum CodingKeys: String, CodingKey {
        case severity, state, verdict, unreported
        case incidentID = "incident_id"
        case serviceName = "service_name"
        case workspaceName = "workspace_name"
        case receivedAt = "received_at"
        case finishedAt = "finished_at"
    }
}

/// One page of the list.
struct IncidentPage: Decodable, Sendable {
    var incidents: [IncidentSummary]
    var next: Cursor?
}

/// An incident with everything that is known of it.
struct IncidentDetail: Decodable, Hashable, Sendable {
    var incidentID: String
    var serviceName: String
    var severity: String
    var description: String?
    var labels: [String: String]?
    var annotations: [String: String]?
    var state: String
    var verdict: String?
    var exitCode: Int?
    var diagnosis: Diagnosis?
    var workspaceID: String?
    var workspaceName: String?
    var url: String?
    var receivedAt: Timestamp
    var finishedAt: Timestamp?
    var deadline: Timestamp?
    /// Why it is being ended before its time; nil where it is not.
    var pendingEnd: String?
    /// Whether telling the incident system how it ended has been given up.
    var unreported: Bool?
    var deliveries: [DeliveryView]?
    var timeline: [TimelineEvent]

    /// Whether nothing more is decided about it.
    var isEnded: Bool { IncidentState.isEnded(state) }

    /// How it ended, in one word: the verdict, or else the state.
    var outcome: String { verdict ?? state }

    private enum CodingKeys: String, CodingKey {
        case severity, description, labels, annotations, state, verdict, diagnosis, url, deadline, deliveries, timeline
        case unreported
        case pendingEnd = "pending_end"
        case incidentID = "incident_id"
        case serviceName = "service_name"
        case exitCode = "exit_code"
        case workspaceID = "workspace_id"
        case workspaceName = "workspace_name"
        case receivedAt = "received_at"
        case finishedAt = "finished_at"
    }
}

enum IncidentState {
    /// All of them, in the order in which an incident passes through them.
    static let all = ["waiting", "provisioning", "running", "finished", "declined", "cancelled"]

    static func isEnded(_ state: String) -> Bool {
        state == "finished" || state == "declined" || state == "cancelled"
    }
}

/// One event of an incident.
struct TimelineEvent: Decodable, Hashable, Sendable {
    var seq: Int64
    var id: String?
    var type: EventType
    var time: Timestamp
    var source: String?
    /// Counted from 1; more where a person asked for another attempt.
    var operatorAttempt: Int?
    var data: JSONValue?

    private enum CodingKeys: String, CodingKey {
        case seq, id, type, time, source, data
        case operatorAttempt = "operator_attempt"
    }
}

/// One event on its way to one stage.
struct DeliveryView: Decodable, Hashable, Sendable {
    var delivery: String
    var stage: String
    var event: String
    var state: String
    var failures: Int?
    var lastError: String?
    var notBefore: Timestamp?

    private enum CodingKeys: String, CodingKey {
        case delivery, stage, event, state, failures
        case lastError = "last_error"
        case notBefore = "not_before"
    }
}

/// One page of an incident's log.
struct LogPage: Decodable, Sendable {
    var lines: [LogLine]
    var next: Cursor?
}

/// Where a list goes on; whatever intake makes of it.
struct Cursor: Decodable, Hashable, Sendable {
    var text: String

    init(_ text: String) { self.text = text }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
            text = String(number)
        } else {
            text = try container.decode(String.self)
        }
    }
}

/// Whether intake can do its work, and what keeps it from it.
struct Readiness: Decodable, Hashable, Sendable {
    struct Stage: Decodable, Hashable, Sendable {
        var stage: String
        var processes: Int?
        var capacity: Int?
        var held: Int?
        var trouble: JSONValue?
        var ready: Bool
    }

    var ready: Bool
    var stages: [Stage]?
    var problems: [JSONValue]?

    /// What is missing, one phrase each.
    var missing: [String] {
        let troubles = (stages ?? []).filter { !$0.ready }.map { stage in
            stage.trouble.flatMap(Self.text) ?? "no process of stage \(stage.stage) was heard of lately"
        }
        // What is in a stage's way is among the problems, too.
        return troubles + (problems ?? []).compactMap(Self.text).filter { !troubles.contains($0) }
    }

    private static func text(_ value: JSONValue) -> String? {
        value == .null ? nil : value.string ?? CompactJSON.text(value)
    }
}

/// One problem as its sender described it.
public struct Incident: Sendable, Hashable, Codable {
    /// Free text up to 200 characters that names the problem.
    public var incidentID: String
    /// What is ill.
    public var serviceName: String
    /// How bad it is, in lower case: `critical`, `high`, `medium`, `low`, or the sender's own word.
    public var severity: String
    /// What the sender says of it.
    public var description: String
    /// Further facts for choosing a playbook.
    public var labels: [String: String]
    /// Further facts for people.
    public var annotations: [String: String]

    /// An incident of that description.
    public init(
        incidentID: String,
        serviceName: String,
        severity: String,
        description: String,
        labels: [String: String] = [:],
        annotations: [String: String] = [:]
    ) {
        self.incidentID = incidentID
        self.serviceName = serviceName
        self.severity = severity
        self.description = description
        self.labels = labels
        self.annotations = annotations
    }

    private enum CodingKeys: String, CodingKey {
        case incidentID = "incident_id"
        case serviceName = "service_name"
        case severity, description, labels, annotations
    }

    /// Reads the JSON form; labels and annotations may be missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        incidentID = try container.decode(String.self, forKey: .incidentID)
        serviceName = try container.decode(String.self, forKey: .serviceName)
        severity = try container.decode(String.self, forKey: .severity)
        description = try container.decode(String.self, forKey: .description)
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
        annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations) ?? [:]
    }
}

/// `incident.accepted`: intake has stored the incident.
public struct IncidentAccepted: EventData {
    /// The type is `incident.accepted`.
    public static let type = EventType.incidentAccepted
    /// What came in.
    public var incident: Incident
    /// Who sent it, as far as is known: `api`, `alertmanager`.
    public var sender: String
    /// When it was received, by intake's clock.
    public var receivedAt: Timestamp

    /// An accepted incident.
    public init(incident: Incident, sender: String, receivedAt: Timestamp) {
        self.incident = incident
        self.sender = sender
        self.receivedAt = receivedAt
    }

    private enum CodingKeys: String, CodingKey {
        case incident, sender
        case receivedAt = "received_at"
    }
}

/// What shall be done about an incident.
public struct Plan: Sendable, Hashable, Codable {
    /// The policy's entry that took the incident.
    public var playbook: String
    /// The name of the Coder template.
    public var template: String
    /// The workspace's parameters beside those that Mendline sets itself.
    public var parameters: [String: String]
    /// How long the script may run, in seconds.
    public var timeoutSeconds: Int
    /// When there must be a verdict.
    public var deadline: Timestamp
    /// How long the workspace is kept after the verdict, in seconds.
    public var retentionSeconds: Int
    /// How long the workspace may take to become ready for the script, in seconds.
    public var provisionSeconds: Int

    /// A plan of these parts.
    public init(
        playbook: String,
        template: String,
        parameters: [String: String] = [:],
        timeoutSeconds: Int,
        deadline: Timestamp,
        retentionSeconds: Int,
        provisionSeconds: Int
    ) {
        self.playbook = playbook
        self.template = template
        self.parameters = parameters
        self.timeoutSeconds = timeoutSeconds
        self.deadline = deadline
        self.retentionSeconds = retentionSeconds
        self.provisionSeconds = provisionSeconds
    }

    private enum CodingKeys: String, CodingKey {
        case playbook, template, parameters, deadline
        case timeoutSeconds = "timeout_s"
        case retentionSeconds = "retention_s"
        case provisionSeconds = "provision_s"
    }
}

/// `incident.approved`: a machine may deal with it, in this way.
public struct IncidentApproved: EventData {
    /// The type is `incident.approved`.
    public static let type = EventType.incidentApproved
    /// What shall be done.
    public var plan: Plan

    /// An approval of that plan.
    public init(plan: Plan) { self.plan = plan }
}

/// Why something was not done, for a program and for a person.
public struct Reason: Sendable, Hashable, Codable {
    /// A word that stays the same: `severity_too_low`.
    public var code: String
    /// A sentence that says what to do.
    public var message: String

    /// A reason.
    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}

/// `incident.declined`: a machine may not deal with it.
public struct IncidentDeclined: EventData {
    /// The type is `incident.declined`.
    public static let type = EventType.incidentDeclined
    /// Every reason, at least one.
    public var reasons: [Reason]

    /// A refusal for these reasons.
    public init(reasons: [Reason]) { self.reasons = reasons }
}

/// `incident.cancelled`: a cancel has taken effect; nothing of this attempt runs any more.
public struct IncidentCancelled: EventData {
    /// The type is `incident.cancelled`.
    public static let type = EventType.incidentCancelled
    /// Who asked for it.
    public var by: String
    /// Why.
    public var reason: String
    /// The workspace that had been created, where one had.
    public var workspace: WorkspaceReference?

    /// A cancel.
    public init(by: String, reason: String, workspace: WorkspaceReference? = nil) {
        self.by = by
        self.reason = reason
        self.workspace = workspace
    }
}

/// `incident.retried`: a person has asked for another attempt, which has begun.
public struct IncidentRetried: EventData {
    /// The type is `incident.retried`.
    public static let type = EventType.incidentRetried
    /// Who asked for it.
    public var by: String
    /// Why.
    public var reason: String
    /// Which attempt this is: 2 for the first retry.
    public var attempt: Int

    /// A retry.
    public init(by: String, reason: String, attempt: Int) {
        self.by = by
        self.reason = reason
        self.attempt = attempt
    }
}

/// `incident.reported`: the incident system has been told.
public struct IncidentReported: EventData {
    /// The type is `incident.reported`.
    public static let type = EventType.incidentReported
    /// The type of the event that was told.
    public var told: EventType
    /// What was done there: `commented`, `status remediated`.
    public var actions: [String]
    /// Which system, without secrets.
    public var system: String

    /// A report.
    public init(told: EventType, actions: [String], system: String) {
        self.told = told
        self.actions = actions
        self.system = system
    }
}

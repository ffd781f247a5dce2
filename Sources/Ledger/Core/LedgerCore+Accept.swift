public import Messages

/// An incident that somebody wants to have accepted.
public struct AcceptRequest: Sendable, Hashable {
    /// What came in.
    public var incident: Incident
    /// Who sent it: `api`.
    public var sender: String
    /// Its token, sealed.
    public var sealedToken: String?
    /// W3C trace context.
    public var traceparent: String
    /// How many attempts an incident of this id had that was removed; the new one counts on, so that no workspace's
    /// name comes again.
    var attemptsBefore = 0

    /// A request.
    public init(incident: Incident, sender: String, sealedToken: String?, traceparent: String) {
        self.incident = incident
        self.sender = sender
        self.sealedToken = sealedToken
        self.traceparent = traceparent
    }
}

/// What became of a request.
public enum Acceptance: Sendable, Hashable {
    /// It is accepted now.
    case accepted
    /// It was accepted before, and is the same.
    case known
    /// The id is taken by an incident that differs in these fields.
    case conflict([String])
    /// Too many incidents are open.
    case overloaded
}

extension LedgerCore {
    /// Accepts an incident, unless its id is known or too many are open.
    ///
    /// The shell must have thawed the incident before, where the store has it.
    public mutating func accept(_ request: AcceptRequest, at now: Moment) -> Acceptance {
        self.now = now
        let incident = request.incident
        if let known = incidents[incident.incidentID] {
            var differences: [String] = []
            if known.service != incident.serviceName { differences.append("service_name") }
            if known.severity != incident.severity { differences.append("severity") }
            return differences.isEmpty ? .known : .conflict(differences)
        }
        guard openIncidents < rules.openIncidents else { return .overloaded }
        let record = IncidentRecord(
            id: incident.incidentID,
            service: incident.serviceName,
            severity: incident.severity,
            operatorAttempt: 1 + request.attemptsBefore,
            state: .waiting,
            verdict: nil,
            exitCode: nil,
            acceptedAt: now.wall,
            retriedAt: nil,
            finishedAt: nil,
            deadline: now.wall + .milliseconds(rules.decideWithin),
            playbook: nil,
            template: nil,
            workspace: nil,
            workspaceState: nil,
            workspaceEnded: false,
            disposed: [],
            creationRightEnds: nil,
            pendingEnd: nil,
            unreported: false,
            diagnosis: nil,
            traceparent: request.traceparent,
            carriesToken: request.sealedToken != nil
        )
        incidents[record.id] = record
        openIncidents += 1
        setIncidentTimer(record)
        batch.changes.append(.insertIncident(record, incident))
        if let sealed = request.sealedToken {
            batch.changes.append(.storeSecret(incident: record.id, sealed))
        }
        append(
            IncidentAccepted(incident: incident, sender: request.sender, receivedAt: now.wall),
            to: record.id,
            source: "/intake"
        )
        return .accepted
    }
}

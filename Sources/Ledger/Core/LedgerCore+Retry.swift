import HeapModule
public import Messages

/// A person's wish that an incident be remediated once more.
public struct RetryRequest: Sendable, Hashable {
    /// What came in at first.
    public var incident: Incident
    /// Who asks.
    public var by: String
    /// Why.
    public var reason: String
    /// The token, sealed anew: the first one was erased with the verdict.
    public var sealedToken: String?

    /// A wish.
    public init(incident: Incident, by: String, reason: String, sealedToken: String?) {
        self.incident = incident
        self.by = by
        self.reason = reason
        self.sealedToken = sealedToken
    }
}

extension LedgerCore {
    /// What became of a wish to retry.
    public enum Retry: Sendable, Hashable {
        /// This attempt has begun; it is decided about anew, and creates nothing before the one before is stopped.
        case begun(attempt: Int)
        /// The attempt before has not ended.
        case stillOpen
        /// It succeeded; there is nothing to retry.
        case succeeded
        /// It came with a token, which was erased with the verdict and must come again.
        case tokenNeeded
        /// Too many incidents are open.
        case overloaded
        /// There is no such incident.
        case unknown
    }

    /// What became of the news that an alert has resolved.
    public enum Resolution: Sendable, Hashable {
        /// Work had not begun and will not.
        case cancelled
        /// Work has begun and goes on.
        case begun
        /// It was ended already, or its end is under way.
        case ended
        /// There is no such incident.
        case unknown
    }

    /// Begins another attempt on behalf of a person.
    ///
    /// The shell must have thawed the incident before. The workspace of the attempt before is stopped first: the stop
    /// stands before everything else that the provisioner is handed of this incident (I7).
    public mutating func retry(_ request: RetryRequest, at now: Moment) -> Retry {
        self.now = now
        let id = request.incident.incidentID
        guard let record = incidents[id], id != Self.sweeps else { return .unknown }
        guard record.state.isTerminal else { return .stillOpen }
        guard record.verdict != .succeeded else { return .succeeded }
        guard request.sealedToken != nil || !record.carriesToken else { return .tokenNeeded }
        guard openIncidents < rules.openIncidents else { return .overloaded }
        if !flaws.contains(.retriesUnstopped) { stop(record, before: request) }
        let attempt = record.operatorAttempt + 1
        let deadline = now.wall + .milliseconds(rules.decideWithin)
        let beganAt = now.wall
        update(id) { $0.begin(attempt: attempt, at: beganAt, deadline: deadline) }
        openIncidents += 1
        if let record = incidents[id] { setIncidentTimer(record) }
        if let sealed = request.sealedToken { batch.changes.append(.storeSecret(incident: id, sealed)) }
        append(IncidentRetried(by: request.by, reason: request.reason, attempt: attempt), to: id, source: "/intake")
        append(
            IncidentAccepted(incident: request.incident, sender: request.by, receivedAt: now.wall),
            to: id,
            source: "/intake"
        )
        return .begun(attempt: attempt)
    }

    /// Asks for the stop of what the attempt may have left running, in place of the stop after its retention.
    private mutating func stop(_ record: IncidentRecord, before request: RetryRequest) {
        guard record.playbook != nil, !record.workspaceEnded else { return }
        for id in lines[record.id] ?? [] {
            guard let delivery = deliveries[id], delivery.handOut == nil, delivery.record.isScheduled,
                delivery.record.eventType == .workspaceExpiring,
                delivery.record.operatorAttempt == record.operatorAttempt
            else { continue }
            close(id)
        }
        let workspace = record.workspace ?? WorkspaceReference(workspaceID: nil, workspaceName: name(of: record))
        append(
            WorkspaceDispose(
                workspace: workspace,
                reason: "\(request.by) asked for another attempt: \(request.reason)"
            ),
            to: record.id
        )
    }

    /// Takes the news that the alert has resolved: what has not begun never begins.
    public mutating func resolve(_ incident: String, by: String, at now: Moment) -> Resolution {
        self.now = now
        guard let record = incidents[incident], incident != Self.sweeps else { return .unknown }
        guard !record.state.isTerminal, record.pendingEnd == nil else { return .ended }
        let mayExist = (lines[incident] ?? []).contains { id in
            deliveries[id].map { isProvision($0.record) && $0.hasBegun } ?? false
        }
        guard record.workspace == nil, !mayExist else { return .begun }
        ask(record, .resolved, by: by, reason: "the alert resolved before work began")
        return .cancelled
    }
}

extension IncidentRecord {
    /// Forgets what the attempt before came to; its timeline has it.
    mutating func begin(attempt: Int, at time: Timestamp, deadline: Timestamp) {
        if let made = workspace?.workspaceID { disposed.append(made) }
        operatorAttempt = attempt
        retriedAt = time
        state = .waiting
        verdict = nil
        exitCode = nil
        finishedAt = nil
        self.deadline = deadline
        playbook = nil
        template = nil
        workspace = nil
        workspaceState = nil
        workspaceEnded = false
        pendingEnd = nil
        unreported = false
        diagnosis = nil
    }
}

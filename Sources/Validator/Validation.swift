import Messages
import Topology

/// What the validator says of an incident.
///
/// Pure: incident, policy and the time in, a plan or every reason out.
enum Validation: Hashable {
    case approved(Plan)
    /// Never empty.
    case declined([Reason])

    /// Decides about an incident.
    ///
    /// - Parameters:
    ///   - incident: what came in.
    ///   - policy: which incidents are remediated, and how.
    ///   - template: the Coder template of playbooks that name none.
    ///   - acceptedAt: when the incident was accepted; its deadline counts from then.
    ///   - now: the present.
    /// - Returns: a plan, or every reason against one.
    static func decide(
        _ incident: Incident,
        policy: Policy,
        template: String,
        acceptedAt: Timestamp,
        now: Timestamp
    ) -> Validation {
        let facts = IncidentFacts(incident)
        var reasons: [Reason] = []
        let playbook: Playbook?
        switch policy.decide(facts) {
        case .run(let taking): playbook = taking
        case .decline(let refusals):
            reasons += refusals.map(Reason.init)
            // The gate hides which playbook would have taken it; whether that comes too late is told all the same.
            playbook = policy.playbooks.first { $0.mismatches(facts).isEmpty }
        }
        guard let playbook else { return .declined(reasons) }
        let deadline = acceptedAt + playbook.deadline
        if deadline <= now { reasons.append(Reason(tooOldFor: playbook, acceptedAt: acceptedAt, deadline: deadline)) }
        guard reasons.isEmpty, let parameters = playbook.filledParameters(facts) else { return .declined(reasons) }
        return .approved(
            Plan(
                playbook: playbook.name,
                template: playbook.template ?? template,
                parameters: parameters,
                timeoutSeconds: playbook.timeout.wholeSeconds,
                deadline: deadline,
                retentionSeconds: playbook.retention.wholeSeconds,
                provisionSeconds: playbook.provisionWithin.wholeSeconds
            )
        )
    }
}

extension IncidentFacts {
    fileprivate init(_ incident: Incident) {
        self.init(
            id: incident.incidentID,
            service: incident.serviceName,
            severity: incident.severity,
            description: incident.description,
            labels: incident.labels
        )
    }
}

extension Duration {
    /// In seconds, rounded up, so that a limit below a second is not none at all.
    fileprivate var wholeSeconds: Int {
        Int(components.seconds) + (components.attoseconds > 0 ? 1 : 0)
    }
}

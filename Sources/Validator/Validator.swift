import Logging
public import Messages
public import StageKit

/// Decides whether an incident may be remediated by machine, and how.
public struct Validator: StageHandler {
    private let policies: PolicySource
    private let template: String

    /// A validator by one policy file.
    ///
    /// - Parameters:
    ///   - policies: the policy.
    ///   - template: the Coder template of playbooks that name none, a name or an id.
    public init(policies: PolicySource, template: String) {
        self.policies = policies
        self.template = template
    }

    /// Decides about an accepted incident.
    ///
    /// - Returns: `incident.approved` with the plan, or `incident.declined` with every reason.
    /// - Throws: ``StageError`` where the event is not `incident.accepted`.
    public func handle(_ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] {
        let accepted: IncidentAccepted
        do {
            accepted = try delivery.event.content()
        } catch {
            throw StageError.final("event_malformed", "\(delivery.event.type) cannot be validated: \(error.what)")
        }
        let validation = Validation.decide(
            accepted.incident,
            policy: policies.current(),
            template: template,
            acceptedAt: delivery.context.acceptedAt,
            now: hand.now()
        )
        switch validation {
        case .approved(let plan):
            hand.logger.info("approved", metadata: ["playbook": "\(plan.playbook)"])
            return [try CausedEvent(IncidentApproved(plan: plan))]
        case .declined(let reasons):
            hand.logger.info("declined", metadata: ["reasons": "\(reasons.map(\.code).joined(separator: " "))"])
            return [try CausedEvent(IncidentDeclined(reasons: reasons))]
        }
    }
}

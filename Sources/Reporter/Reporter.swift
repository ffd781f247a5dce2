public import IncidentAPI
import Logging
public import Messages
public import Secrets
public import StageKit

/// Tells the incident system of what has happened: comments on the way, one update with the outcome.
public struct Reporter: StageHandler {
    private let system: any IncidentSystem
    private let configuration: ReporterConfiguration
    private let mask: @Sendable () -> SecretMask
    private let trouble: Trouble

    /// A reporter to one incident system.
    ///
    /// - Parameters:
    ///   - system: who is told.
    ///   - configuration: how.
    ///   - mask: takes this process's own secrets out of every text; asked each time, as secrets are replaced.
    ///   - trouble: where a key that is not accepted is said.
    public init(
        system: any IncidentSystem,
        configuration: ReporterConfiguration,
        mask: @escaping @Sendable () -> SecretMask = { SecretMask([]) },
        trouble: Trouble
    ) {
        self.system = system
        self.configuration = configuration
        self.mask = mask
        self.trouble = trouble
    }

    /// Tells of one event.
    ///
    /// - Returns: `incident.reported`.
    /// - Throws: ``StageError``.
    public func handle(_ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] {
        let report: Report
        do {
            report = try Report(of: delivery.event, in: delivery.context, mask: mask())
        } catch {
            throw StageError.final("event_malformed", "\(delivery.event.type) cannot be reported: \(error.what)")
        }
        let action: String
        do {
            action = try await tell(report, mayBeThere: delivery.context.isFirstHandOut != true, hand)
            trouble.set(Self.topic, nil)
        } catch let error as IncidentAPIError {
            action = try settle(error, of: report, hand)
        }
        return [
            try CausedEvent(
                IncidentReported(told: delivery.event.type, actions: [action], system: configuration.systemName)
            )
        ]
    }

    private static let topic = "incident-api"

    /// Looks, where that is asked for and somebody may have acted before, and then acts.
    private func tell(_ report: Report, mayBeThere: Bool, _ hand: Hand) async throws -> String {
        if configuration.duplicates == .look, mayBeThere, try await isThere(report) {
            hand.logger.info("told already", metadata: ["action": "\(report.effect.action)"])
            return report.effect.foundAction
        }
        try hand.checkInTime()
        switch report.effect {
        case .comment(let text):
            try await system.comment(
                report.incidentID,
                IncidentComment(body: text, author: configuration.updatedBy),
                key: report.key
            )
        case .update(let status, let notes):
            try await system.update(
                report.incidentID,
                IncidentUpdate(status: status, notes: notes, updatedBy: configuration.updatedBy),
                key: report.key
            )
        }
        hand.logger.info("told", metadata: ["action": "\(report.effect.action)"])
        return report.effect.action
    }

    private func isThere(_ report: Report) async throws -> Bool {
        switch report.effect {
        case .comment: report.marker.isIn(try await system.comments(of: report.incidentID))
        case .update: report.marker.isIn(try await system.state(of: report.incidentID))
        }
    }

    /// What a failed call means for the delivery.
    ///
    /// - Returns: the action to report where it counts as done.
    private func settle(_ error: IncidentAPIError, of report: Report, _ hand: Hand) throws(StageError) -> String {
        hand.logger.warning("not told", metadata: ["error": "\(error)"])
        switch CallFailure.answer(to: error, duplicates: configuration.duplicates, now: hand.now()) {
        case .doneUnconfirmed: return report.effect.unconfirmedAction
        case .blocked(let sentence, let until):
            trouble.set(Self.topic, sentence)
            throw .deferred(until: until, reason: sentence)
        case .refused(let answer): throw answer
        }
    }
}

public import CoderAPI
public import Logging
public import Messages
public import Secrets
public import StageKit

/// The stage that follows workspaces to their verdict and ships what their builds and scripts write.
///
/// Run ``watcher`` beside it, and end it after the worker: it makes the list calls that all deliveries share.
public final class LogCollector: StageHandler {
    /// The list calls that all deliveries share.
    public let watcher: WorkspaceWatcher

    private let coder: CoderClient
    private let openingKey: TokenSeal.PrivateKey?
    private let trouble: Trouble
    private let configuration: LogCollectorConfiguration
    private let masks = SharedMask()

    /// A log-collector.
    ///
    /// - Parameters:
    ///   - coder: Where the workspaces are.
    ///   - openingKey: Opens the `target_service_token`, which is masked in all output; without it incidents that carry
    ///     one fail, as their output could not be shown to anybody.
    ///   - trouble: Told when Coder does not take the session token, or is silent for long.
    ///   - configuration: How it works.
    ///   - logger: For the watcher.
    public init(
        coder: CoderClient,
        openingKey: TokenSeal.PrivateKey?,
        trouble: Trouble,
        configuration: LogCollectorConfiguration = LogCollectorConfiguration(),
        logger: Logger
    ) {
        self.coder = coder
        self.openingKey = openingKey
        self.trouble = trouble
        self.configuration = configuration
        watcher = WorkspaceWatcher(coder: coder, configuration: configuration, trouble: trouble, logger: logger)
    }

    /// Follows the workspace of a `workspace.created` until there is a verdict.
    public func handle(_ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] {
        guard delivery.event.type == .workspaceCreated else {
            throw StageError.final(
                "unexpected_event",
                "\(delivery.event.type) names no new workspace; take it out of what the topology gives to the log-collector"
            )
        }
        let created: WorkspaceCreated = try delivery.event.content()
        guard let plan = delivery.context.plan else {
            throw StageError.final(
                "no_plan",
                "workspace \(created.workspaceName) came without a plan, so its limits are unknown"
            )
        }
        let limits = WatchLimits(
            provision: .seconds(plan.provisionSeconds),
            timeout: .seconds(plan.timeoutSeconds),
            configuration
        )
        let age = max(hand.now() - delivery.event.time, .zero)
        // Attempts are counted anew by each start of intake, so the age tells of holders before that.
        let isTakenOver = delivery.handle.attempt.number > 1 || age > configuration.takenOverAfter
        var session = WatchSession(
            coder: coder,
            created: created,
            limits: limits,
            configuration: configuration,
            hand: hand,
            age: age,
            isTakenOver: isTakenOver,
            mask: TextMask(token: try token(delivery), masks: masks)
        )
        let subscription = watcher.subscribe(to: created.workspaceID)
        defer { watcher.unsubscribe(subscription) }
        let finished = try await session.run(subscription.looks)
        return [try CausedEvent(finished)]
    }

    /// The `target_service_token` in the clear, for masking it; nil where the incident has none.
    private func token(_ delivery: Delivery) throws -> String? {
        guard let sealed = delivery.context.sealedToken else { return nil }
        guard let openingKey else {
            let sentence =
                "this log-collector has no opening key, so it cannot mask a target_service_token; give it the private key "
                + "that belongs to the key intake seals with"
            trouble.set("opening key", sentence)
            throw StageError.retry("no_opening_key", sentence)
        }
        do {
            return try openingKey.open(sealed, incidentID: delivery.incidentID)
        } catch {
            throw StageError.retry("token_unreadable", "the incident's target_service_token cannot be masked: \(error)")
        }
    }
}

import CoderAPI
import Logging
public import ServiceLifecycle
import StageKit

/// Follows all workspaces that are held, whatever their number, with one list call a tick.
public final class WorkspaceWatcher: Service {
    private let coder: CoderClient
    private let configuration: LogCollectorConfiguration
    private let trouble: Trouble
    private let logger: Logger
    private let watchers = WatchList()

    init(coder: CoderClient, configuration: LogCollectorConfiguration, trouble: Trouble, logger: Logger) {
        self.coder = coder
        self.configuration = configuration
        self.trouble = trouble
        self.logger = logger
    }

    /// Asks until graceful shutdown or cancellation; then every subscription ends.
    public func run() async throws {
        defer { watchers.end() }
        do {
            try await cancelWhenGracefulShutdown { try await self.watch() }
        } catch is CancellationError {
            // The way both kinds of end come here.
        }
    }

    func subscribe(to workspace: String) -> Subscription { watchers.subscribe(to: workspace) }

    func unsubscribe(_ subscription: Subscription) { watchers.unsubscribe(subscription) }

    private func watch() async throws {
        var pace = ListPace(tick: configuration.tick, silencePatience: configuration.silencePatience)
        var query = ListQuery(owner: coder.owner)
        let clock = ContinuousClock()
        while true {
            try await clock.sleep(for: pace.pause)
            // Only those who were there before the call: a list that was made before a workspace proves nothing of it.
            let waiting = watchers.snapshot()
            guard !waiting.isEmpty else { continue }
            do throws(CoderError) {
                let found = try await coder.workspaces(matching: query.text(for: Array(waiting.keys)))
                let byID = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
                for (id, subscriptions) in waiting {
                    let look = byID[id].map(Look.seen) ?? .missing
                    for subscription in subscriptions { subscription.deliver(look) }
                }
                pace.succeeded()
                trouble.set("coder", nil)
            } catch {
                if error.kind == .cancelled { throw CancellationError() }
                if query.isRefused(by: error) { continue }
                let sentence = pace.failed(error, at: clock.now)
                if let sentence { trouble.set("coder", sentence) }
                logger.warning(
                    "workspaces could not be listed",
                    metadata: ["error": "\(error)", "held": "\(waiting.count)", "pause": "\(pace.pause)"]
                )
            }
        }
    }
}

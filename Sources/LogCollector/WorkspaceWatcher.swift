import CoderAPI
import Logging
public import ServiceLifecycle
import StageKit

/// Follows all workspaces that are held with one list call a tick, and with some where Coder has more than a list takes.
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
            let parts = query.parts(for: Array(waiting.keys))
            let began = clock.now
            do throws(CoderError) {
                for part in parts {
                    let list = try await coder.workspaces(matching: part.text)
                    if part.text == query.all { query.note(count: list.count) }
                    show(list.workspaces, of: part.ids, to: waiting)
                }
                if query.isCrowded {
                    query.note(count: try await coder.workspaces(matching: query.all, limit: 1).count)
                }
                pace.succeeded(calls: parts.count, took: began.duration(to: clock.now))
                trouble.set("coder", nil)
            } catch {
                if error.kind == .cancelled { throw CancellationError() }
                if query.isChanged(by: error) { continue }
                let sentence = pace.failed(error, at: clock.now)
                if let sentence { trouble.set("coder", sentence) }
                logger.warning(
                    "workspaces could not be listed",
                    metadata: ["error": "\(error)", "held": "\(waiting.count)", "pause": "\(pace.pause)"]
                )
            }
        }
    }

    /// Gives each of these what a list says of it.
    private func show(_ found: [Workspace], of ids: [String], to waiting: [String: [Subscription]]) {
        let byID = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        for id in ids {
            let look = byID[id].map(Look.seen) ?? .missing
            for subscription in waiting[id] ?? [] { subscription.deliver(look) }
        }
    }
}

import Synchronization

/// Counts requests by route, and what became of them.
public final class RequestCounts: Sendable {
    private struct Route {
        var received = 0
        var outcomes: [String: Int] = [:]
    }

    private let routes = Mutex<[String: Route]>([:])

    /// Nothing counted.
    public init() {}

    /// Counts a request that came in.
    public func received(_ route: String) {
        routes.withLock { $0[route, default: Route()].received += 1 }
    }

    /// Counts what became of a request: a status such as `201`, or `dropped`, `hung`, `cut`, `withheld`.
    public func ended(_ route: String, as outcome: String) {
        routes.withLock { $0[route, default: Route()].outcomes[outcome, default: 0] += 1 }
    }

    /// Written as `{"POST /users/{user}/workspaces": {"received": 3, "outcomes": {"201": 2, "cut": 1}}}`.
    public var json: JSON {
        let routes = routes.withLock { $0 }
        return .object(
            routes.sorted { $0.key < $1.key }.map { route, counts in
                (
                    name: route,
                    value: [
                        "received": .integer(counts.received),
                        "outcomes": .object(
                            counts.outcomes.sorted { $0.key < $1.key }.map { (name: $0.key, value: .integer($0.value)) }
                        ),
                    ]
                )
            }
        )
    }
}

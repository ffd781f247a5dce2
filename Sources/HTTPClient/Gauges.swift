import Synchronization

/// What can be asked of a client at any time, from any thread.
final class Gauges: Sendable {
    private let transfers = Atomic<Int>(0)
    private let connections = Atomic<Int>(0)

    func began() { transfers.add(1, ordering: .relaxed) }
    func ended() { transfers.subtract(1, ordering: .relaxed) }
    func opened(connections count: Int) { connections.add(count, ordering: .relaxed) }

    var snapshot: HTTPClient.Statistics {
        HTTPClient.Statistics(
            transfersInFlight: transfers.load(ordering: .relaxed),
            connectionsOpened: connections.load(ordering: .relaxed)
        )
    }
}

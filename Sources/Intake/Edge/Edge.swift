import Metrics
import NIOCore
import Synchronization
import Topology

/// What all connections share: the bounds, and the book of who is there.
final class Edge: Sendable {
    /// Why a caller was turned away or cut off; a label of the count.
    enum Turn: String {
        case connectionForNewer = "connection-for-newer"
        case connectionRefused = "connection-refused"
        case requestRefused = "request-refused"
        case strangerRefused = "stranger-refused"
        case slowHead = "slow-head"
        case slowBody = "slow-body"
        case slowReader = "slow-reader"
        case largeHead = "large-head"
    }

    let bounds: HTTPBounds
    /// How long a body may take that is still to tell who calls.
    let strangersBodyTime: Duration
    private let book: Mutex<ConnectionBook<any Channel>>
    private let strangers: Mutex<StrangersShare>

    init(_ bounds: HTTPBounds) {
        let share = StrangersShare(bounds)
        self.bounds = bounds
        strangersBodyTime = share.bodyTime
        book = Mutex(ConnectionBook(connections: bounds.connections, requests: bounds.requests))
        strangers = Mutex(share)
    }

    /// Connections that are open, and those with a request in progress.
    var counts: (open: Int, busy: Int) { book.withLock { ($0.open, $0.busy) } }

    /// Bodies that are being read and are still to tell who calls.
    var strangersReading: Int { strangers.withLock { $0.reading } }

    func opened(_ channel: any Channel) -> ConnectionBook<any Channel>.Opening { book.withLock { $0.opened(channel) } }

    func begin(_ ticket: UInt64, always: Bool) -> Bool { book.withLock { $0.begin(ticket, always: always) } }

    func end(_ channel: any Channel) -> UInt64 { book.withLock { $0.end(channel) } }

    func closed(_ ticket: UInt64?, isBusy: Bool) { book.withLock { $0.closed(ticket, isBusy: isBusy) } }

    func beginStranger() -> Bool { strangers.withLock { $0.begin() } }

    func endStranger() { strangers.withLock { $0.end() } }

    func count(_ turn: Turn) {
        Counter(label: "mendline_http_turned_away_total", dimensions: [("reason", turn.rawValue)]).increment()
    }
}

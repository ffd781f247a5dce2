import DequeModule

/// Which connections are open, and which of them have nothing in progress, the longest idle first.
///
/// Pure. For each connection over the bound the longest idle one is given up, so that idle connections, however many,
/// keep nobody out.
struct ConnectionBook<Connection> {
    /// Names one stay of a connection among the idle.
    typealias Ticket = UInt64

    /// What becomes of a new connection.
    enum Opening {
        /// There is room.
        case room(Ticket)
        /// There is room once this one is closed.
        case instead(of: Connection, Ticket)
        /// There is none: all have requests in progress.
        case none
    }

    private let connections: Int
    private let requests: Int
    private var idle: [Ticket: Connection] = [:]
    /// Tickets in order, some of them not idle any more.
    private var order: Deque<Ticket> = []
    private var nextTicket: Ticket = 0
    /// Connections that are open.
    private(set) var open = 0
    /// Connections with a request in progress.
    private(set) var busy = 0

    /// Tickets that are kept, of the idle and of those that were.
    var remembered: Int { order.count }

    init(connections: Int, requests: Int) {
        self.connections = connections
        self.requests = requests
    }

    /// A connection was opened; it counts until it is closed, whatever becomes of it.
    mutating func opened(_ connection: Connection) -> Opening {
        open += 1
        guard open > connections else { return .room(rest(connection)) }
        guard let longest = takeLongestIdle() else { return .none }
        return .instead(of: longest, rest(connection))
    }

    /// A request begins on an idle connection.
    ///
    /// - Parameters:
    ///   - ticket: of its rest.
    ///   - always: whether it begins however many there are.
    /// - Returns: false where there are too many, or the connection was given up.
    mutating func begin(_ ticket: Ticket, always: Bool = false) -> Bool {
        guard idle[ticket] != nil, always || busy < requests else { return false }
        idle[ticket] = nil
        busy += 1
        return true
    }

    /// The last request of a connection was answered.
    mutating func end(_ connection: Connection) -> Ticket {
        busy -= 1
        return rest(connection)
    }

    /// A connection was closed.
    ///
    /// - Parameters:
    ///   - ticket: of its rest; nil where there was none.
    ///   - isBusy: whether a request was in progress.
    mutating func closed(_ ticket: Ticket?, isBusy: Bool) {
        open -= 1
        if let ticket { idle[ticket] = nil }
        if isBusy { busy -= 1 }
    }

    private mutating func rest(_ connection: Connection) -> Ticket {
        nextTicket += 1
        idle[nextTicket] = connection
        order.append(nextTicket)
        // What is not idle any more is thrown out when it is the greater part.
        if order.count > 2 * idle.count + 64 { order = Deque(order.filter { idle[$0] != nil }) }
        return nextTicket
    }

    private mutating func takeLongestIdle() -> Connection? {
        while let ticket = order.popFirst() {
            if let connection = idle.removeValue(forKey: ticket) { return connection }
        }
        return nil
    }
}

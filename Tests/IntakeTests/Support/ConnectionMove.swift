@testable import Intake

/// Something that happens on a connection.
enum ConnectionMove: Sendable {
    case head, stranger, end, answered, stuck, free
}

extension ConnectionState {
    /// A connection on which this has happened, in order.
    init(after moves: [ConnectionMove]) {
        self.init()
        for move in moves {
            switch move {
            case .head: headRead()
            case .stranger: readsStranger()
            case .end: endRead()
            case .answered: answered()
            case .stuck: becameWritable(false)
            case .free: becameWritable(true)
            }
        }
    }
}

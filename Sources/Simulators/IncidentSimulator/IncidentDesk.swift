import SimulatorKit
import Synchronization

/// The one copy of the incident book, with what is set up around it.
final class IncidentDesk: Sendable {
    struct State {
        var book = IncidentBook()
        var faults: AnswerFaults
        var random = SystemRandomNumberGenerator()
        /// Requests by incident.
        var requests: [String: Int] = [:]
    }

    /// Whether `Idempotency-Key` is honoured.
    let honoursKeys: Bool
    /// Whether comments can be listed.
    let commentsAreReadable: Bool
    private let state: Mutex<State>

    init(honoursKeys: Bool, commentsAreReadable: Bool, faults: AnswerFaults) {
        self.honoursKeys = honoursKeys
        self.commentsAreReadable = commentsAreReadable
        state = Mutex(State(faults: faults))
    }

    /// Looks at everything or changes it, as one step.
    func update<Result: Sendable>(_ body: (inout State, Timestamp) throws -> Result) rethrows -> Result {
        try state.withLock { try body(&$0, .now()) }
    }

    /// Decides the fate of a request.
    func plan(method: String, path: String) -> AnswerPlan {
        state.withLock { $0.faults.plan(method: method, path: path, random: &$0.random) }
    }
}

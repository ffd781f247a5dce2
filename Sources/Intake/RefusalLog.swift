import Ledger
import Logging
import StageKit
import Synchronization

/// Tells of messages that nobody can use: one line a second at most, with how many it stands for.
final class RefusalLog: Sendable {
    private struct State {
        var throttle = LogThrottle()
        var last: DeadLetter?
    }

    private let logger: Logger
    private let state = Mutex(State())
    private let began = ContinuousClock.now

    init(_ logger: Logger) { self.logger = logger }

    /// Takes what a batch has refused, nothing included: what was held back earlier may be due.
    func note(_ letters: [DeadLetter]) {
        let now = ContinuousClock.now - began
        let due = state.withLock { state -> (DeadLetter, count: Int)? in
            if let letter = letters.last { state.last = letter }
            guard let count = state.throttle.count(letters.count, at: now), let last = state.last else { return nil }
            return (last, count)
        }
        guard let (letter, count) = due else { return }
        logger.warning(
            "messages that nobody can use are kept as dead letters",
            metadata: [
                "source": "\(letter.source)", "reason": "\(letter.reason)", "count": "\(count)",
                "not_shown": "\(count - 1)",
            ]
        )
    }
}

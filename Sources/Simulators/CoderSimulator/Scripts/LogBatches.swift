import Synchronization

/// Collects lines, and gives them out in batches once an interval.
final class LogBatches: Sendable {
    typealias Line = (level: LogLevel, output: String)

    private struct State {
        var lines: [Line] = []
        var isFinished = false
    }

    private let state = Mutex(State())

    /// Adds lines to the next batch.
    func add(_ level: LogLevel, _ lines: [String]) {
        state.withLock { $0.lines.append(contentsOf: lines.map { (level, $0) }) }
    }

    /// One more batch, with what there is then, is the last.
    func finish() {
        state.withLock { $0.isFinished = true }
    }

    /// The batches that are not empty.
    func flushes(every interval: Duration) -> AsyncStream<[Line]> {
        AsyncStream { [self] in
            while true {
                // Where the simulator ends, what is left is given out at once.
                try? await Task.sleep(for: max(interval, .milliseconds(1)))
                let (lines, isFinished) = state.withLock { state in
                    defer { state.lines = [] }
                    return (state.lines, state.isFinished || Task.isCancelled)
                }
                if !lines.isEmpty { return lines }
                if isFinished { return nil }
            }
        }
    }
}

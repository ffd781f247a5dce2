import Synchronization

/// A value that tasks wait on.
final class Watched<Value: Sendable>: Sendable {
    private struct State {
        var value: Value
        var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
        var waited = 0
    }

    private let state: Mutex<State>

    init(_ value: Value) { state = Mutex(State(value: value)) }

    var value: Value { state.withLock { $0.value } }

    /// A part of the value; whoever keeps the whole of a large one makes the next change copy it.
    func read<Part: Sendable>(_ part: (Value) -> Part) -> Part { state.withLock { part($0.value) } }

    /// Changes the value, and has all who wait look at it.
    func update(_ change: (inout Value) -> Void) {
        let waiters = state.withLock { state in
            change(&state.value)
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.yield() }
    }

    /// Waits until the value is as asked for.
    ///
    /// - Parameters:
    ///   - limit: the longest wait.
    ///   - condition: looked at under a lock at each change, so it must be quick.
    /// - Returns: false where the time is over first, or the task is cancelled.
    func wait(within limit: Duration, until condition: @escaping @Sendable (Value) -> Bool) async -> Bool {
        let (changes, feed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.waited += 1
            state.waiters[state.waited] = feed
            return state.waited
        }
        defer { state.withLock { $0.waiters[number] = nil } }
        if read(condition) { return true }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in changes where self.read(condition) { return }
            }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        return read(condition)
    }
}

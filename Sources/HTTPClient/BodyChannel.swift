import Synchronization

/// Hands a streamed body from libcurl's thread to one consumer.
final class BodyChannel: Sendable {
    private struct State {
        var buffer: BodyBuffer
        var consumer: CheckedContinuation<BodyBuffer.Taken, Never>?
    }

    private let state: Mutex<State>

    init(watermarks: BodyBuffer.Watermarks) {
        self.state = Mutex(State(buffer: BodyBuffer(watermarks: watermarks)))
    }

    /// The most bytes that were ever held.
    var peakBytes: Int { state.withLock { $0.buffer.peakBytes } }

    /// Takes a chunk in; false asks libcurl to pause.
    func offer(_ chunk: UnsafeBufferPointer<UInt8>) -> Bool {
        let (accepted, wake) = state.withLock { state in
            (state.buffer.offer(chunk), Self.takeForConsumer(&state))
        }
        wake?()
        return accepted
    }

    /// No more chunks come.
    func finish(_ result: Result<Void, HTTPClientError>) {
        let wake = state.withLock { state in
            state.buffer.finish(result)
            return Self.takeForConsumer(&state)
        }
        wake?()
    }

    /// The next chunk, waited for.
    ///
    /// - Parameter whenWaiting: Called once the consumer is registered; what it does may end the wait.
    /// - Returns: What was taken, never `nothing`.
    func next(whenWaiting: () -> Void) async -> BodyBuffer.Taken {
        await withCheckedContinuation { continuation in
            let taken = state.withLock { state in
                precondition(state.consumer == nil, "a response body has one consumer at a time")
                let taken = state.buffer.take()
                if case .nothing = taken { state.consumer = continuation }
                return taken
            }
            if case .nothing = taken {
                whenWaiting()
            } else {
                continuation.resume(returning: taken)
            }
        }
    }

    /// What to do, after unlocking, for a consumer that waits and now has something.
    private static func takeForConsumer(_ state: inout State) -> (@Sendable () -> Void)? {
        guard let consumer = state.consumer else { return nil }
        let taken = state.buffer.take()
        if case .nothing = taken { return nil }
        state.consumer = nil
        return { consumer.resume(returning: taken) }
    }
}

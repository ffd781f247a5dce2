import CZeroMQ
import Synchronization

/// The thread of a PULL socket, and the hand-over of its batches to the one task that consumes them.
final class PullWork: SocketWork {
    typealias Outcome = Result<[ReceivedFrame]?, ZeroMQError>

    private struct State {
        var inbox: Inbox
        var consumer: (ticket: UInt64, continuation: CheckedContinuation<Outcome, Never>)?
        var nextTicket: UInt64 = 0
    }

    let wakeUp = WakeUp()
    private let maximumFrameBytes: Int
    private let maximumBufferedBytes: Int
    private let state: Mutex<State>
    private let invalid = Atomic<Int>(0)

    init(marks: Watermarks, maximumBatch: Int, maximumFrameBytes: Int, maximumBufferedBytes: Int) {
        self.maximumFrameBytes = maximumFrameBytes
        self.maximumBufferedBytes = maximumBufferedBytes
        let inbox = Inbox(marks: marks, maximumBatch: maximumBatch, maximumBytes: maximumBufferedBytes)
        state = Mutex(State(inbox: inbox))
    }

    /// Messages dropped because they were not one frame of allowed size.
    var invalidMessages: Int { invalid.load(ordering: .relaxed) }

    /// Frames buffered now, and the most there ever were.
    var buffered: (now: Int, peak: Int) { state.withLock { ($0.inbox.count, $0.inbox.peak) } }

    // MARK: The socket's thread

    func serve(_ socket: borrowing RawSocket, wake: CInt) throws(ZeroMQError) {
        while true {
            switch state.withLock({ $0.inbox.order }) {
            case .stop:
                return
            case .pause:
                try socket.wait(for: ZMQ_POLLOUT, or: wake)
                wakeUp.clear()
            case .read(let limit):
                let round = try socket.receive(
                    atMost: limit,
                    maximumFrameBytes: maximumFrameBytes,
                    byteLimit: max(1, maximumBufferedBytes / 8)
                )
                if round.invalid > 0 { invalid.add(round.invalid, ordering: .relaxed) }
                put(round.frames)
                guard round.isExhausted else { continue }
                try socket.wait(for: ZMQ_POLLIN, or: wake)
                wakeUp.clear()
            }
        }
    }

    private func put(_ batch: [ReceivedFrame]) {
        resumeConsumer { $0.put(batch) }
    }

    func stop() {
        state.withLock { $0.inbox.stop() }
        wakeUp.signal()
    }

    func end(_ error: ZeroMQError?) {
        resumeConsumer { $0.end(error) }
    }

    /// Changes the inbox, and answers a consumer that waits if there is something for it now.
    private func resumeConsumer(after change: (inout Inbox) -> Void) {
        let resumed = state.withLock { state -> (CheckedContinuation<Outcome, Never>, Outcome)? in
            change(&state.inbox)
            guard let consumer = state.consumer else { return nil }
            // The thread itself is here, so it needs no waking.
            guard let (outcome, _) = Self.outcome(of: state.inbox.take()) else { return nil }
            state.consumer = nil
            return (consumer.continuation, outcome)
        }
        if let (continuation, outcome) = resumed { continuation.resume(returning: outcome) }
    }

    // MARK: The consumer

    /// The next batch; nil when the socket was closed and everything is taken, or the task is cancelled.
    func next() async throws(ZeroMQError) -> [ReceivedFrame]? {
        let ticket: UInt64
        switch takeOrTicket() {
        case .success(let outcome): return try outcome.get()
        case .failure(let waiting): ticket = waiting.ticket
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { suspend($0, ticket: ticket) }
        } onCancel: {
            cancel(ticket)
        }
        return try outcome.get()
    }

    private struct MustWait: Error { let ticket: UInt64 }

    private func takeOrTicket() -> Result<Outcome, MustWait> {
        let (result, wakes) = state.withLock { state -> (Result<Outcome, MustWait>, Bool) in
            precondition(state.consumer == nil, "the messages of a PULL socket have one consumer at a time")
            if let (outcome, wakes) = Self.outcome(of: state.inbox.take()) { return (.success(outcome), wakes) }
            state.nextTicket += 1
            return (.failure(MustWait(ticket: state.nextTicket)), false)
        }
        if wakes { wakeUp.signal() }
        return result
    }

    private func suspend(_ continuation: CheckedContinuation<Outcome, Never>, ticket: UInt64) {
        let (outcome, wakes) = state.withLock { state -> (Outcome?, Bool) in
            precondition(state.consumer == nil, "the messages of a PULL socket have one consumer at a time")
            // Under the lock that `cancel` takes: either the mark is seen here, or `cancel` finds the consumer.
            if Task.isCancelled { return (.success(nil), false) }
            if let (outcome, wakes) = Self.outcome(of: state.inbox.take()) { return (outcome, wakes) }
            state.consumer = (ticket, continuation)
            return (nil, false)
        }
        if wakes { wakeUp.signal() }
        if let outcome { continuation.resume(returning: outcome) }
    }

    private func cancel(_ ticket: UInt64) {
        let continuation = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            guard let consumer = state.consumer, consumer.ticket == ticket else { return nil }
            state.consumer = nil
            return consumer.continuation
        }
        continuation?.resume(returning: .success(nil))
    }

    private static func outcome(of answer: Inbox.Answer) -> (Outcome, wakes: Bool)? {
        switch answer {
        case .empty: nil
        case .batch(let batch, let resumesReading): (.success(batch), resumesReading)
        case .ended(.none): (.success(nil), false)
        case .ended(.some(let error)): (.failure(error), false)
        }
    }
}

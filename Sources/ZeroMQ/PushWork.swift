import CZeroMQ
import Synchronization

/// The thread of a PUSH socket, and the queue through which any number of tasks feed it.
final class PushWork: SocketWork {
    typealias Outcome = Result<Void, ZeroMQError>

    fileprivate struct State {
        var outbox: Outbox
        var senders: [Outbox.Ticket: CheckedContinuation<Outcome, Never>] = [:]
        var drains: [Outbox.Ticket: CheckedContinuation<Void, Never>] = [:]
        var nextTicket: Outbox.Ticket = 0
    }

    let wakeUp = WakeUp()
    private let name: String
    private let linger: Duration
    private let maximumBatch: Int
    private let state: Mutex<State>

    init(marks: Watermarks, maximumBatch: Int, linger: Duration, name: String) {
        precondition(maximumBatch >= 1, "maximumBatch must be at least 1")
        self.name = name
        self.linger = linger
        self.maximumBatch = maximumBatch
        state = Mutex(State(outbox: Outbox(marks: marks)))
    }

    /// Frames that libzmq has not taken.
    var unsent: Int { state.withLock { $0.outbox.count } }

    /// Senders that wait for room.
    var suspendedSenders: Int { state.withLock { $0.senders.count } }

    // MARK: The socket's thread

    func serve(_ socket: borrowing RawSocket, wake: CInt) throws(ZeroMQError) {
        while true {
            let now = ContinuousClock.now
            switch state.withLock({ $0.outbox.order(at: now, atMost: maximumBatch) }) {
            case .stop(let lingerUntil):
                // Closing takes `linger` in all, so libzmq has what is left of it.
                return try socket.setLinger(lingerUntil - now)
            case .wait:
                try socket.wait(for: ZMQ_POLLIN, or: wake)
                wakeUp.clear()
            case .send(let frames, let deadline):
                guard try send(frames, on: socket) < frames.count else { continue }
                try socket.wait(for: ZMQ_POLLOUT, or: wake, timeout: deadline.map { $0 - now })
                wakeUp.clear()
            }
        }
    }

    private func send(_ frames: [[UInt8]], on socket: borrowing RawSocket) throws(ZeroMQError) -> Int {
        var sent = 0
        // What libzmq took before it failed must not count as unsent.
        defer { confirm(sent: sent) }
        while sent < frames.count, try socket.send(frames[sent]) { sent += 1 }
        return sent
    }

    private func confirm(sent: Int) {
        guard sent > 0 else { return }
        let (senders, drains) = state.withLock { state in
            let admitted = state.outbox.confirm(sent: sent)
            return (state.removeSenders(admitted), state.removeDrainsIfDone())
        }
        for sender in senders { sender.resume(returning: .success(())) }
        for drain in drains { drain.resume() }
    }

    func stop() {
        let deadline = ContinuousClock.now + linger
        let refused = state.withLock { $0.removeSenders($0.outbox.close(deadline: deadline)) }
        for sender in refused { sender.resume(returning: .failure(.closed("send on", name: name))) }
        wakeUp.signal()
    }

    func end(_ error: ZeroMQError?) {
        let (senders, drains) = state.withLock { state in
            let refused = state.outbox.end(error)
            return (state.removeSenders(refused), state.removeDrainsIfDone())
        }
        for sender in senders { sender.resume(returning: .failure(error ?? .closed("send on", name: name))) }
        for drain in drains { drain.resume() }
    }

    // MARK: The senders

    /// Queues all frames or none without waiting.
    func offer(_ frames: [[UInt8]]) -> Outbox.Admission {
        let admission = state.withLock { $0.outbox.admit(frames) }
        if admission == .queued(wakesThread: true) { wakeUp.signal() }
        return admission
    }

    /// Queues all frames, waiting for room if need be.
    func send(_ frames: [[UInt8]]) async throws(ZeroMQError) {
        switch offer(frames) {
        case .queued: return
        case .refused(let error): throw error ?? .closed("send on", name: name)
        case .full: break
        }
        let ticket = newTicket()
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { suspend($0, ticket: ticket, frames: frames) }
        } onCancel: {
            cancel(ticket)
        }
        try outcome.get()
    }

    private func suspend(
        _ continuation: CheckedContinuation<Outcome, Never>,
        ticket: Outbox.Ticket,
        frames: [[UInt8]]
    ) {
        let (outcome, wakes) = state.withLock { state -> (Outcome?, Bool) in
            // Under the lock that `cancel` takes: either the mark is seen here, or `cancel` finds the sender.
            if Task.isCancelled { return (.failure(.cancelled("send on", name: name)), false) }
            switch state.outbox.admit(frames) {
            case .queued(let wakesThread): return (.success(()), wakesThread)
            case .refused(let error): return (.failure(error ?? .closed("send on", name: name)), false)
            case .full: break
            }
            state.outbox.wait(ticket, for: frames)
            state.senders[ticket] = continuation
            return (nil, false)
        }
        if wakes { wakeUp.signal() }
        if let outcome { continuation.resume(returning: outcome) }
    }

    private func cancel(_ ticket: Outbox.Ticket) {
        let (cancelled, admitted) = state.withLock { state in
            let (wasWaiting, admitted) = state.outbox.cancel(ticket)
            return (state.removeSenders(wasWaiting ? [ticket] : []), state.removeSenders(admitted))
        }
        for sender in cancelled { sender.resume(returning: .failure(.cancelled("send on", name: name))) }
        for sender in admitted { sender.resume(returning: .success(())) }
    }

    /// Returns when the queue is empty, nothing will be sent any more, or the task is cancelled.
    func drained() async {
        let ticket = newTicket()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state -> Bool in
                    if Task.isCancelled || state.isDrained { return true }
                    state.drains[ticket] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.drains.removeValue(forKey: ticket) }?.resume()
        }
    }

    private func newTicket() -> Outbox.Ticket {
        state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
    }
}

extension PushWork.State {
    var isDrained: Bool { outbox.count == 0 || outbox.hasEnded }

    mutating func removeSenders(_ tickets: [Outbox.Ticket]) -> [CheckedContinuation<PushWork.Outcome, Never>] {
        tickets.compactMap { senders.removeValue(forKey: $0) }
    }

    mutating func removeDrainsIfDone() -> [CheckedContinuation<Void, Never>] {
        guard isDrained else { return [] }
        defer { drains.removeAll() }
        return Array(drains.values)
    }
}

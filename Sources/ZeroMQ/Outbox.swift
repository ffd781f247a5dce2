import DequeModule

/// Frames on their way from senders to a socket's thread: who may go on, decided without threads or continuations.
///
/// It holds at most `marks.high` frames, or one batch that is larger than that. A batch goes in whole or waits whole,
/// in the order in which senders came.
struct Outbox {
    typealias Ticket = UInt64

    /// The answer to a batch.
    enum Admission: Equatable {
        /// It is in the queue; `wakesThread` when the queue was empty.
        case queued(wakesThread: Bool)
        /// There is no room now.
        case full
        /// The socket takes no more frames: closed, or failed with this.
        case refused(ZeroMQError?)
    }

    /// What the thread does next.
    enum Order: Equatable {
        /// Send these, and say how many libzmq took; when it takes no more, wait until it does or the time is over.
        case send([[UInt8]], until: ContinuousClock.Instant?)
        /// Wait for frames.
        case wait
        /// Close the socket; libzmq may linger until then.
        case stop(lingerUntil: ContinuousClock.Instant)
    }

    private enum Phase {
        case open
        case closing(ContinuousClock.Instant)
        case ended(ZeroMQError?)
    }

    private let marks: Watermarks
    private var frames: Deque<[UInt8]> = []
    private var waiting: Deque<(ticket: Ticket, batch: [[UInt8]])> = []
    private var phase = Phase.open

    init(marks: Watermarks) {
        self.marks = marks
    }

    /// Frames in the queue that libzmq has not taken; those of suspended senders do not count.
    var count: Int { frames.count }

    /// Whether nothing will be sent any more.
    var hasEnded: Bool {
        if case .ended = phase { true } else { false }
    }

    /// A sender brings a batch.
    mutating func admit(_ batch: [[UInt8]]) -> Admission {
        switch phase {
        case .closing: return .refused(nil)
        case .ended(let error): return .refused(error)
        case .open: break
        }
        guard waiting.isEmpty, fits(batch) else { return .full }
        let wasEmpty = frames.isEmpty
        frames.append(contentsOf: batch)
        return .queued(wakesThread: wasEmpty && !batch.isEmpty)
    }

    /// A sender whose batch found no room waits for it.
    mutating func wait(_ ticket: Ticket, for batch: [[UInt8]]) {
        waiting.append((ticket, batch))
    }

    /// A waiting sender gives up.
    ///
    /// False when its batch is in the queue already.
    ///
    /// `admitted` are those behind it that now have room. The thread is busy then, and needs no waking.
    mutating func cancel(_ ticket: Ticket) -> (wasWaiting: Bool, admitted: [Ticket]) {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return (false, []) }
        waiting.remove(at: index)
        return (true, admitWaiting())
    }

    /// The thread asks what to do, at most so many frames at a time.
    func order(at now: ContinuousClock.Instant, atMost limit: Int) -> Order {
        switch phase {
        case .open:
            return frames.isEmpty ? .wait : .send(Array(frames.prefix(limit)), until: nil)
        case .closing(let deadline):
            let isOver = frames.isEmpty || now >= deadline
            return isOver ? .stop(lingerUntil: deadline) : .send(Array(frames.prefix(limit)), until: deadline)
        case .ended:
            return .stop(lingerUntil: now)
        }
    }

    /// The thread has sent the first `sent` frames; the senders that therefore have room.
    mutating func confirm(sent: Int) -> [Ticket] {
        frames.removeFirst(sent)
        return admitWaiting()
    }

    /// Somebody wants the socket closed: nothing new is taken, and what is queued has until `deadline`.
    ///
    /// The senders refused by it.
    mutating func close(deadline: ContinuousClock.Instant) -> [Ticket] {
        guard case .open = phase else { return [] }
        phase = .closing(deadline)
        return refuseWaiting()
    }

    /// The thread is done, and what is in the queue stays unsent.
    ///
    /// The senders refused by it.
    mutating func end(_ error: ZeroMQError?) -> [Ticket] {
        guard !hasEnded else { return [] }
        phase = .ended(error)
        return refuseWaiting()
    }

    private func fits(_ batch: [[UInt8]]) -> Bool {
        frames.isEmpty || frames.count + batch.count <= marks.high
    }

    private mutating func admitWaiting() -> [Ticket] {
        var admitted: [Ticket] = []
        while frames.count <= marks.low, let next = waiting.first, fits(next.batch) {
            waiting.removeFirst()
            frames.append(contentsOf: next.batch)
            admitted.append(next.ticket)
        }
        return admitted
    }

    private mutating func refuseWaiting() -> [Ticket] {
        defer { waiting.removeAll() }
        return waiting.map(\.ticket)
    }
}

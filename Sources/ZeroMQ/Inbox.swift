import DequeModule

/// Batches on their way from a socket's thread to its consumer: who may go on, decided without threads or
/// continuations.
struct Inbox {
    /// What the thread does next.
    enum Order: Equatable {
        /// Take at most so many messages from the socket.
        case read(atMost: Int)
        /// Wait until the consumer has caught up.
        case pause
        /// Close the socket.
        case stop
    }

    /// What the consumer gets.
    enum Answer: Equatable {
        /// A batch; `resumesReading` when the thread, paused until now, must be woken.
        case batch([ReceivedFrame], resumesReading: Bool)
        /// Nothing yet.
        case empty
        /// Nothing any more, and why.
        case ended(ZeroMQError?)
    }

    private enum Phase {
        case open, stopping
        case ended(ZeroMQError?)
    }

    private let marks: Watermarks
    private let maximumBatch: Int
    private let maximumBytes: Int
    private var batches: Deque<[ReceivedFrame]> = []
    private var phase = Phase.open
    private var isPaused = false
    /// Frames in the buffer now.
    private(set) var count = 0
    /// Bytes of the frames in the buffer now.
    private(set) var bytes = 0
    /// The most frames that were ever in the buffer.
    private(set) var peak = 0

    init(marks: Watermarks, maximumBatch: Int, maximumBytes: Int = .max) {
        precondition(maximumBatch >= 1, "maximumBatch must be at least 1")
        precondition(maximumBytes >= 1, "maximumBytes must be at least 1")
        self.marks = marks
        self.maximumBatch = maximumBatch
        self.maximumBytes = maximumBytes
    }

    /// The thread asks what to do.
    var order: Order {
        guard case .open = phase else { return .stop }
        return isPaused ? .pause : .read(atMost: min(maximumBatch, marks.high - count))
    }

    /// The thread brings a batch, not larger than it was told.
    mutating func put(_ batch: [ReceivedFrame]) {
        guard !batch.isEmpty else { return }
        batches.append(batch)
        count += batch.count
        bytes += batch.byteCount
        peak = max(peak, count)
        if count >= marks.high || bytes >= maximumBytes { isPaused = true }
    }

    /// The consumer asks for a batch.
    mutating func take() -> Answer {
        guard let batch = batches.popFirst() else {
            guard case .ended(let error) = phase else { return .empty }
            return .ended(error)
        }
        count -= batch.count
        bytes -= batch.byteCount
        let resumes = isPaused && count <= marks.low && bytes <= maximumBytes / 2
        if resumes { isPaused = false }
        return .batch(batch, resumesReading: resumes)
    }

    /// Somebody wants the socket closed.
    ///
    /// What is buffered stays for the consumer.
    mutating func stop() {
        if case .open = phase { phase = .stopping }
    }

    /// The thread is done.
    ///
    /// The first reason counts.
    mutating func end(_ error: ZeroMQError?) {
        if case .ended = phase { return }
        phase = .ended(error)
    }
}

extension [ReceivedFrame] {
    fileprivate var byteCount: Int { reduce(0) { $0 + $1.bytes.count } }
}

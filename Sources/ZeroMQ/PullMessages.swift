/// The batches a PULL socket receives, each of one or more frames in the order of their sender.
///
/// For one consumer at a time: a second task that waits at the same time is a programming error and traps. Leaving the
/// loop and starting another one later goes on where the first stopped. The sequence ends when the socket was closed
/// and all is taken, or when the task is cancelled; it throws when the socket failed or its context was terminated.
public struct PullMessages: AsyncSequence, Sendable {
    /// A batch of frames.
    public typealias Element = [[UInt8]]
    /// What ended the socket.
    public typealias Failure = ZeroMQError

    let work: PullWork

    /// An iterator that shares the socket's buffer with all others.
    public func makeAsyncIterator() -> Iterator { Iterator(work: work) }

    /// Takes one batch at a time.
    public struct Iterator: AsyncIteratorProtocol {
        let work: PullWork

        /// The next batch, as soon as there is one.
        public mutating func next() async throws(ZeroMQError) -> [[UInt8]]? { try await work.next()?.map(\.bytes) }

        /// The next batch, as soon as there is one.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(ZeroMQError) -> [[UInt8]]? {
            try await work.next()?.map(\.bytes)
        }
    }
}

/// A frame and who sent it.
public struct ReceivedFrame: Hashable, Sendable {
    /// What was sent.
    public let bytes: [UInt8]
    /// Who the admission handler said has made the connection; nil where the socket has no `admissionDomain`.
    public let userID: String?
}

/// What `PullMessages` gives, each frame with who sent it; the rules are the same.
public struct PullFrames: AsyncSequence, Sendable {
    /// A batch of frames.
    public typealias Element = [ReceivedFrame]
    /// What ended the socket.
    public typealias Failure = ZeroMQError

    let work: PullWork

    /// An iterator that shares the socket's buffer with all others.
    public func makeAsyncIterator() -> Iterator { Iterator(work: work) }

    /// Takes one batch at a time.
    public struct Iterator: AsyncIteratorProtocol {
        let work: PullWork

        /// The next batch, as soon as there is one.
        public mutating func next() async throws(ZeroMQError) -> [ReceivedFrame]? { try await work.next() }

        /// The next batch, as soon as there is one.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ZeroMQError) -> [ReceivedFrame]? {
            try await work.next()
        }
    }
}

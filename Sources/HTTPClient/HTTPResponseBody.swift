/// The body of an answer, chunk by chunk as it arrives.
///
/// One consumer reads it, once. When nobody reads, the connection is left unread after a bounded number of bytes, so
/// that TCP slows the server down. When the body and its iterator are gone, or the reading task is cancelled, the
/// transfer is ended.
public struct HTTPResponseBody: AsyncSequence, Sendable {
    /// A piece of the body, never empty, as large as libcurl read it (16 KiB at most).
    public typealias Element = [UInt8]

    /// What reading fails with.
    public typealias Failure = HTTPClientError

    /// Reads the body.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let source: BodySource

        /// The next chunk, nil at the end of the body.
        public mutating func next() async throws(HTTPClientError) -> [UInt8]? {
            try await source.next()
        }

        /// The next chunk, nil at the end of the body.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(HTTPClientError) -> [UInt8]? {
            try await source.next()
        }
    }

    let source: BodySource

    /// Starts reading.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(source: source)
    }
}

/// The consumer's end of a streamed body; when it goes away, so does the transfer.
final class BodySource: Sendable {
    let channel: BodyChannel
    private let loop: CurlLoop
    private let id: TransferID
    /// Keeps the client, and with it the thread, for as long as the body is read.
    private let client: HTTPClient

    init(client: HTTPClient, id: TransferID, channel: BodyChannel) {
        self.client = client
        self.loop = client.loop
        self.id = id
        self.channel = channel
    }

    deinit {
        loop.submit(.cancel(id))
    }

    func next() async throws(HTTPClientError) -> [UInt8]? {
        let taken = await withTaskCancellationHandler {
            await channel.next {
                // A cancel that came before the transfer knew of this task finds it here.
                if Task.isCancelled { loop.submit(.cancel(id)) }
            }
        } onCancel: {
            loop.submit(.cancel(id))
        }
        switch taken {
        case .chunk(let bytes, let resume):
            if resume { loop.submit(.resumeReading(id)) }
            return bytes
        case .failure(let error):
            throw error
        case .end, .nothing:
            return nil
        }
    }
}

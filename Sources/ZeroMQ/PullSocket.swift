public import ServiceLifecycle

/// A ZeroMQ PULL socket: takes single-frame messages from any number of PUSH sockets, in batches.
///
/// Its thread stops reading when `buffer.high` frames or `maximumBufferedBytes` wait for the consumer, and libzmq and TCP
/// then hold the senders back. A message of several frames is dropped and counted.
public final class PullSocket: Service {
    private let runner: SocketRunner
    private let work: PullWork

    /// A socket that does nothing until it is started.
    ///
    /// - Parameters:
    ///   - context: Owns the socket's thread.
    ///   - endpoints: Where to bind and connect; at least one.
    ///   - options: How it behaves.
    ///   - buffer: How many frames may wait for the consumer.
    ///   - maximumBatch: The most frames in one batch.
    ///   - maximumBufferedBytes: How many bytes may wait for the consumer; one eighth and a frame may come on top.
    ///   - name: Of the socket in errors and of its thread, which shows the first 15 bytes.
    public init(
        context: ZeroMQContext,
        endpoints: [Endpoint],
        options: SocketOptions = SocketOptions(),
        buffer: Watermarks = .init(low: 256, high: 1024),
        maximumBatch: Int = 64,
        maximumBufferedBytes: Int = 64 << 20,
        name: String
    ) {
        work = PullWork(
            marks: buffer,
            maximumBatch: maximumBatch,
            maximumFrameBytes: options.maximumFrameBytes,
            maximumBufferedBytes: maximumBufferedBytes
        )
        runner = SocketRunner(
            .pull,
            context: context,
            endpoints: endpoints,
            options: options,
            name: name,
            work: work
        )
    }

    deinit {
        // A socket dropped without `close` still ends; its context joins the thread.
        work.stop()
    }

    /// Binds and connects all endpoints, then returns; messages are taken from then on.
    ///
    /// Once started it does nothing.
    ///
    /// Throws with the endpoint that failed. A socket that failed stays closed.
    public func start() async throws(ZeroMQError) { try await runner.start() }

    /// The addresses bound, with real ports where the endpoint said `*`; empty before `start`.
    public var boundAddresses: [String] { runner.boundAddresses }

    /// The received batches, for one consumer.
    public var messages: PullMessages { PullMessages(work: work) }

    /// The received batches with who sent each frame, for one consumer; either this or `messages`.
    public var frames: PullFrames { PullFrames(work: work) }

    /// Messages dropped because they had several frames.
    public var invalidMessages: Int { work.invalidMessages }

    /// Frames that wait for the consumer now.
    public var bufferedFrames: Int { work.buffered.now }

    /// The most frames that ever waited for the consumer.
    public var peakBufferedFrames: Int { work.buffered.peak }

    /// Starts if need be, lives until graceful shutdown, cancellation or `close`, then closes.
    ///
    /// Throws what kept the socket from starting or ended it.
    public func run() async throws { try await runner.run() }

    /// Stops reading, closes the socket and joins its thread.
    ///
    /// What is buffered stays for the consumer; what libzmq still holds is lost. An address bound is free when the
    /// context is terminated, usually earlier.
    public func close() async { await runner.close() }
}

import Glibc
public import ServiceLifecycle

/// A ZeroMQ PUSH socket: spreads single-frame messages over the PULL sockets that are connected.
///
/// Frames wait in a queue of at most `queue.high` while no peer can take them. That a frame left the queue means that
/// libzmq has taken it, not that it arrived: whatever is on the way to a peer that dies is lost.
public final class PushSocket: Service {
    private let runner: SocketRunner
    private let work: PushWork
    private let maximumFrameBytes: Int

    /// A socket that only queues until it is started.
    ///
    /// - Parameters:
    ///   - context: Owns the socket's thread.
    ///   - endpoints: Where to bind and connect; at least one.
    ///   - options: How it behaves.
    ///   - buffer: How many frames may be queued, and from where on suspended senders go on.
    ///   - maximumBatch: The most frames handed to libzmq at a time.
    ///   - name: Of the socket in errors and of its thread, which shows the first 15 bytes.
    public init(
        context: ZeroMQContext,
        endpoints: [Endpoint],
        options: SocketOptions = SocketOptions(),
        buffer: Watermarks = .init(low: 256, high: 1024),
        maximumBatch: Int = 64,
        name: String
    ) {
        maximumFrameBytes = options.maximumFrameBytes
        work = PushWork(marks: buffer, maximumBatch: maximumBatch, linger: options.linger, name: name)
        runner = SocketRunner(
            .push,
            context: context,
            endpoints: endpoints,
            options: options,
            name: name,
            work: work
        )
    }

    deinit {
        // A socket dropped without `close` still sends what it can within `linger` and ends; its context joins the
        // thread.
        work.stop()
    }

    /// Binds and connects all endpoints, then returns; a connection need not be there yet.
    ///
    /// Once started it does nothing.
    ///
    /// Throws with the endpoint that failed. A socket that failed stays closed.
    public func start() async throws(ZeroMQError) { try await runner.start() }

    /// The addresses bound, with real ports where the endpoint said `*`; empty before `start`.
    public var boundAddresses: [String] { runner.boundAddresses }

    /// Frames in the queue that libzmq has not taken.
    public var queuedFrames: Int { work.unsent }

    /// Queues a frame, waiting while the queue is full.
    ///
    /// Throws `frameTooLarge`, `closed` or what ended the socket, or `cancelled`; then it is not queued.
    public func send(_ frame: [UInt8]) async throws(ZeroMQError) { try await send(contentsOf: [frame]) }

    /// Queues frames that stay together and in order, waiting until there is room for all.
    ///
    /// More than `buffer.high` at once wait for an empty queue.
    ///
    /// Throws `frameTooLarge`, `closed` or what ended the socket, or `cancelled`; then none of them is queued.
    public func send(contentsOf frames: [[UInt8]]) async throws(ZeroMQError) {
        if let size = oversize(in: frames) {
            throw ZeroMQError(
                .frameTooLarge,
                operation: "send a frame of \(size) bytes, where \(maximumFrameBytes) are allowed, on",
                endpoint: runner.name,
                number: EMSGSIZE
            )
        }
        try await work.send(frames)
    }

    /// Queues all frames, or none, at once: for what may be dropped.
    ///
    /// False when there is no room, senders wait already, the socket is closed, or a frame is too large.
    public func offer(_ frames: [[UInt8]]) -> Bool {
        guard oversize(in: frames) == nil, case .queued = work.offer(frames) else { return false }
        return true
    }

    /// Waits until libzmq has taken every queued frame, `limit` is over, or the task is cancelled; the socket stays
    /// open.
    ///
    /// Returns the number of frames not taken.
    public func drain(within limit: Duration) async -> Int {
        await withTaskGroup(of: Void.self) { [work] group in
            group.addTask { await work.drained() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        return work.unsent
    }

    /// Starts if need be, lives until graceful shutdown, cancellation or `close`, then closes as `close` does.
    ///
    /// Throws what kept the socket from starting or ended it.
    public func run() async throws { try await runner.run() }

    /// Takes no more frames, sends what is queued within `linger`, closes the socket and joins its thread.
    ///
    /// Returns the number of frames libzmq did not take. What it took it goes on sending for the rest of `linger`, for
    /// which terminating the context waits.
    @discardableResult
    public func close() async -> Int {
        await runner.close()
        return work.unsent
    }

    private func oversize(in frames: [[UInt8]]) -> Int? {
        frames.first { $0.count > maximumFrameBytes }?.count
    }
}

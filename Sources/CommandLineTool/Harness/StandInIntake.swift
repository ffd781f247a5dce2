import Messages
import Synchronization
import Topology
import ZeroMQ

/// Intake's two sockets towards one stage, without a ledger behind them: what goes out and comes in is the caller's.
///
/// It may be closed and opened again on the same addresses, as intake is when it is started anew.
final class StandInIntake: Sendable {
    private struct Sockets: Sendable {
        let context: ZeroMQContext
        let deliveries: PushSocket
        let answers: PullSocket
    }

    private let deliveries: SocketAddress
    private let answers: SocketAddress
    private let take: @Sendable ([[UInt8]]) -> Void
    private let sockets = Mutex<Sockets?>(nil)
    private let openings = AsyncStream<PullSocket>.makeStream()

    /// Sockets that are not open yet.
    ///
    /// - Parameters:
    ///   - deliveries: where the stage takes its deliveries from.
    ///   - answers: where it sends its answers to.
    ///   - take: called with what came in, in order.
    init(
        deliveries: SocketAddress,
        answers: SocketAddress,
        take: @escaping @Sendable ([[UInt8]]) -> Void
    ) {
        self.deliveries = deliveries
        self.answers = answers
        self.take = take
    }

    /// Binds both sockets as intake does; frames may be larger than intake's, to try what a stage does about them.
    ///
    /// - Throws: `CommandFailure` that names the address that cannot be had.
    func open() async throws(CommandFailure) {
        do throws(ZeroMQError) {
            let context = try ZeroMQContext()
            var options = SocketOptions()
            options.highWaterMark = 64
            options.maximumFrameBytes = 4 << 20
            options.linger = .milliseconds(200)
            let opened = Sockets(
                context: context,
                deliveries: PushSocket(
                    context: context,
                    endpoints: [.bind("\(deliveries)")],
                    options: options,
                    buffer: Watermarks(low: 8192, high: 16_384),
                    name: "deliveries"
                ),
                answers: PullSocket(
                    context: context,
                    endpoints: [.bind("\(answers)")],
                    options: options,
                    maximumBufferedBytes: 64 << 20,
                    name: "answers"
                )
            )
            try await opened.answers.start()
            try await opened.deliveries.start()
            sockets.withLock { $0 = opened }
            openings.continuation.yield(opened.answers)
        } catch {
            throw CommandFailure("intake cannot be played: \(error); is another Mendline using these addresses?")
        }
    }

    /// Hands in what comes in, over all openings, until ``end()``.
    func serve() async {
        for await socket in openings.stream {
            // What ends a socket is the close of it, or of its context; the next opening has another one.
            do { for try await frames in socket.messages { take(frames) } } catch {}
        }
    }

    /// Queues a frame for the stage, waiting where the stage is slow; it is lost where the sockets are closed.
    func send(_ frame: [UInt8]) async {
        try? await sockets.withLock { $0?.deliveries }?.send(frame)
    }

    /// Closes the sockets, as an intake does that ends.
    func close() async {
        guard
            let open = sockets.withLock({ sockets in
                defer { sockets = nil }
                return sockets
            })
        else { return }
        _ = await open.deliveries.close()
        await open.answers.close()
        await open.context.terminate()
    }

    /// Closes the sockets and lets ``serve()`` return.
    func end() async {
        await close()
        openings.continuation.finish()
    }
}

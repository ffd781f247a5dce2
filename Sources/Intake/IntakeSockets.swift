import Ledger
import Logging
import ServiceLifecycle
import Topology
import ZeroMQ

/// Intake's sockets: it binds them all, stages connect and come and go at will.
struct IntakeSockets: Sendable {
    private let context: ZeroMQContext
    let answers: PullSocket
    private let deliveries: [String: PushSocket]

    init(_ topology: Topology) throws {
        let context = try ZeroMQContext()
        self.context = context
        answers = PullSocket(
            context: context,
            endpoints: [.bind("\(topology.intake.answers)")],
            options: SocketOptions(),
            name: "answers"
        )
        var options = SocketOptions()
        options.highWaterMark = 64
        options.linger = .milliseconds(200)
        deliveries = Dictionary(
            uniqueKeysWithValues: topology.stages.map { stage in
                let socket = PushSocket(
                    context: context,
                    endpoints: [.bind("\(stage.deliveries)")],
                    options: options,
                    buffer: Watermarks(low: 8192, high: 16_384),
                    name: stage.name
                )
                return (stage.name, socket)
            }
        )
    }

    func start() async throws {
        try await answers.start()
        for socket in deliveries.values { try await socket.start() }
    }

    /// Hands frames to the stage's socket; what it has no room for goes out again when its lease ends.
    func send(_ frames: [[UInt8]], to stage: String, _ logger: Logger) {
        guard let socket = deliveries[stage], !socket.offer(frames) else { return }
        logger.warning(
            "deliveries found no room in the socket; they go out again when their lease ends",
            metadata: ["stage": "\(stage)", "count": "\(frames.count)"]
        )
    }

    func close() async {
        await answers.close()
        for socket in deliveries.values { _ = await socket.close() }
        await context.terminate()
    }
}

/// The ledger and its sockets as one service: it starts first and ends last.
struct LedgerRunner: Service {
    private let ledger: LedgerService
    private let sockets: IntakeSockets
    private let store: LedgerStore
    private let logger: Logger

    init(_ ledger: LedgerService, _ sockets: IntakeSockets, _ store: LedgerStore, _ logger: Logger) {
        self.ledger = ledger
        self.sockets = sockets
        self.store = store
        self.logger = logger
    }

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    for try await frames in sockets.answers.messages { await ledger.receive(frames) }
                } catch {
                    logger.error("the socket of answers has failed", metadata: ["error": "\(error)"])
                }
            }
            group.addTask {
                await withGracefulShutdownHandler {
                    await ledger.run()
                } onGracefulShutdown: {
                    ledger.stop()
                }
                await sockets.close()
            }
            await group.waitForAll()
        }
        do { try store.close() } catch {
            logger.warning("the ledger was not closed cleanly", metadata: ["error": "\(error)"])
        }
    }
}

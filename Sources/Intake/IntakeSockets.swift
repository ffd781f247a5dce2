import Ledger
import Logging
import ServiceLifecycle
import StageKit
import Topology
import ZeroMQ

/// Intake's sockets: it binds them all, stages connect and come and go at will.
struct IntakeSockets: Sendable {
    private let context: ZeroMQContext
    private let doorkeeper: Doorkeeper?
    private let admission: AdmissionHandler?
    private let answers: PullSocket
    private let deliveries: [String: PushSocket]

    /// Sockets that are not open yet.
    ///
    /// - Parameters:
    ///   - topology: where they bind.
    ///   - security: intake's own keys, or none.
    ///   - doorkeeper: decides who is let in; required where there are keys.
    /// - Throws: `ZeroMQError` where the system has no threads to give.
    init(_ topology: Topology, security: SocketOptions.Security = .null, doorkeeper: Doorkeeper? = nil) throws {
        let context = try ZeroMQContext()
        self.context = context
        self.doorkeeper = doorkeeper
        admission = doorkeeper.map { AdmissionHandler(context: context, decide: $0.decide) }
        func options(_ door: Doorkeeper.Door) -> SocketOptions {
            var options = SocketOptions()
            options.highWaterMark = 64
            options.security = security
            options.admissionDomain = doorkeeper == nil ? nil : door.domain
            return options
        }
        answers = PullSocket(
            context: context,
            endpoints: [.bind("\(topology.intake.answers)")],
            options: options(.answers),
            // What strangers send is held in memory until it is read, so it is bounded in bytes.
            maximumBufferedBytes: 16 << 20,
            name: "answers"
        )
        deliveries = Dictionary(
            uniqueKeysWithValues: topology.stages.map { stage in
                var options = options(.deliveries(stage: stage.name))
                options.linger = .milliseconds(200)
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
        // First, since without it nobody is let in.
        try await admission?.start()
        try await answers.start()
        for socket in deliveries.values { try await socket.start() }
    }

    /// Takes what stages answer, each frame with whom its sender may speak for, until the socket is closed.
    ///
    /// - Throws: `ZeroMQError` when the socket fails.
    func takeAnswers(_ take: ([IncomingFrame]) async -> Void) async throws(ZeroMQError) {
        for try await frames in answers.frames { await take(frames.map(incoming)) }
    }

    /// What has ended the decision about who connects; nil once the sockets are closed, or where there are no keys.
    func admissionFailure() async -> ZeroMQError? { await admission?.failure() }

    private func incoming(_ frame: ReceivedFrame) -> IncomingFrame {
        guard let doorkeeper else { return IncomingFrame(bytes: frame.bytes, sender: .anyone) }
        let key = frame.userID ?? ""
        return IncomingFrame(bytes: frame.bytes, sender: .key(key, stages: doorkeeper.names(of: key)))
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
        await admission?.close()
        await context.terminate()
    }
}

/// The ledger and its sockets as one service.
///
/// It is listed first, since services end in reverse: what asks the ledger ends before its store is closed. The store
/// and the sockets are open before any service runs.
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

    /// Works until graceful shutdown.
    ///
    /// - Throws: `ZeroMQError` where intake is deaf: nobody can answer any more, or nobody new can be let in.
    func run() async throws {
        let failure = await withTaskGroup(of: ZeroMQError?.self) { group in
            group.addTask {
                do throws(ZeroMQError) {
                    try await sockets.takeAnswers { await ledger.receive($0) }
                    return nil
                } catch {
                    return end(error, "no answer can be taken any more")
                }
            }
            group.addTask {
                await sockets.admissionFailure().map { end($0, "no stage can be let in any more") }
            }
            group.addTask {
                await withGracefulShutdownHandler {
                    await ledger.run()
                } onGracefulShutdown: {
                    ledger.stop()
                }
                await sockets.close()
                return nil
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        do { try store.close() } catch {
            logger.warning("the ledger was not closed cleanly", metadata: ["error": "\(error)"])
        }
        if let failure { throw failure }
    }

    private func end(_ failure: ZeroMQError, _ what: String) -> ZeroMQError {
        logger.critical("\(what), so this process ends; start it again", metadata: ["error": "\(failure)"])
        ledger.stop()
        return failure
    }
}

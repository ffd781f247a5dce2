import Foundation
import Hummingbird
public import Logging
import Messages
import MetricsCore
import NIOCore
public import ServiceLifecycle
public import StageKit
import Synchronization
public import Topology
public import ZeroMQ

/// Gathers the samples of every process and exposes them to Prometheus.
///
/// A sink that is gone slows nobody: processes leave their samples out, and the next ones say all of it again.
public struct MetricsSink: Service {
    private let listen: ListenAddress
    private let samples: String
    private let security: SocketOptions.Security
    private let doorkeeper: Doorkeeper?
    private let logger: Logger

    /// A sink.
    ///
    /// - Parameters:
    ///   - listen: where Prometheus scrapes.
    ///   - samples: where processes push; the sink binds it.
    ///   - security: its own keys, or none.
    ///   - doorkeeper: decides who is let in; required where there are keys.
    ///   - logger: where trouble is told.
    public init(
        listen: ListenAddress,
        samples: String,
        security: SocketOptions.Security = .null,
        doorkeeper: Doorkeeper? = nil,
        logger: Logger
    ) {
        self.listen = listen
        self.samples = samples
        self.security = security
        self.doorkeeper = doorkeeper
        self.logger = logger
    }

    /// Works until the process ends.
    public func run() async throws {
        let context = try ZeroMQContext()
        let admission = doorkeeper.map { AdmissionHandler(context: context, decide: $0.decide) }
        // First, since without it nobody is let in.
        try await admission?.start()
        var options = SocketOptions()
        options.highWaterMark = 64
        options.security = security
        if doorkeeper != nil { options.admissionDomain = Doorkeeper.Door.samples.domain }
        let socket = PullSocket(
            context: context,
            endpoints: [.bind(samples)],
            options: options,
            maximumBufferedBytes: 16 << 20,
            name: "samples"
        )
        try await socket.start()
        let gathered = Gathered(doorkeeper, logger)
        let router = Router()
        router.get("/metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: Exposition.contentType],
                body: .init(byteBuffer: ByteBuffer(string: gathered.exposition()))
            )
        }
        router.get("/health") { _, _ in "alive\n" }
        let listen = listen
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(listen.host, port: listen.port), serverName: "mendline"),
            onServerRunning: { channel in
                guard let port = channel.localAddress?.port else { return }
                print("listening on http://\(ListenAddress(host: listen.host, port: port))")
                fflush(nil)
            },
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await frames in socket.frames {
                    for frame in frames { gathered.take(frame) }
                }
            }
            group.addTask { try await application.run() }
            if let admission {
                let logger = logger
                group.addTask {
                    guard let failure = await admission.failure() else { return }
                    logger.critical(
                        "nobody can be let in any more, so this process ends; start it again",
                        metadata: ["error": "\(failure)"]
                    )
                    throw failure
                }
            }
            // None ends before it is told to, and one that fails takes the others with it.
            var failure: (any Error)?
            do { _ = try await group.next() } catch { failure = error }
            if failure != nil { group.cancelAll() }
            await socket.close()
            await admission?.close()
            if let failure { throw failure }
            // What has come is gathered to the last.
            try await group.waitForAll()
        }
        await context.terminate()
    }
}

/// What has been gathered, between the socket and the scrapes.
private final class Gathered: Sendable {
    private let aggregator = Mutex(Aggregator())
    private let began = ContinuousClock.now
    private let doorkeeper: Doorkeeper?
    private let logger: Logger
    private let throttle = Mutex(LogThrottle())

    init(_ doorkeeper: Doorkeeper?, _ logger: Logger) {
        self.doorkeeper = doorkeeper
        self.logger = logger
    }

    func take(_ frame: ReceivedFrame) {
        do {
            let message = try Message(frame: frame.bytes)
            guard message.type == .metricsSample else {
                throw MessageError(what: "\(message.type) is no sample")
            }
            let batch: SampleBatch = try message.data.decoded()
            if let doorkeeper {
                let names = doorkeeper.names(of: frame.userID ?? "")
                guard names.contains(batch.stage) else {
                    throw MessageError(what: "the key \(frame.userID ?? "") is not admitted for \(batch.stage)")
                }
            }
            let refused = aggregator.withLock { $0.take(batch, at: ContinuousClock.now - began) }
            guard !refused.isEmpty else { return }
            warn("samples were refused: \(refused)")
        } catch {
            warn("a message is no sample: \(error)")
        }
    }

    /// One line a second at most, and one that is short: what is wrong came from outside.
    private func warn(_ what: String) {
        let now = ContinuousClock.now - began
        guard let count = throttle.withLock({ $0.count(1, at: now) }) else { return }
        logger.warning("\(OneLine.text(what, most: .bytes(500)))", metadata: ["count": "\(count)"])
    }

    func exposition() -> String {
        let now = ContinuousClock.now - began
        return Exposition.render(
            aggregator.withLock { aggregator in
                aggregator.advance(to: now)
                return aggregator.families(at: now)
            }
        )
    }
}

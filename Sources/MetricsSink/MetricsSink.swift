import Foundation
import Hummingbird
public import Logging
import Messages
import MetricsCore
import NIOCore
public import ServiceLifecycle
import StageKit
import Synchronization
public import Topology
import ZeroMQ

/// Gathers the samples of every process and exposes them to Prometheus.
///
/// A sink that is gone slows nobody: processes leave their samples out, and the next ones say all of it again.
public struct MetricsSink: Service {
    private let listen: ListenAddress
    private let samples: String
    private let logger: Logger

    /// A sink.
    ///
    /// - Parameters:
    ///   - listen: where Prometheus scrapes.
    ///   - samples: where processes push; the sink binds it.
    ///   - logger: where trouble is told.
    public init(listen: ListenAddress, samples: String, logger: Logger) {
        self.listen = listen
        self.samples = samples
        self.logger = logger
    }

    /// Works until the process ends.
    public func run() async throws {
        let context = try ZeroMQContext()
        let socket = PullSocket(
            context: context,
            endpoints: [.bind(samples)],
            options: SocketOptions(),
            name: "samples"
        )
        try await socket.start()
        let gathered = Gathered()
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
                for try await frames in socket.messages {
                    for frame in frames { gathered.take(frame, logger) }
                }
            }
            try await application.run()
            await socket.close()
            try await group.waitForAll()
        }
        await context.terminate()
    }
}

/// What has been gathered, between the socket and the scrapes.
private final class Gathered: Sendable {
    private let aggregator = Mutex(Aggregator())
    private let began = ContinuousClock.now

    func take(_ frame: [UInt8], _ logger: Logger) {
        do {
            let message = try Message(frame: frame)
            guard message.type == .metricsSample else {
                throw MessageError(what: "\(message.type) is no sample")
            }
            let batch: SampleBatch = try message.data.decoded()
            let refused = aggregator.withLock { $0.take(batch, at: ContinuousClock.now - began) }
            guard !refused.isEmpty else { return }
            logger.warning("samples were refused", metadata: ["source": "\(message.source)", "why": "\(refused)"])
        } catch {
            logger.warning("a message is no sample", metadata: ["error": "\(error)"])
        }
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

public import Logging
public import Messages
public import MetricsCore
public import ServiceLifecycle
public import ZeroMQ

/// Sends a process's samples to the metrics-sink once a second.
///
/// Samples are cumulative, so a lost one costs nothing: where the sink is gone or slow they are left out, and the
/// stage is never slowed.
public struct SampleShipper: Service {
    private let stage: String
    private let instance: String
    private let sink: String
    private let security: SocketOptions.Security
    private let started: String
    private let logger: Logger
    private let samples: @Sendable () async -> [Sample]

    /// A shipper.
    ///
    /// - Parameters:
    ///   - stage: the stage whose samples these are.
    ///   - instance: who counts; with `started` it names one run of counting.
    ///   - sink: the metrics-sink's ZeroMQ address.
    ///   - security: how the connection to it is protected.
    ///   - started: when the counting began; counters that outlive the process keep theirs.
    ///   - logger: where trouble is told.
    ///   - samples: what is counted now.
    public init(
        stage: String,
        instance: String,
        sink: String,
        security: SocketOptions.Security = .null,
        started: Timestamp,
        logger: Logger,
        samples: @escaping @Sendable () async -> [Sample]
    ) {
        self.stage = stage
        self.instance = instance
        self.sink = sink
        self.security = security
        self.started = started.description
        self.logger = logger
        self.samples = samples
    }

    /// Ships until the process ends.
    public func run() async throws {
        let context = try ZeroMQContext()
        var options = SocketOptions.pushToOne()
        options.security = security
        options.highWaterMark = 4
        options.linger = .milliseconds(100)
        let socket = PushSocket(
            context: context,
            endpoints: [.connect(sink)],
            options: options,
            buffer: Watermarks(low: 2, high: 4),
            name: "samples"
        )
        try await socket.start()
        try? await cancelWhenGracefulShutdown {
            var ids = UniqueIDGenerator()
            while true {
                let batch = SampleBatch(
                    instance: instance,
                    stage: stage,
                    started: started,
                    sequence: UInt64(clamping: Timestamp.now.milliseconds),
                    samples: await samples()
                )
                ship(batch, ids.next(at: .now), socket)
                try await ContinuousClock().sleep(for: .seconds(1))
            }
        }
        _ = await socket.close()
        await context.terminate()
    }

    private func ship(_ batch: SampleBatch, _ id: String, _ socket: PushSocket) {
        do throws(MessageError) {
            let message = Message(
                type: .metricsSample,
                source: "/\(stage)/\(instance)",
                id: id,
                subject: nil,
                time: .now,
                data: try JSONValue(encoding: batch)
            )
            _ = socket.offer([try message.frame()])
        } catch {
            logger.error("samples cannot be sent", metadata: ["error": "\(error)"])
        }
    }
}

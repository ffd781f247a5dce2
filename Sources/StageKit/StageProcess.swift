import Foundation
public import Logging
public import Messages
import Metrics
public import MetricsCore
import Secrets
public import ServiceLifecycle
public import Topology
import UnixSignals

/// What every process of a topology has: configuration, log, samples, an orderly end.
public struct StageProcess: Sendable {
    /// The topology.
    public let topology: Topology
    /// The process's name, unique among all.
    public let instance: String
    /// Carries `stage` and `instance`.
    public let logger: Logger
    /// Why the process cannot work although it lives.
    public let trouble = Trouble()
    /// What it counts.
    public let registry: SampleRegistry
    /// How its sockets are protected.
    public let link: LinkSecurity
    private let stage: String
    private let isCheck: Bool

    /// Reads the topology and sets up logging to standard error and counting, once for the process.
    ///
    /// - Parameters:
    ///   - stage: `intake`, `metrics-sink`, or the stage's name.
    ///   - options: its flags.
    ///   - environment: its environment; the executable reads it.
    /// - Throws: `ConfigurationProblems` with every place that is wrong, `SettingsError` where a socket would leave the
    ///   machine unprotected, `SecretError` where a key cannot be read.
    public init(stage: String, _ options: StageOptions, environment: [String: String]) throws {
        CoreDumps.forbid()
        topology = try Topology.load(path: options.topology, data: options.data)
            .told(by: environment, stage: stage)
        link = try LinkSecurity(
            process: stage,
            topology: topology,
            options: options.curve,
            environment: environment
        )
        instance =
            options.instance ?? "\(ProcessInfo.processInfo.hostName)-\(ProcessInfo.processInfo.processIdentifier)"
        self.stage = stage
        isCheck = options.check
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "mendline")
        logger.logLevel = options.logLevel
        logger[metadataKey: "stage"] = "\(stage)"
        logger[metadataKey: "instance"] = "\(instance)"
        self.logger = logger
        if !link.exposed.isEmpty {
            logger.warning(
                """
                INSECURE: sockets leave this machine unencrypted, and whoever reaches them is let in; make keys with \
                `mendline keys new` and leave out --insecure-plain-tcp
                """,
                metadata: ["sockets": "\(link.exposed.joined(separator: ", "))"]
            )
        }
        registry = SampleRegistry(descriptions: StageTelemetry.descriptions)
        MetricsSystem.bootstrap(registry)
    }

    /// Runs services until SIGTERM or SIGINT; then ends them in reverse order.
    ///
    /// - Parameters:
    ///   - services: in the order of their dependencies.
    ///   - grace: how long the end may take before everything is cancelled.
    /// - Throws: what a service has failed with.
    public func run(_ services: [any Service], grace: Duration = .seconds(10)) async throws {
        guard !isCheck else { return print("\(stage): the configuration is right") }
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = grace
        configuration.maximumCancellationDuration = .seconds(5)
        try await ServiceGroup(configuration: configuration).run()
        logger.notice("ended")
    }

    /// Runs a handler as the process of its stage.
    ///
    /// - Parameters:
    ///   - handler: what the stage does with a delivery.
    ///   - services: what the handler needs, in the order of their dependencies.
    ///   - capacity: how many deliveries the process holds; nil for what the topology says.
    ///   - drainGrace: how long handlers may go on once the process is told to stop.
    /// - Throws: `SettingsError` where the topology has no such stage; what a service has failed with.
    public func run(
        _ handler: any StageHandler,
        services: [any Service] = [],
        capacity: Int? = nil,
        drainGrace: Duration = .seconds(5)
    ) async throws {
        guard let stage = topology.stage(stage) else {
            throw SettingsError(
                what: "\(topology.file) has no stage \"\(stage)\"; add it under `stages`, or start what it has"
            )
        }
        let worker = StageWorker(
            StageWorker.Configuration(
                stage: stage.name,
                instance: instance,
                capacity: capacity ?? stage.capacity,
                deliveries: "\(stage.deliveries)",
                answers: "\(topology.intake.answers)",
                lease: stage.lease,
                drainGrace: drainGrace,
                security: try link.connecting(to: .intake)
            ),
            handler: handler,
            trouble: trouble,
            logger: logger,
            now: { Timestamp.now }
        )
        try await run([try shipper()] + services + [worker], grace: drainGrace + .seconds(8))
    }

    /// Sends the process's samples to the metrics-sink.
    public func shipper() throws -> SampleShipper {
        SampleShipper(
            stage: stage,
            instance: instance,
            sink: "\(topology.metrics.samples)",
            security: try link.connecting(to: .metricsSink),
            started: .now,
            logger: logger
        ) { [registry] in registry.samples() }
    }

    /// Decides who may connect to this process's sockets; nil where they are not encrypted.
    ///
    /// - Parameter admittedFile: the file of the keys that are let in.
    /// - Returns: the doorkeeper, who has read the file.
    /// - Throws: ``SettingsError`` where there is no such file, `ConfigurationProblems` where it cannot be used.
    public func doorkeeper(admittedFile: String?) throws -> Doorkeeper? {
        guard link.isEncrypted else { return nil }
        guard let admittedFile else {
            throw SettingsError(what: "curve.admitted.file is not set: give --curve-admitted-file FILE")
        }
        return try Doorkeeper(file: admittedFile, stages: Set(topology.stages.map(\.name)), logger: logger)
    }
}

extension Timestamp {
    /// The wall clock now.
    public static var now: Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}

import Foundation
import HTTPClient
import Hummingbird
import Ledger
import Logging
import Messages
public import Secrets
import ServiceLifecycle
public import StageKit
public import Topology
import ZeroMQ

/// The process that owns the ledger: its API, its store, its sockets.
public struct IntakeProcess: Sendable {
    /// What intake is told.
    public struct Configuration: Sendable {
        /// Where the API listens.
        public var listen: ListenAddress
        /// The ledger's file.
        public var database: String
        /// The token that callers must show; nil for none, which only loopback allows.
        public var bearer: SecretSource?
        /// The file of the key that seals tokens; nil when no token can be taken.
        public var sealingKeyFile: String?
        /// Where the metrics-sink's exposition is.
        public var metricsURL: String

        /// A configuration.
        public init(
            listen: ListenAddress,
            database: String,
            bearer: SecretSource?,
            sealingKeyFile: String?,
            metricsURL: String
        ) {
            self.listen = listen
            self.database = database
            self.bearer = bearer
            self.sealingKeyFile = sealingKeyFile
            self.metricsURL = metricsURL
        }
    }

    private let process: StageProcess
    private let configuration: Configuration
    private let sealingKey: TokenSeal.PublicKey?

    /// Checks the configuration.
    ///
    /// - Throws: `SettingsError` when it would listen beyond loopback without a token, `SecretError` when a key or
    ///   token cannot be read.
    public init(_ process: StageProcess, _ configuration: Configuration) throws {
        self.process = process
        self.configuration = configuration
        guard configuration.bearer != nil || configuration.listen.isLoopback else {
            throw SettingsError(
                what: "intake does not listen on \(configuration.listen) without a token, since anybody there could "
                    + "start remediations: set MENDLINE_TOKEN_FILE (or --token-file, or intake.token_file), or listen "
                    + "on 127.0.0.1"
            )
        }
        if let bearer = configuration.bearer { _ = try bearer.read() }
        sealingKey = try configuration.sealingKeyFile.map {
            try TokenSeal.PublicKey(base64: SecretFile(path: $0).read())
        }
    }

    /// Works until SIGTERM or SIGINT.
    public func run(isCheck: Bool) async throws {
        guard !isCheck else { return try await process.run([]) }
        let topology = process.topology
        let logger = process.logger
        let store = try LedgerStore(path: configuration.database)
        let loaded = try await store.load()
        let rules = Rules(topology)
        logger.notice(
            "the ledger is open",
            metadata: [
                "epoch": "\(loaded.epoch)", "open_incidents": "\(loaded.incidents.count)",
                "open_deliveries": "\(loaded.deliveries.count)",
            ]
        )
        let sockets = try IntakeSockets(topology)
        try await sockets.start()
        let began = ContinuousClock.now
        let ledger = LedgerService(
            store: store,
            loaded: loaded,
            rules: rules,
            clock: { Moment(wall: .now, monotonic: (ContinuousClock.now - began).milliseconds) },
            logger: logger,
            send: { stage, frames in sockets.send(frames, to: stage, logger) }
        )
        let client = HTTPClient(configuration: .init())
        let api = IntakeAPI(
            ledger: ledger,
            sealingKey: sealingKey,
            metrics: MetricsRelay(client: client, url: configuration.metricsURL),
            bearer: configuration.bearer,
            logger: logger
        )
        var application = Application(
            router: api.router(),
            configuration: .init(
                address: .hostname(configuration.listen.host, port: configuration.listen.port),
                serverName: "mendline"
            ),
            onServerRunning: { channel in
                guard let port = channel.localAddress?.port else { return }
                print("listening on http://\(ListenAddress(host: configuration.listen.host, port: port))")
                fflush(nil)
            },
            logger: logger
        )
        application.addServices(
            client,
            ledgerShipper(ledger),
            process.shipper,
            LedgerRunner(ledger, sockets, store, logger)
        )
        try await process.run([application], grace: .seconds(20))
    }

    /// What is counted in the ledger outlives this process, so it is told under a name that does too.
    private func ledgerShipper(_ ledger: LedgerService) -> SampleShipper {
        SampleShipper(
            stage: "intake",
            instance: "ledger",
            sink: "\(process.topology.metrics.samples)",
            started: Timestamp(milliseconds: 0),
            logger: process.logger
        ) {
            let counted = (try? await ledger.reader.counted()) ?? []
            return LedgerSamples.make(counted, ledger.health)
        }
    }
}

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
        /// How long after its end an incident is kept; at least the topology's hold.
        public var keepIncidents: Duration
        /// The list of tokens that callers may show; nil for none.
        public var tokens: SecretSource?
        /// The list of keys that callers may sign with; nil for none.
        ///
        /// With neither tokens nor keys only loopback is allowed.
        public var signatureKeys: SecretSource?
        /// What the API takes on at once, and how long it waits.
        public var http: HTTPBounds
        /// The file of the key that seals tokens; nil when no token can be taken.
        public var sealingKeyFile: String?
        /// Where the metrics-sink's exposition is.
        public var metricsURL: String
        /// The file of the public keys that are let in; needed where the sockets are encrypted.
        public var admittedFile: String?

        /// A configuration.
        public init(
            listen: ListenAddress,
            database: String,
            keepIncidents: Duration,
            tokens: SecretSource?,
            signatureKeys: SecretSource?,
            http: HTTPBounds,
            sealingKeyFile: String?,
            metricsURL: String,
            admittedFile: String? = nil
        ) {
            self.listen = listen
            self.database = database
            self.keepIncidents = keepIncidents
            self.tokens = tokens
            self.signatureKeys = signatureKeys
            self.http = http
            self.sealingKeyFile = sealingKeyFile
            self.metricsURL = metricsURL
            self.admittedFile = admittedFile
        }
    }

    private let process: StageProcess
    private let configuration: Configuration
    private let access: AccessStore
    private let sealingKey: TokenSeal.PublicKey?
    private let doorkeeper: Doorkeeper?

    /// Checks the configuration.
    ///
    /// - Throws: `SettingsError` when it would listen beyond loopback without a token, `SecretError` when a key or
    ///   token cannot be read.
    public init(_ process: StageProcess, _ configuration: Configuration) throws {
        self.process = process
        self.configuration = configuration
        let isAsked = configuration.tokens != nil || configuration.signatureKeys != nil
        guard isAsked || configuration.listen.isLoopback else {
            throw SettingsError(
                what: "intake does not listen on \(configuration.listen) without a token, since anybody there could "
                    + "start remediations: set MENDLINE_TOKEN_FILE (or --token-file, or intake.token_file), or "
                    + "MENDLINE_SIGNATURE_KEYS_FILE (or --signature-keys, or intake.signature_keys_file), or listen on "
                    + "127.0.0.1"
            )
        }
        access = try AccessStore(tokens: configuration.tokens, keys: configuration.signatureKeys)
        doorkeeper = try process.doorkeeper(admittedFile: configuration.admittedFile)
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
        let sockets = try IntakeSockets(topology, security: process.link.binding, doorkeeper: doorkeeper)
        try await sockets.start()
        let began = ContinuousClock.now
        let refusals = RefusalLog(logger)
        let ledger = LedgerService(
            store: store,
            loaded: loaded,
            rules: rules,
            retention: Retention(keep: configuration.keepIncidents.milliseconds),
            clock: { Moment(wall: .now, monotonic: (ContinuousClock.now - began).milliseconds) },
            logger: logger,
            refused: { refusals.note($0) },
            send: { stage, frames in sockets.send(frames, to: stage, logger) }
        )
        let client = HTTPClient(configuration: .init())
        let api = IntakeAPI(
            ledger: ledger,
            sealingKey: sealingKey,
            metrics: MetricsRelay(client: client, url: configuration.metricsURL),
            access: access,
            logger: logger
        )
        let files = FileLimit.raise()
        let bounds = configuration.http.fitting(files: files)
        if bounds != configuration.http {
            logger.warning(
                "the system allows too few open files for the connections that are wanted; raise its limit (ulimit -n)",
                metadata: [
                    "files": "\(files)", "wanted": "\(configuration.http.connections)",
                    "connections": "\(bounds.connections)", "requests": "\(bounds.requests)",
                ]
            )
        }
        let listen = configuration.listen
        var application = IntakeServer.application(api, listen: listen, edge: Edge(bounds), logger: logger) { port in
            print("listening on http://\(ListenAddress(host: listen.host, port: port))")
            fflush(nil)
        }
        // They end in reverse, after the server, which Hummingbird puts behind them: the ledger is closed last, when
        // nobody asks it any more.
        application.addServices(
            LedgerRunner(ledger, sockets, store, logger),
            client,
            try process.shipper(),
            try ledgerShipper(ledger),
            AccessWatch(store: access, logger: logger)
        )
        try await process.run([application], grace: .seconds(20))
    }

    /// What is counted in the ledger outlives this process, so it is told under a name that does too.
    private func ledgerShipper(_ ledger: LedgerService) throws -> SampleShipper {
        let logger = process.logger
        return SampleShipper(
            stage: "intake",
            instance: "ledger",
            sink: "\(process.topology.metrics.samples)",
            security: try process.link.connecting(to: .metricsSink),
            started: Timestamp(milliseconds: 0),
            logger: logger
        ) {
            do {
                return LedgerSamples.make(try await ledger.reader.counted(), ledger.health)
            } catch {
                // Asked once a second, so it says so no more often; whoever is stopped meanwhile has not failed.
                if !Task.isCancelled {
                    logger.warning(
                        "what is counted in the ledger cannot be read, and is left out of the samples",
                        metadata: ["error": "\(error)"]
                    )
                }
                return LedgerSamples.make([], ledger.health)
            }
        }
    }
}

import Hummingbird
public import Logging
public import ServiceLifecycle
public import SimulatorKit

/// An incident system for one machine: the "Stream A" API, in memory.
public struct IncidentSimulator: Service {
    /// How it is set up.
    public struct Configuration: Sendable {
        /// Where it listens.
        public var listen = ListenAddress(host: "127.0.0.1", port: 0)
        /// The bearer key that it accepts.
        public var key: String
        /// Whether `Idempotency-Key` is honoured.
        public var honoursKeys = true
        /// Whether comments can be listed.
        public var commentsAreReadable = true
        /// What goes wrong with requests and answers.
        public var faults = AnswerFaults()

        /// - Parameter key: The bearer key that it accepts.
        public init(key: String) {
            self.key = key
        }
    }

    private let server: SimulatorServer

    /// - Parameters:
    ///   - configuration: How it is set up.
    ///   - logger: Where it logs; never the key.
    ///   - onReady: Called once with its URL.
    public init(
        configuration: Configuration,
        logger: Logger,
        onReady: @escaping @Sendable (String) async -> Void
    ) {
        let desk = IncidentDesk(
            honoursKeys: configuration.honoursKeys,
            commentsAreReadable: configuration.commentsAreReadable,
            faults: configuration.faults
        )
        let counts = RequestCounts()
        let router = Router(context: SimulatorContext.self)
        IncidentControl(desk: desk, counts: counts).add(to: router)
        // Routes from here on are counted and have faults.
        router.add(
            middleware: FaultMiddleware(
                style: IncidentStyle(key: configuration.key, logger: logger),
                counts: counts,
                plan: desk.plan
            )
        )
        IncidentRoutes(desk: desk).add(to: router)
        server = SimulatorServer(
            address: configuration.listen,
            router: router,
            services: [],
            logger: logger,
            onReady: onReady
        )
    }

    /// Serves until a graceful shutdown.
    ///
    /// - Throws: Where the address cannot be listened on.
    public func run() async throws {
        try await server.run()
    }
}

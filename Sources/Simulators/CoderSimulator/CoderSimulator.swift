import Foundation
import Hummingbird
public import Logging
public import ServiceLifecycle
public import SimulatorKit

/// A Coder for one machine: the routes that a remediation needs, with workspaces that really run their script.
public struct CoderSimulator: Service {
    /// How it is set up.
    public struct Configuration: Sendable {
        /// Where it listens.
        public var listen = ListenAddress(host: "127.0.0.1", port: 0)
        /// The session token that it accepts.
        public var token: String
        /// The folder with `run.sh`; nil runs nothing and takes every script to end with 0.
        public var scripts: String?
        /// Where the folders of workspaces are made.
        public var work: String
        /// The names of its templates; all have the same parameters.
        public var templates = ["remediation"]
        /// Parameters of the templates beside those of the remediation template.
        public var extraParameters: [String] = []
        var faults = CoderFaults.fast
        var seed = UInt64.random(in: .min ... .max)

        /// - Parameters:
        ///   - token: The session token that it accepts.
        ///   - scripts: The folder with `run.sh`, or nil.
        ///   - work: Where the folders of workspaces are made.
        public init(token: String, scripts: String?, work: String) {
            self.token = token
            self.scripts = scripts
            self.work = work
        }
    }

    private let server: SimulatorServer

    /// - Parameters:
    ///   - configuration: How it is set up.
    ///   - logger: Where it logs; never the token or a parameter.
    ///   - onReady: Called once with its URL.
    public init(
        configuration: Configuration,
        logger: Logger,
        onReady: @escaping @Sendable (String) async -> Void
    ) {
        let simulation = Simulation(
            world: World(
                templates: configuration.templates,
                extraParameters: configuration.extraParameters,
                runsScripts: configuration.scripts != nil,
                faults: configuration.faults,
                seed: configuration.seed
            ),
            seed: configuration.seed &+ 1
        )
        let counts = RequestCounts()
        let router = Router(context: SimulatorContext.self)
        ControlRoutes(simulation: simulation, counts: counts).add(to: router)
        // Routes from here on are counted and have faults.
        router.add(
            middleware: FaultMiddleware(
                style: CoderStyle(simulation: simulation, token: configuration.token, logger: logger),
                counts: counts,
                plan: simulation.plan
            )
        )
        CoderRoutes(simulation: simulation).add(to: router)
        let runner = ScriptRunner(
            simulation: simulation,
            script: configuration.scripts.map { "\($0)/run.sh" },
            folder: "\(configuration.work)/coder-simulator-\(UUID().text)",
            logger: logger
        )
        server = SimulatorServer(
            address: configuration.listen,
            router: router,
            services: [runner],
            logger: logger,
            onReady: onReady
        )
    }

    /// Serves until a graceful shutdown, then kills every script.
    ///
    /// - Throws: Where the address cannot be listened on.
    public func run() async throws {
        try await server.run()
    }
}

import ArgumentParser
import Foundation
import Secrets
import Topology

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Starts all processes of a topology on this machine and looks after them.",
        discussion: """
            Everything of a run lives under one data folder: the ledger, logs, sockets, and the tokens and keys of a \
            local run, made at the first start and kept. A process that ends is started again, with waits that grow \
            from 0.2 s to 10 s. Ctrl-C or SIGTERM ends all in order; none outlives this one, however it ends.

            Where the topology has simulators, what the environment says of a real Coder or incident system is not \
            used.

            Examples:
              mendline up --samples
              mendline up --samples --once
              mendline up --listen 127.0.0.1:9000 --coder-listen 127.0.0.1:9080
              CODER_URL=https://coder.example mendline up --topology topology/load.yaml
            """
    )

    @Option(help: ArgumentHelp("The topology file.", valueName: "file"))
    var topology = "topology/local.yaml"

    @Option(help: ArgumentHelp("The data folder.", valueName: "dir"))
    var data = "var"

    @Flag(help: "Send three sample incidents and show what happens to them.")
    var samples = false

    @Flag(help: "With --samples: end everything after them; exit code 1 if one ended otherwise than it should.")
    var once = false

    @Option(
        help: ArgumentHelp(
            "Where intake listens, instead of what the topology says; port 0 picks a free one.",
            valueName: "host:port"
        )
    )
    var listen: Address?

    @Option(help: ArgumentHelp("Where the simulator of Coder listens.", valueName: "host:port"))
    var coderListen: Address?

    @Option(help: ArgumentHelp("Where the simulator of the incident system listens.", valueName: "host:port"))
    var incidentListen: Address?

    @Option(help: ArgumentHelp("Where the metrics-sink listens.", valueName: "host:port"))
    var metricsListen: Address?

    @Option(help: ArgumentHelp("The folder of Mendline's binaries; that of this one without it.", valueName: "dir"))
    var programs: String?

    @Option(help: .hidden)
    var readyWithin = Length(.seconds(60))

    func validate() throws {
        if once, !samples { throw ValidationError("--once ends after the samples: give --samples too") }
    }

    func run() async throws {
        let context = CommandContext.current
        let console = context.console
        let topology = try effective(try load(console), environment: context.environment)
        let plan = try plan(topology)
        let local = LocalData(topology)
        try local.make()
        // Held to the end of this function, and by the kernel no longer than this process lives.
        let lock = try DataLock(folder: topology.data)
        defer { withExtendedLifetime(lock) {} }
        try Self.checkPorts(plan.listeners)
        if let text = UpText.ignored(topology, environment: context.environment) {
            console.error(console.diagnostics.paint(text, .doubtful))
        }
        var logs: [String: ProcessLog] = [:]
        for spec in plan.waves.flatMap({ $0 }) {
            logs[spec.name] = try ProcessLog(path: "\(topology.data)/logs/\(spec.name).log")
        }
        let run = UpRun(
            topology: topology,
            supervisor: Supervisor(plan: plan, host: ProcessHost(environment: context.environment), logs: logs),
            program: context.program,
            console: console,
            sendsSamples: samples,
            endsAfterSamples: once,
            readyWithin: readyWithin.duration
        )
        try await run.run(token: local.intakeTokenSource(topology, context.environment))
    }

    private func load(_ console: Console) throws -> Topology {
        do throws(ConfigurationProblems) {
            let topology = try Topology.load(path: self.topology, data: data)
            let policy = try Policy.load(path: topology.policy)
            for warning in topology.warnings + policy.warnings {
                console.error(console.diagnostics.paint("\(warning)", .doubtful))
            }
            return topology
        } catch {
            throw CommandFailure("\(error)", code: CommandFailure.wrongConfiguration)
        }
    }

    /// The topology with the addresses that the flags and the environment give, and a free port wherever one is 0.
    private func effective(_ topology: Topology, environment: [String: String]) throws -> Topology {
        // As for the processes themselves: a flag beats the environment, the environment beats the topology file.
        func address(_ flag: Address?, _ variable: String, _ written: ListenAddress) throws -> ListenAddress {
            if let flag { return FreePort.settle(flag.listen) }
            guard let text = environment[variable], !text.isEmpty else { return FreePort.settle(written) }
            guard let listen = ListenAddress(text) else {
                throw CommandFailure(
                    "\(variable) of the environment is \(text); it must be HOST:PORT, such as \(written)",
                    code: CommandFailure.wrongConfiguration
                )
            }
            return FreePort.settle(listen)
        }
        var topology = topology
        topology.intake.listen = try address(listen, "INTAKE_LISTEN", topology.intake.listen)
        topology.metrics.listen = try address(metricsListen, "METRICS_LISTEN", topology.metrics.listen)
        if let coder = topology.simulators?.coder?.listen {
            topology.simulators?.coder?.listen = FreePort.settle(coderListen?.listen ?? coder)
        } else if coderListen != nil {
            throw CommandFailure(
                "--coder-listen: the topology `\(topology.name)` has no simulator of Coder",
                code: CommandFailure.wrongConfiguration
            )
        }
        if let incident = topology.simulators?.incident?.listen {
            topology.simulators?.incident?.listen = FreePort.settle(incidentListen?.listen ?? incident)
        } else if incidentListen != nil {
            throw CommandFailure(
                "--incident-listen: the topology `\(topology.name)` has no simulator of the incident system",
                code: CommandFailure.wrongConfiguration
            )
        }
        return topology
    }

    private func plan(_ topology: Topology) throws -> LaunchPlan {
        let programs = Programs(folder: programs)
        let file = URL(fileURLWithPath: self.topology).standardizedFileURL.path
        do throws(LaunchPlan.MissingProgram) {
            return try LaunchPlan(topology, file: file, program: programs.path)
        } catch {
            throw error.failure(programs)
        }
    }

    private static func checkPorts(_ listeners: [LaunchPlan.Listener]) throws(CommandFailure) {
        let taken = listeners.compactMap { listener in PortHolder.of(listener.address).map { (listener, $0) } }
        guard taken.isEmpty else { throw CommandFailure(UpText.taken(taken)) }
    }
}

/// An address on the command line.
struct Address: ExpressibleByArgument, Hashable, Sendable {
    var listen: ListenAddress

    init?(argument: String) {
        guard let listen = ListenAddress(argument) else { return nil }
        self.listen = listen
    }
}

extension LocalData {
    /// The token by which this command asks intake.
    func intakeTokenSource(_ topology: Topology, _ environment: [String: String]) -> SecretSource? {
        // As for intake itself, the environment beats the topology file.
        IntakeOptions.token(environment)
            ?? topology.intake.tokenFile.map { .file(SecretFile(path: $0, hasLines: true)) }
    }
}

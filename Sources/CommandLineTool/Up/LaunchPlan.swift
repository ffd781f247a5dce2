import Foundation
import Topology

/// Which processes a topology needs, how each is started, and in what order they start and end.
struct LaunchPlan: Hashable, Sendable {
    /// Who is started together, after those before are ready.
    var waves: [[ProcessSpec]]
    /// Names of who is ended together, after those before have ended.
    var stopOrder: [[String]]
    /// Where this run will listen for TCP.
    var listeners: [Listener]

    /// A TCP address of a run.
    struct Listener: Hashable, Sendable {
        var what: String
        var address: ListenAddress
        /// What changes it.
        var remedy: String
    }

    /// A program that is not there.
    struct MissingProgram: Error, Hashable {
        var names: [String]

        /// The failure of a command that looked for them.
        func failure(_ programs: Programs) -> CommandFailure {
            CommandFailure(
                "no program \(names.joined(separator: ", ")) in \(programs.folder): build all with `swift build`, or name"
                    + " their folder with --programs DIR",
                code: CommandFailure.wrongConfiguration
            )
        }
    }

    /// Plans a run.
    ///
    /// - Parameters:
    ///   - topology: with the addresses of this run in it, no port of them 0.
    ///   - file: the topology's file, an absolute path.
    ///   - program: the path of one of Mendline's binaries; nil where it is not there.
    /// - Throws: `MissingProgram` with all that are missing.
    init(
        _ topology: Topology,
        file: String,
        program: (String) -> String?
    ) throws(MissingProgram) {
        var missing: [String] = []
        func binary(_ name: String) -> String {
            if let path = program(name) { return path }
            missing.append(name)
            return name
        }
        let common = ["--topology", file, "--data", topology.data]
        let outside = Self.outside(topology)

        var simulators: [ProcessSpec] = []
        if let coder = topology.simulators?.coder {
            var arguments = ["--listen", "\(coder.listen)", "--profile", coder.profile.rawValue]
            if let token = topology.coder.tokenFile { arguments += ["--token-file", token] }
            arguments += ["--scripts", coder.scripts ?? "none", "--work", topology.data + "/workspaces"]
            arguments += ["--template", topology.coder.template]
            simulators.append(
                ProcessSpec(
                    name: "coder-simulator",
                    program: binary("coder-simulator"),
                    arguments: arguments,
                    announces: true
                )
            )
        }
        if let incident = topology.simulators?.incident {
            var arguments = ["--listen", "\(incident.listen)"]
            if let key = topology.incidentAPI.keyFile { arguments += ["--api-key-file", key] }
            simulators.append(
                ProcessSpec(
                    name: "incident-simulator",
                    program: binary("incident-simulator"),
                    arguments: arguments,
                    announces: true
                )
            )
        }

        let sink = ProcessSpec(
            name: "metrics-sink",
            program: binary("metrics-sink"),
            arguments: common + ["--listen", "\(topology.metrics.listen)"],
            environment: outside
        )
        var intake = ProcessSpec(
            name: "intake",
            program: binary("intake"),
            arguments: common + ["--listen", "\(topology.intake.listen)"],
            environment: outside
        )
        // Intake relays what the sink shows.
        intake.environment["METRICS_URL"] = "http://\(topology.metrics.listen)"

        var stages: [[ProcessSpec]] = []
        for stage in topology.stages {
            let name = stage.name
            stages.append(
                (1...max(1, stage.processes)).prefix(stage.processes).map { number in
                    ProcessSpec(
                        name: stage.processes == 1 ? name : "\(name)-\(number)",
                        program: stage.command.map { Self.program($0, file: file) } ?? binary(name),
                        arguments: (stage.command.map { Array($0.dropFirst()) } ?? []) + common,
                        environment: outside.merging(
                            StageEnvironment(stage, in: topology).variables.mapValues(Optional.some)
                        ) { _, own in own }
                    )
                }
            )
        }
        guard missing.isEmpty else { throw MissingProgram(names: Self.unique(missing)) }

        waves = [simulators, [sink], [intake], stages.flatMap { $0 }].filter { !$0.isEmpty }
        stopOrder =
            Self.stopOrder(stages) + [["intake"], ["metrics-sink"], simulators.map(\.name)].filter { !$0.isEmpty }
        listeners = Self.listeners(topology)
    }

    /// What outside systems the stages are told of, beside the topology file.
    ///
    /// Where a simulator plays a system, what the environment says of the real one does not count: a local run must not
    /// act on it, whatever the shell that started it is set up for.
    static func outside(_ topology: Topology) -> [String: String?] {
        var variables: [String: String?] = [:]
        if let coder = topology.simulators?.coder {
            for name in realCoder { variables[name] = .some(nil) }
            variables["CODER_URL"] = "http://\(coder.listen)"
        }
        if let incident = topology.simulators?.incident {
            for name in realIncidentAPI { variables[name] = .some(nil) }
            variables["STREAM_A_URL"] = "http://\(incident.listen)"
        }
        return variables
    }

    /// The names by which users tell us of a real Coder.
    static let realCoder = [
        "CODER_URL", "CODER_SESSION_TOKEN", "CODER_SESSION_TOKEN_FILE", "CODER_TEMPLATE", "TEMPLATE_ID",
    ]
    /// The names by which users tell us of a real incident system.
    static let realIncidentAPI = ["STREAM_A_URL", "STREAM_A_API_KEY", "STREAM_A_API_KEY_FILE"]

    /// Those that take deliveries last end first, so that what they settle is not handed on to one that has ended.
    private static func stopOrder(_ stages: [[ProcessSpec]]) -> [[String]] {
        stages.reversed().map { $0.map(\.name) }.filter { !$0.isEmpty }
    }

    /// A program of the topology file: relative to the file where it is a path, else looked for in PATH.
    static func program(_ command: [String], file: String) -> String {
        let program = command.first ?? ""
        guard program.contains("/"), !program.hasPrefix("/") else { return program }
        return ((file as NSString).deletingLastPathComponent as NSString).appendingPathComponent(program)
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    private static func listeners(_ topology: Topology) -> [Listener] {
        var listeners = [
            Listener(what: "intake", address: topology.intake.listen, remedy: "--listen HOST:PORT"),
            Listener(what: "metrics-sink", address: topology.metrics.listen, remedy: "--metrics-listen HOST:PORT"),
        ]
        if let coder = topology.simulators?.coder {
            listeners.append(
                Listener(what: "coder-simulator", address: coder.listen, remedy: "--coder-listen HOST:PORT")
            )
        }
        if let incident = topology.simulators?.incident {
            listeners.append(
                Listener(what: "incident-simulator", address: incident.listen, remedy: "--incident-listen HOST:PORT")
            )
        }
        let sockets =
            [("intake.answers", topology.intake.answers), ("metrics.samples", topology.metrics.samples)]
            + topology.stages.map { ("stages.\($0.name).deliveries", $0.deliveries) }
        for (key, socket) in sockets {
            guard case .tcp(let address) = socket, address.port > 0 else { continue }
            listeners.append(Listener(what: key, address: address, remedy: "`\(key)` of the topology file"))
        }
        return listeners
    }
}

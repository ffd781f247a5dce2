import Foundation
import HTTPClient
import Messages
import Topology

/// A whole topology that is measured: all of its processes, and others in the place of the outside systems.
struct BenchTopology: Sendable {
    /// What plays the outside systems.
    enum Outside: Hashable, Sendable {
        /// A stub, which answers at once or so much later.
        case stub(latency: Duration)
        /// The simulators, in whose workspaces scripts seem to run.
        case simulators(ActiveLoad)
    }

    let topology: Topology
    /// The processes of the topology, by name.
    let programs: [HarnessProgram]
    /// Where those are that play the outside systems, by the names of their processes.
    let outsideURLs: [String: String]
    let http: HTTPClient

    /// Brings everything up, and ends it after the body.
    ///
    /// - Parameters:
    ///   - file: the topology file.
    ///   - data: the folder of the run.
    ///   - outside: what plays the outside systems.
    ///   - programs: where Mendline's binaries are.
    ///   - environment: what every process inherits.
    ///   - body: what is done with it.
    /// - Returns: what the body returns.
    /// - Throws: `CommandFailure` where something cannot be brought up; what the body throws.
    static func with<Result: Sendable>(
        _ file: String,
        data: String,
        outside: Outside,
        programs: Programs,
        environment: [String: String],
        _ body: (BenchTopology) async throws -> Result
    ) async throws -> Result {
        let topology = try arrange(file, data: data, outside)
        try LocalData(topology).make()
        let path = URL(fileURLWithPath: file).standardizedFileURL.path
        let plan: LaunchPlan
        do throws(LaunchPlan.MissingProgram) {
            plan = try LaunchPlan(topology, file: path, program: programs.path)
        } catch {
            throw error.failure(programs)
        }
        let host = ProcessHost(environment: environment)
        func program(_ spec: ProcessSpec) throws(CommandFailure) -> HarnessProgram {
            var spec = spec
            spec.environment.merge(topology.outsideSecrets) { $1 }
            return HarnessProgram(spec, host: host, log: try ProcessLog(path: "\(data)/logs/\(spec.name).log"))
        }
        // The first wave is the simulators, in whose place a stub may be.
        let specs = try outsideSpecs(outside, plan.waves.first ?? [], topology, programs)
        let outsides = try specs.map(program)
        let all = try plan.waves.dropFirst().flatMap { $0 }.map(program)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for program in all + outsides { group.addTask { await program.serve() } }
            let http = HTTPClient()
            let result: Swift.Result<Result, any Error>
            do {
                var urls: [String: String] = [:]
                for program in outsides {
                    try await program.start()
                    urls[program.spec.name] = try await program.address(within: .seconds(30))
                }
                for program in all { try await program.start() }
                let bench = BenchTopology(topology: topology, programs: all, outsideURLs: urls, http: http)
                result = .success(try await body(bench))
            } catch {
                result = .failure(error)
            }
            await http.close()
            for program in all.reversed() where program.isAlive {
                _ = await program.end(by: SIGTERM, within: .seconds(15))
            }
            for program in all + outsides { await program.close() }
            return try result.get()
        }
    }

    private static func arrange(
        _ file: String,
        data: String,
        _ outside: Outside
    ) throws(CommandFailure) -> Topology {
        var topology = try HarnessSetup.topology(file, data: data)
        let anyPort = ListenAddress(host: "127.0.0.1", port: 0)
        topology.intake.listen = FreePort.settle(anyPort)
        topology.metrics.listen = FreePort.settle(anyPort)
        switch outside {
        case .stub: topology.simulators = StubProgram.place()
        case .simulators(let load):
            topology.simulators = SimulatorPrograms.place()
            topology.makeRoom(for: load.active)
        }
        topology.keepOutsideSecrets(in: data)
        return topology
    }

    private static func outsideSpecs(
        _ outside: Outside,
        _ simulators: [ProcessSpec],
        _ topology: Topology,
        _ programs: Programs
    ) throws(CommandFailure) -> [ProcessSpec] {
        switch outside {
        case .stub(let latency): return [try StubProgram.spec(topology, programs, latency: latency)]
        case .simulators(let load): return SimulatorPrograms.specs(simulators, load)
        }
    }

    /// Where one is that plays an outside system, by the name of its process.
    func url(of name: String) -> String { outsideURLs[name] ?? "" }

    /// How many calls of each kind the stub has answered.
    func counts() async throws -> [String: Int] {
        let response = try await http.send(HTTPRequest(url: "\(url(of: StubProgram.name))/counts"))
        let body = try MessageCoding.decodeChecked(JSONValue.self, from: Data(response.body))
        guard case .object(let members) = body else { return [:] }
        return members.compactMapValues { value in
            if case .integer(let count) = value { Int(count) } else { nil }
        }
    }
}

/// The stub of the outside systems: a program that answers at once.
enum StubProgram {
    static let name = "outside-stub"

    /// One address for both systems, which the stub plays.
    static func place() -> SimulatorConfiguration {
        let listen = FreePort.settle(ListenAddress(host: "127.0.0.1", port: 0))
        return SimulatorConfiguration(
            coder: .init(listen: listen, profile: .fast, scripts: nil),
            incident: .init(listen: listen)
        )
    }

    /// How the stub is started.
    ///
    /// - Parameters:
    ///   - topology: whose simulators say where it listens.
    ///   - programs: where it is.
    ///   - latency: how long it takes to answer.
    /// - Returns: the process.
    /// - Throws: `CommandFailure` where it is not built.
    static func spec(
        _ topology: Topology,
        _ programs: Programs,
        latency: Duration
    ) throws(CommandFailure) -> ProcessSpec {
        guard let program = programs.path(name) else {
            throw LaunchPlan.MissingProgram(names: [name]).failure(programs)
        }
        let port = topology.simulators?.coder?.listen.port ?? 0
        return ProcessSpec(
            name: name,
            program: program,
            arguments: [
                "--port", "\(port)", "--latency", "\(Int(latency / .milliseconds(1)))ms", "--template",
                topology.coder.template,
            ],
            announces: true
        )
    }
}

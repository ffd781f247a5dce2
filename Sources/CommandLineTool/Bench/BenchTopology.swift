import Foundation
import HTTPClient
import Messages
import Topology

/// A whole topology that is measured: all of its processes, and a stub in the place of the outside systems.
struct BenchTopology: Sendable {
    let topology: Topology
    /// The processes of the topology, by name.
    let programs: [HarnessProgram]
    let stubURL: String
    let http: HTTPClient

    /// Brings everything up, and ends it after the body.
    ///
    /// - Parameters:
    ///   - file: the topology file.
    ///   - data: the folder of the run.
    ///   - latency: how long the outside systems take to answer.
    ///   - programs: where Mendline's binaries are.
    ///   - environment: what every process inherits.
    ///   - body: what is done with it.
    /// - Returns: what the body returns.
    /// - Throws: `CommandFailure` where something cannot be brought up; what the body throws.
    static func with<Result: Sendable>(
        _ file: String,
        data: String,
        latency: Duration,
        programs: Programs,
        environment: [String: String],
        _ body: (BenchTopology) async throws -> Result
    ) async throws -> Result {
        let topology = try arrange(file, data: data)
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
        let stub = try program(StubProgram.spec(topology, programs, latency: latency))
        // The first wave is the simulators, in whose place the stub is.
        let all = try plan.waves.dropFirst().flatMap { $0 }.map(program)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for program in all + [stub] { group.addTask { await program.serve() } }
            let http = HTTPClient()
            let result: Swift.Result<Result, any Error>
            do {
                try await stub.start()
                let url = try await stub.address(within: .seconds(30))
                for program in all { try await program.start() }
                let bench = BenchTopology(topology: topology, programs: all, stubURL: url, http: http)
                result = .success(try await body(bench))
            } catch {
                result = .failure(error)
            }
            await http.close()
            for program in all.reversed() where program.isAlive {
                _ = await program.end(by: SIGTERM, within: .seconds(15))
            }
            for program in all + [stub] { await program.close() }
            return try result.get()
        }
    }

    private static func arrange(_ file: String, data: String) throws(CommandFailure) -> Topology {
        var topology = try HarnessSetup.topology(file, data: data)
        let anyPort = ListenAddress(host: "127.0.0.1", port: 0)
        topology.intake.listen = FreePort.settle(anyPort)
        topology.metrics.listen = FreePort.settle(anyPort)
        topology.simulators = StubProgram.place()
        topology.keepOutsideSecrets(in: data)
        return topology
    }

    /// How many calls of each kind the stub has answered.
    func counts() async throws -> [String: Int] {
        let response = try await http.send(HTTPRequest(url: "\(stubURL)/counts"))
        let body = try MessageCoding.decodeChecked(JSONValue.self, from: Data(response.body))
        guard case .object(let members) = body else { return [:] }
        return members.compactMapValues { value in
            if case .integer(let count) = value { Int(count) } else { nil }
        }
    }
}

/// The stub of the outside systems: a program that answers at once.
enum StubProgram {
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
        guard let program = programs.path("outside-stub") else {
            throw LaunchPlan.MissingProgram(names: ["outside-stub"]).failure(programs)
        }
        let port = topology.simulators?.coder?.listen.port ?? 0
        return ProcessSpec(
            name: "outside-stub",
            program: program,
            arguments: [
                "--port", "\(port)", "--latency", "\(Int(latency / .milliseconds(1)))ms", "--template",
                topology.coder.template,
            ],
            announces: true
        )
    }
}

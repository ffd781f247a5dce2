import Foundation
import Messages
import Secrets
import Topology

/// One stage by itself: its program, an intake that we play, and the outside systems as simulators.
struct StageHarness: Sendable {
    /// How the sockets between us and the stage are reached.
    enum Transport: String, Sendable, CaseIterable {
        case ipc, tcp
    }

    /// What plays Coder and the incident system.
    enum Outside: Sendable, Hashable {
        /// The simulators, which behave like the real ones.
        case simulators
        /// A server that answers at once, or so much later, and does nothing: for measuring.
        case stub(latency: Duration)
    }

    /// What a harness is made of.
    struct Setup: Sendable {
        /// With `{data}` in it replaced by the harness's own folder.
        var topology: Topology
        /// The topology's file, an absolute path.
        var file: String
        var stage: StageConfiguration
        /// Program and arguments of the stage.
        var command: [String]
        /// How many processes of it there are.
        var processes = 1
        var transport = Transport.ipc
        var outside = Outside.simulators
        /// Where Mendline's own binaries are.
        var programs: Programs
        /// What every process inherits.
        var environment: [String: String]
    }

    let setup: Setup
    let intake: StandInIntake
    let programs: [HarnessProgram]
    let outside: OutsideSystems
    let golden: GoldenDeliveries

    /// Brings up the outside systems and our side of the sockets, but not the stage; ends all of it after the body.
    ///
    /// - Parameters:
    ///   - setup: what it is made of.
    ///   - take: called with what the stage answers, in order.
    ///   - body: what is done with it.
    /// - Returns: what the body returns.
    /// - Throws: `CommandFailure` where something cannot be brought up; what the body throws.
    static func with<Result: Sendable>(
        _ setup: Setup,
        take: @escaping @Sendable ([[UInt8]]) -> Void,
        _ body: (StageHarness) async throws -> Result
    ) async throws -> Result {
        var setup = setup
        try arrange(&setup)
        try LocalData(setup.topology).make()
        let host = ProcessHost(environment: setup.environment)
        func program(_ spec: ProcessSpec) throws(CommandFailure) -> HarnessProgram {
            HarnessProgram(
                spec,
                host: host,
                log: try ProcessLog(path: "\(setup.topology.data)/logs/\(spec.name).log")
            )
        }
        let simulators = try outsideSpecs(setup).map(program)
        let stages = try stageSpecs(setup).map(program)
        let intake = StandInIntake(
            deliveries: setup.stage.deliveries,
            answers: setup.topology.intake.answers,
            take: take
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for program in simulators + stages { group.addTask { await program.serve() } }
            group.addTask { await intake.serve() }
            let result: Swift.Result<Result, any Error>
            do {
                for simulator in simulators {
                    try await simulator.start()
                    _ = try await simulator.address(within: .seconds(30))
                }
                let outside = try outside(setup)
                try await intake.open()
                let harness = StageHarness(
                    setup: setup,
                    intake: intake,
                    programs: stages,
                    outside: outside,
                    golden: try golden(setup, outside)
                )
                do { result = .success(try await body(harness)) } catch { result = .failure(error) }
                await outside.close()
            } catch {
                result = .failure(error)
            }
            for program in stages + simulators { await program.close() }
            await intake.end()
            return try result.get()
        }
    }

    /// Addresses of this run's own, and simulators in the place of every outside system.
    private static func arrange(_ setup: inout Setup) throws(CommandFailure) {
        guard setup.topology.curve == nil else {
            throw CommandFailure(
                "\(setup.file) has a `curve` section, and the harness has no keys: give a topology without one",
                code: CommandFailure.wrongConfiguration
            )
        }
        let data = setup.topology.data
        func address(_ name: String) -> SocketAddress {
            switch setup.transport {
            case .ipc: .ipc(path: "\(data)/sockets/\(name).ipc")
            case .tcp: .tcp(FreePort.settle(ListenAddress(host: "127.0.0.1", port: 0)))
            }
        }
        setup.topology.intake.answers = address("answers")
        setup.topology.metrics.samples = address("samples")
        setup.stage.deliveries = address(setup.stage.name)
        setup.topology.stages = [setup.stage]
        setup.topology.simulators = StubProgram.place()
        if setup.outside == .simulators {
            // The stub plays both at one address, the simulators need two.
            setup.topology.simulators?.incident?.listen = FreePort.settle(ListenAddress(host: "127.0.0.1", port: 0))
        }
        setup.topology.keepOutsideSecrets(in: data)
        setup.topology.seal = SealConfiguration(
            publicKeyFile: "\(data)/secrets/seal-public-key",
            privateKeyFile: "\(data)/secrets/seal-private-key"
        )
    }

    private static func outsideSpecs(_ setup: Setup) throws(CommandFailure) -> [ProcessSpec] {
        if case .stub(let latency) = setup.outside {
            return [try StubProgram.spec(setup.topology, setup.programs, latency: latency)]
        }
        var topology = setup.topology
        topology.stages = []
        do throws(LaunchPlan.MissingProgram) {
            return try LaunchPlan(topology, file: setup.file, program: setup.programs.path).waves.first ?? []
        } catch {
            throw error.failure(setup.programs)
        }
    }

    private static func stageSpecs(_ setup: Setup) -> [ProcessSpec] {
        var environment: [String: String?] = LaunchPlan.outside(setup.topology)
        for (name, value) in StageEnvironment(setup.stage, in: setup.topology).variables { environment[name] = value }
        environment.merge(setup.topology.outsideSecrets) { $1 }
        environment["SEAL_PRIVATE_KEY_FILE"] = setup.topology.seal.privateKeyFile
        return (1...max(1, setup.processes)).map { number in
            ProcessSpec(
                name: setup.processes == 1 ? setup.stage.name : "\(setup.stage.name)-\(number)",
                program: setup.command.first ?? "",
                arguments: setup.command.dropFirst() + ["--topology", setup.file, "--data", setup.topology.data],
                environment: environment
            )
        }
    }

    private static func outside(_ setup: Setup) throws -> OutsideSystems {
        let simulators = setup.topology.simulators
        let token = try String(contentsOfFile: setup.topology.coder.tokenFile ?? "", encoding: .utf8)
        return OutsideSystems(
            coderURL: simulators?.coder.map { "http://\($0.listen)" } ?? "",
            incidentURL: simulators?.incident.map { "http://\($0.listen)" } ?? "",
            token: token.trimmingCharacters(in: .whitespacesAndNewlines)
        )
    }

    private static func golden(
        _ setup: Setup,
        _ outside: OutsideSystems
    ) throws -> GoldenDeliveries {
        var key: TokenSeal.PublicKey?
        if setup.stage.secrets {
            key = try TokenSeal.PublicKey(base64: try SecretFile(path: setup.topology.seal.publicKeyFile).read())
        }
        return GoldenDeliveries(
            topology: setup.topology,
            stage: setup.stage,
            outside: outside,
            run: String(UInt32.random(in: 0 ... .max), radix: 36),
            sealingKey: key
        )
    }
}

extension Topology {
    /// The secrets of stand-ins for the outside systems lie in a run's own folder.
    mutating func keepOutsideSecrets(in data: String) {
        coder.tokenFile = "\(data)/secrets/coder-token"
        incidentAPI.keyFile = "\(data)/secrets/incident-api-key"
    }

    /// The variables by which a stage finds them.
    var outsideSecrets: [String: String?] {
        ["CODER_SESSION_TOKEN_FILE": coder.tokenFile, "STREAM_A_API_KEY_FILE": incidentAPI.keyFile]
    }
}

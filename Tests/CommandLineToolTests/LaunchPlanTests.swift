import Foundation
import Testing
import Topology

@testable import CommandLineTool

@Suite struct LaunchPlanTests {
    private func topology() throws -> Topology {
        var topology = try Topology.parse(text: TestTopology.text, file: "/etc/m/t.yaml", data: "/d")
        topology.intake.listen.port = 8001
        topology.metrics.listen.port = 9001
        topology.simulators?.coder?.listen.port = 8081
        topology.simulators?.incident?.listen.port = 8091
        return topology
    }

    private func plan(_ topology: Topology) throws -> LaunchPlan {
        try LaunchPlan(topology, file: "/etc/m/t.yaml") { "/bin/\($0)" }
    }

    @Test func theOrderOfTheStartAndOfTheEnd() throws {
        let plan = try plan(topology())
        #expect(
            plan.waves.map { $0.map(\.name) } == [
                ["coder-simulator", "incident-simulator"], ["metrics-sink"], ["intake"],
                ["validator", "approver", "provisioner-1", "provisioner-2", "log-collector", "reporter"],
            ]
        )
        #expect(
            plan.stopOrder == [
                ["reporter"], ["log-collector"], ["provisioner-1", "provisioner-2"], ["approver"], ["validator"],
                ["intake"],
                ["metrics-sink"], ["coder-simulator", "incident-simulator"],
            ]
        )
        #expect(plan.waves[0].allSatisfy { $0.announces })
    }

    @Test func programsAndArguments() throws {
        let plan = try plan(topology())
        let specs = Dictionary(uniqueKeysWithValues: plan.waves.flatMap { $0 }.map { ($0.name, $0) })
        let common = ["--topology", "/etc/m/t.yaml", "--data", "/d"]
        #expect(specs["intake"]?.program == "/bin/intake")
        #expect(specs["intake"]?.arguments == common + ["--listen", "127.0.0.1:8001"])
        #expect(specs["intake"]?.environment["METRICS_URL"] == "http://127.0.0.1:9001")
        #expect(specs["metrics-sink"]?.arguments == common + ["--listen", "127.0.0.1:9001"])
        #expect(specs["provisioner-2"]?.program == "/bin/provisioner")
        #expect(specs["provisioner-2"]?.arguments == common)
        #expect(specs["approver"]?.program == "/etc/m/./approver")
        #expect(specs["approver"]?.arguments == ["--gently"] + common)
        #expect(specs["approver"]?.environment["MENDLINE_STAGE"] == "approver")
        #expect(specs["provisioner-2"]?.environment["MENDLINE_DELIVERIES"] == "ipc:///d/sockets/provisioner.ipc")
        #expect(
            specs["coder-simulator"]?.arguments == [
                "--listen", "127.0.0.1:8081", "--profile", "fast", "--token-file", "/d/secrets/coder-token",
                "--scripts", "none",
                "--work", "/d/workspaces", "--template", "remediation",
            ]
        )
        #expect(
            specs["incident-simulator"]?.arguments == [
                "--listen", "127.0.0.1:8091", "--api-key-file", "/d/secrets/incident-api-key",
            ]
        )
    }

    @Test func withSimulatorsTheRealSystemsOfTheEnvironmentDoNotCount() throws {
        let plan = try plan(topology())
        let provisioner = try #require(plan.waves.last?.first { $0.name == "provisioner-1" })
        #expect(provisioner.environment["CODER_URL"] == "http://127.0.0.1:8081")
        #expect(provisioner.environment["STREAM_A_URL"] == "http://127.0.0.1:8091")
        for name in ["CODER_SESSION_TOKEN", "CODER_TEMPLATE", "TEMPLATE_ID", "STREAM_A_API_KEY"] {
            #expect(provisioner.environment[name] == .some(nil), "\(name) is taken away")
        }
        var real = try topology()
        real.simulators = nil
        let stages = try #require(try self.plan(real).waves.last)
        #expect(stages.allSatisfy { $0.environment.keys.allSatisfy { $0.hasPrefix("MENDLINE_") } })
        #expect(UpText.ignored(real, environment: ["CODER_URL": "x"]) == nil)
        let text = UpText.ignored(try topology(), environment: ["CODER_URL": "x", "STREAM_A_API_KEY": "s3cret"])
        #expect(text?.hasPrefix("CODER_URL, STREAM_A_API_KEY of the environment are not used") == true)
        #expect(text?.contains("s3cret") == false)
    }

    @Test func adviceCanBeTypedAsItStands() throws {
        var topology = try topology()
        let lines = UpText.next(topology, sample: "S-1", program: ".build/release/mendline")
        #expect(lines.contains("  curl http://127.0.0.1:8001/metrics"))
        #expect(lines.contains("  .build/release/mendline show S-1 --intake http://127.0.0.1:8001"))
        #expect(lines.contains("  curl http://127.0.0.1:8081/_simulator/counts"))
        #expect(lines.contains("  logs of all processes: /d/logs"))
        topology.intake.listen.port = 8000
        topology.intake.tokenFile = "/d/secrets/token"
        let guarded = UpText.next(topology, sample: nil, program: "mendline")
        #expect(
            guarded.contains(
                "  curl -H \"Authorization: Bearer $(cat /d/secrets/token)\" http://127.0.0.1:8000/incidents"
            )
        )
        #expect(guarded.contains("  mendline show ID --token-file /d/secrets/token"))
    }

    @Test func everyMissingProgramIsNamed() throws {
        let topology = try topology()
        #expect(throws: LaunchPlan.MissingProgram(names: ["intake", "provisioner"])) {
            _ = try LaunchPlan(topology, file: "/t") {
                $0 == "intake" || $0 == "provisioner" ? nil : "/bin/\($0)"
            }
        }
    }

    @Test func theListenersTellTheFlagThatChangesThem() throws {
        var topology = try topology()
        topology.intake.answers = .tcp(ListenAddress(host: "127.0.0.1", port: 5555))
        let listeners = try plan(topology).listeners
        #expect(
            listeners.map { "\($0.what) \($0.address) \($0.remedy)" } == [
                "intake 127.0.0.1:8001 --listen HOST:PORT", "metrics-sink 127.0.0.1:9001 --metrics-listen HOST:PORT",
                "coder-simulator 127.0.0.1:8081 --coder-listen HOST:PORT",
                "incident-simulator 127.0.0.1:8091 --incident-listen HOST:PORT",
                "intake.answers 127.0.0.1:5555 `intake.answers` of the topology file",
            ]
        )
    }
}

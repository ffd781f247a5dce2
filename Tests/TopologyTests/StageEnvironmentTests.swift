import Foundation
import Testing
import Topology

/// What the environment of a stage's process says, and that it beats the file.
@Suite("The environment of a stage")
struct StageEnvironmentTests {
    private static func topology() throws -> Topology {
        try Topology.load(path: Samples.repository("topology/local.yaml"), data: "/data")
    }

    @Test func tellsWhatTheTopologySays() throws {
        let topology = try Self.topology()
        var stage = try #require(topology.stage("log-collector"))
        stage.settings = ["retry-limit": "3", "look.twice": "yes"]
        #expect(
            StageEnvironment(stage, in: topology).variables == [
                "MENDLINE_STAGE": "log-collector",
                "MENDLINE_DELIVERIES": "ipc:///data/sockets/log-collector.ipc",
                "MENDLINE_ANSWERS": "ipc:///data/sockets/answers.ipc",
                "MENDLINE_SAMPLES": "ipc:///data/sockets/samples.ipc",
                "MENDLINE_CAPACITY": "1000",
                "MENDLINE_SETTING_RETRY_LIMIT": "3",
                "MENDLINE_SETTING_LOOK_TWICE": "yes",
            ]
        )
    }

    @Test func settingsKnowTheDataFolder() throws {
        let text = try String(contentsOfFile: Self.topology().file, encoding: .utf8)
        let topology = try Topology.parse(
            text: text.replacing(
                "takes: [incident.accepted]",
                with: "takes: [incident.accepted]\n"
                    + "    settings: { decisions: \"{data}/decisions\", text: \"{service}\" }"
            ),
            file: Self.topology().file,
            data: "/data"
        )
        #expect(topology.stage("validator")?.settings == ["decisions": "/data/decisions", "text": "{service}"])
    }

    @Test func beatsTheFile() throws {
        let topology = try Self.topology()
        let told = try topology.told(
            by: [
                "MENDLINE_STAGE": "validator", "MENDLINE_DELIVERIES": "tcp://127.0.0.1:7001",
                "MENDLINE_ANSWERS": "ipc:///other/answers", "MENDLINE_SAMPLES": "tcp://[::1]:7002",
                "MENDLINE_CAPACITY": "7",
            ],
            stage: "validator"
        )
        #expect(told.stage("validator")?.deliveries == .tcp(ListenAddress(host: "127.0.0.1", port: 7001)))
        #expect(told.stage("validator")?.capacity == 7)
        #expect(told.intake.answers == .ipc(path: "/other/answers"))
        #expect(told.metrics.samples == .tcp(ListenAddress(host: "::1", port: 7002)))
        #expect(told.stage("reporter") == topology.stage("reporter"))
    }

    @Test func countsOnlyForTheStageThatItNames() throws {
        let topology = try Self.topology()
        let variables = ["MENDLINE_STAGE": "validator", "MENDLINE_CAPACITY": "7", "MENDLINE_ANSWERS": "nonsense"]
        #expect(try topology.told(by: variables, stage: "reporter") == topology)
        #expect(try topology.told(by: ["MENDLINE_CAPACITY": "7"], stage: "validator") == topology)
    }

    @Test(arguments: [
        ("MENDLINE_DELIVERIES", "ipc://relative"), ("MENDLINE_ANSWERS", "tcp://127.0.0.1:0"),
        ("MENDLINE_SAMPLES", "http://127.0.0.1:1"), ("MENDLINE_CAPACITY", "0"), ("MENDLINE_CAPACITY", "many"),
    ])
    func namesTheVariableThatCannotBeUsed(_ name: String, _ value: String) throws {
        let error = #expect(throws: ConfigurationProblems.self) {
            try Self.topology().told(by: ["MENDLINE_STAGE": "validator", name: value], stage: "validator")
        }
        let text = "\(try #require(error))"
        #expect(text.contains(name) && text.contains(value), "\(text)")
    }
}

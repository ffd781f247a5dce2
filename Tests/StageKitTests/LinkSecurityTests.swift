import ArgumentParser
import Foundation
import StageKit
import Testing
import Topology
import ZeroMQ

/// Which sockets a process may use, and with which keys.
@Suite("Protection of the sockets", .timeLimit(.minutes(3)))
struct LinkSecurityTests {
    private static func topology(
        answers: String = "ipc:///d/a",
        samples: String = "ipc:///d/s",
        validator: String = "ipc:///d/v",
        curve: String = ""
    ) throws -> Topology {
        try Topology.parse(
            text: """
                version: 1
                intake: { answers: "\(answers)" }
                metrics: { samples: "\(samples)" }
                \(curve)
                stages:
                  validator: { takes: [incident.accepted], deliveries: "\(validator)" }
                  provisioner:
                    takes: [incident.approved, remediation.finished, workspace.expiring, workspace.dispose,
                            delivery.exhausted, sweep.due]
                  log-collector: { takes: [workspace.created] }
                  reporter: { takes: [incident.declined, workspace.created, remediation.finished, incident.cancelled] }
                """,
            file: "/t/t.yaml",
            data: "/d"
        )
    }

    private static func link(
        _ process: String,
        _ topology: Topology,
        _ environment: [String: String] = [:],
        flags: [String] = []
    ) throws -> LinkSecurity {
        try LinkSecurity(
            process: process,
            topology: topology,
            options: try CurveOptions.parse(flags),
            environment: environment
        )
    }

    /// Who may not start, for a socket that leaves the machine.
    @Test(
        arguments: [
            ("answers", ["intake", "validator", "reporter"]), ("samples", ["intake", "metrics-sink", "validator"]),
            ("validator", ["intake", "validator"]), ("none", []),
        ]
    )
    func plainSocketsStayOnTheMachine(socket: String, refused: [String]) throws {
        let outside = "tcp://10.0.0.1:7000"
        let topology = try Self.topology(
            answers: socket == "answers" ? outside : "tcp://127.0.0.1:7000",
            samples: socket == "samples" ? outside : "ipc:///d/s",
            validator: socket == "validator" ? outside : "tcp://[::1]:7001"
        )
        let asked = ["intake", "metrics-sink", "validator", "reporter"]
        for process in asked {
            do {
                let link = try Self.link(process, topology)
                #expect(!link.isEncrypted)
                #expect(!refused.contains(process) || socket == "answers" && process == "metrics-sink", "\(process)")
            } catch let error as SettingsError {
                #expect(error.what.contains(outside) && error.what.contains("mendline keys new"), "\(error)")
                #expect(error.what.contains("--insecure-plain-tcp"))
                #expect(!error.what.contains(". "), "one sentence: \(error)")
                #expect(refused.contains(process) || socket == "samples", "\(process)")
            }
        }
    }

    @Test func aFlagOrTheEnvironmentLetsThemOut() throws {
        let topology = try Self.topology(answers: "tcp://10.0.0.1:7000")
        #expect(throws: SettingsError.self) { try Self.link("intake", topology) }
        #expect(throws: SettingsError.self) { try Self.link("intake", topology, ["INSECURE_PLAIN_TCP": "0"]) }
        #expect(throws: Never.self) { try Self.link("intake", topology, ["INSECURE_PLAIN_TCP": "1"]) }
        #expect(throws: Never.self) { try Self.link("intake", topology, flags: ["--insecure-plain-tcp"]) }
    }

    private static func withKeys(_ body: (String, CurveKeyPair, CurveKeyPair, CurveKeyPair) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("link-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pairs = try (0..<3).map { _ in try CurveKeyPair.generate() }
        for (name, pair) in zip(["validator", "intake", "metrics-sink"], pairs) {
            try pair.withSecretKey {
                try ($0 + "\n").write(toFile: "\(folder)/\(name).secret", atomically: true, encoding: .utf8)
            }
            try pair.publicKey.write(toFile: "\(folder)/\(name).public", atomically: true, encoding: .utf8)
        }
        try body(folder, pairs[0], pairs[1], pairs[2])
    }

    private func curve(_ security: SocketOptions.Security) -> CurveKeys? {
        if case .curve(let keys) = security { keys } else { nil }
    }

    @Test func theKeysOfTheFolderAreTaken() throws {
        try Self.withKeys { folder, validator, intake, sink in
            let topology = try Self.topology(answers: "tcp://10.0.0.1:7000", curve: "curve: { keys: \"\(folder)\" }")
            let stage = try Self.link("validator", topology)
            #expect(stage.isEncrypted)
            #expect(try curve(stage.connecting(to: .intake)) == .client(validator, serverKey: intake.publicKey))
            #expect(try curve(stage.connecting(to: .metricsSink)) == .client(validator, serverKey: sink.publicKey))
            let server = try Self.link("intake", topology)
            #expect(curve(server.binding) == .server(intake))
            #expect(try curve(server.connecting(to: .metricsSink)) == .client(intake, serverKey: sink.publicKey))
            // The sink knows its own public key, and needs nobody else's.
            try FileManager.default.removeItem(atPath: folder + "/metrics-sink.public")
            try FileManager.default.removeItem(atPath: folder + "/intake.public")
            let metrics = try Self.link("metrics-sink", topology)
            #expect(try curve(metrics.connecting(to: .metricsSink)) == .client(sink, serverKey: sink.publicKey))
            #expect(throws: SettingsError.self) { try metrics.connecting(to: .intake) }
            #expect(throws: (any Error).self) { try Self.link("validator", topology) }
        }
    }

    @Test func flagBeatsEnvironmentBeatsTopology() throws {
        try Self.withKeys { folder, validator, intake, sink in
            let topology = try Self.topology(curve: "curve: { keys: /nowhere }")
            #expect(throws: (any Error).self) { try Self.link("validator", topology) }
            let environment = [
                "CURVE_KEY_FILE": folder + "/validator.secret", "CURVE_INTAKE_KEY_FILE": folder + "/intake.public",
                "CURVE_SINK_KEY_FILE": folder + "/metrics-sink.public",
            ]
            let link = try Self.link("validator", topology, environment)
            #expect(try curve(link.connecting(to: .intake)) == .client(validator, serverKey: intake.publicKey))
            let flagged = try Self.link(
                "validator",
                topology,
                environment,
                flags: ["--curve-intake-key-file", folder + "/metrics-sink.public"]
            )
            #expect(try curve(flagged.connecting(to: .intake)) == .client(validator, serverKey: sink.publicKey))
        }
    }

    @Test func whatIsNoKeyIsNotRepeated() throws {
        try Self.withKeys { folder, validator, _, _ in
            let topology = try Self.topology(curve: "curve: { keys: \"\(folder)\" }")
            let secret = validator.withSecretKey { $0 }
            // A secret key where a public one belongs has the same form, so nothing can tell; half of one can be told.
            let half = String(secret.prefix(30))
            for file in ["validator.secret", "intake.public"] {
                let kept = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
                try half.write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
                let error = #expect(throws: SettingsError.self) { try Self.link("validator", topology) }
                #expect(error?.what.contains(file) == true && error?.what.contains(half) == false, "\(error)")
                try kept.write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
            }
        }
    }
}

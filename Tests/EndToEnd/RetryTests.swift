import Foundation
import Messages
import TestSupport
import Testing

extension EndToEnd {
    /// What a person asks for after an incident has ended.
    @Suite struct Retries {
        private static let seconds = 30.0

        private static let policy = """
            version: 1
            severities: [critical]
            playbooks:
              - name: any
                match: { services: ["*"] }
                template: remediation
                timeout: 10s
                provision_within: 10s
                deadline: \(Int(seconds))s

            """

        /// Long after the first one, whose deadline has passed by then.
        @Test func anotherAttemptHasAWorkspaceAndATimeOfItsOwn() async throws {
            try await Scene.with { scene in
                let scripts = scene.folder + "/scripts"
                try FileManager.default.createDirectory(atPath: scripts, withIntermediateDirectories: true)
                try scene.write(
                    "#!/bin/sh\n[ -e \(scene.folder)/repaired ] || exit 3\n",
                    to: scripts + "/run.sh",
                    mode: 0o700
                )
                let outside = try await scene.simulators(scripts: scripts)
                var topology = TestTopology(coder: outside.coder.base, incidents: outside.incidents.base)
                topology.policy = scene.folder + "/policy.yaml"
                try scene.write(Self.policy, to: topology.policy)
                let up = try await scene.up(topology: try scene.write(topology))
                let began = ContinuousClock.now
                let answer = try await up.intake.post("/remediate", .incident("RETRY-1"), prefer: "respond-async")
                #expect(answer.status == 202, "\(answer.text)")
                #expect(try await up.verdict(of: "RETRY-1") == "script_failed")
                try await up.untilReported(["RETRY-1"])
                #expect(try await outside.effects() == .once(each: 1))

                try await eventually("its deadline has passed") {
                    ContinuousClock.now - began > .seconds(Self.seconds)
                }
                try scene.write("", to: scene.folder + "/repaired")
                let retry = try scene.start(
                    "mendline",
                    ["retry", "RETRY-1", "--reason", "repaired", "--by", "ann", "--intake", up.intake.base]
                )
                #expect(try await retry.exitCode() == 0, "\(retry.output)")
                #expect(retry.output.contains("attempt 2 of RETRY-1 has begun"))
                #expect(try await up.verdict(of: "RETRY-1") == "succeeded")
                try await up.untilReported(["RETRY-1"])
                #expect(try await outside.effects() == .once(each: 2))

                let events = try await up.incident("RETRY-1")["timeline"]?.elements ?? []
                let names = events.filter { $0["type"]?.string == "workspace.created" }
                    .compactMap { $0["data"]?["workspace_name"]?.string }
                #expect(names.count == 2 && Set(names).count == 2, "\(names)")
                let asked = events.first { $0["type"]?.string == "incident.retried" }
                #expect(asked?["data"]?["by"]?.string == "ann")
                let check = try scene.start("mendline", ["ledger", "check", "--data", scene.data])
                #expect(try await check.exitCode() == 0, "\(check.output)")
            }
        }
    }
}

import Foundation
import Glibc
import Messages
import TestSupport
import Testing

extension EndToEnd {
    /// What a new user sees first.
    @Suite struct LocalRun {
        @Test func theSamplesEndAsSaid() async throws {
            try await Scene.with { scene in
                let run = try scene.start("mendline", Self.once(Repository.path("topology/local.yaml"), scene))
                #expect(try await run.exitCode() == 0, "\(run.output)")
                #expect(run.output.contains("all samples ended as they should"))
            }
        }

        /// With a policy that lets the third sample through, which should have been declined.
        @Test func aSampleThatEndsOtherwiseIsAFailure() async throws {
            try await Scene.with { scene in
                let policy = try String(contentsOfFile: Repository.path("topology/policy.yaml"), encoding: .utf8)
                try scene.write(
                    policy.replacing("\nseverities: [critical, high]", with: "\nseverities: [critical, high, low]"),
                    to: scene.folder + "/policy.yaml"
                )
                let topology = try String(contentsOfFile: Repository.path("topology/local.yaml"), encoding: .utf8)
                let scripts = Repository.path("deploy/template/scripts")
                try scene.write(
                    topology.replacing("scripts: ../deploy/template/scripts", with: "scripts: \(scripts)"),
                    to: scene.folder + "/local.yaml"
                )
                let run = try scene.start("mendline", Self.once(scene.folder + "/local.yaml", scene))
                #expect(try await run.exitCode() == 1, "\(run.output)")
                #expect(
                    run.output.contains(
                        "(reports) ended as succeeded with exit code 0; it should have ended as declined"
                    )
                )
            }
        }

        private static func once(_ topology: String, _ scene: Scene) -> [String] {
            [
                "up", "--samples", "--once", "--topology", topology, "--data", scene.data, "--listen", "127.0.0.1:0",
                "--metrics-listen", "127.0.0.1:0", "--coder-listen", "127.0.0.1:0", "--incident-listen", "127.0.0.1:0",
            ]
        }

        @Test func theIncidentSystemIsTold() async throws {
            try await Scene.with { scene in
                let (up, outside) = try await scene.upLocal(["--samples"])
                #expect(up.program.output.contains("all samples ended as they should"), "\(up.program.output)")
                let list = try await up.intake.get("/incidents").json["incidents"]?.elements ?? []
                let ids = list.compactMap { $0["incident_id"]?.string }.sorted()
                try #require(ids.count == 3)
                try await up.untilReported(ids)

                for (id, status, code) in [(ids[0], "remediated", 0), (ids[1], "remediation_failed", 3)] {
                    let known = try await up.incident(id)
                    let name = try #require(known["workspace_name"]?.string)
                    let url = try #require(known["url"]?.string)
                    let comments = try await outside.incidents.get("/api/incidents/\(id)/comments").json["comments"]
                    let bodies = (comments ?? .null).elements.compactMap { $0["body"]?.string }
                    #expect(bodies.count == 1)
                    #expect(bodies.first?.contains(name) == true, "\(bodies)")
                    #expect(bodies.first?.contains(url) == true, "\(bodies)")
                    let told = try await outside.incidents.get("/api/incidents/\(id)").json
                    #expect(told["status"]?.string == status)
                    #expect(told["updated_by"]?.string == "coder-remediation-bot")
                    let notes = try #require(told["notes"]?.string)
                    #expect(notes.contains("exit code \(code)"))
                    let last = try #require(
                        try await up.intake.get("/incidents/\(id)/logs").json["lines"]?.elements.last
                    )
                    let line = try #require(last["output"]?.string ?? last["text"]?.string ?? last["line"]?.string)
                    #expect(notes.contains(line), "\(line) in \(notes)")
                }
                let declined = try await outside.incidents.get("/api/incidents/\(ids[2])").json
                #expect(declined["comment_count"]?.integer == 1)
                #expect(declined["updated_by"] == .null, "what is declined stays as it is")

                let children = up.children
                #expect(children.count == 8)
                up.program.send(SIGINT)
                #expect(try await up.program.exitCode() == 0)
                for (name, pid) in children { #expect(isGone(pid), "\(name) is left") }
            }
        }

        /// The calls of the guide, one after the other.
        @Test func anAlertGoesInAndTheScriptsOutputComesOut() async throws {
            try await Scene.with { scene in
                let (up, outside) = try await scene.upLocal()
                let incident: JSONValue = [
                    "incident_id": "INC-1", "service_name": "payment-api", "severity": "critical",
                    "description": "High CPU", "target_service_token": "t",
                ]
                let first = try await up.intake.post("/remediate", incident)
                #expect(first.status == 201, "\(first.text)")
                let workspace = try #require(first.json["workspace_id"]?.string)
                #expect(try await up.verdict(of: "INC-1") == "succeeded")
                let status = try await up.intake.get("/status/\(workspace)").json
                #expect(status["status"]?.string == "running")
                #expect(status["logs"]?.elements.contains { "\($0)".contains("high_cpu_fix.sh") } == true, "\(status)")

                let again = try await up.intake.post("/remediate", incident)
                #expect(again.status == 200)
                #expect(again.json["workspace_id"]?.string == workspace)
                try await up.untilReported(["INC-1"])
                #expect(try await outside.effects() == .once(each: 1))

                try await eventually("the metrics are there") {
                    let text = try await up.intake.get("/metrics").text
                    return [
                        #"coder_workspace_created_total{incident_type="payment-api",template="remediation"} 1"#,
                        #"coder_remediation_duration_seconds_count{incident_type="payment-api",status="success"} 1"#,
                        "coder_active_workspaces 1",
                    ].allSatisfy(text.contains)
                }
            }
        }
    }
}

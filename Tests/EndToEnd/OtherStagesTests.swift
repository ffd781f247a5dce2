import Foundation
import HTTPClient
import Messages
import TestSupport
import Testing

extension EndToEnd {
    /// Stages that others have written, in the place of ours or between them: no code of ours changes.
    @Suite struct OtherStages {
        @Test func theSamplesEndAsSaidWithAValidatorInPython() async throws {
            try await Scene.with { scene in
                let run = try scene.start(
                    "mendline",
                    [
                        "up", "--samples", "--once", "--topology",
                        Repository.path("topology/examples/python-validator.yaml"), "--data", scene.data, "--listen",
                        "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--coder-listen", "127.0.0.1:0",
                        "--incident-listen", "127.0.0.1:0",
                    ]
                )
                #expect(try await run.exitCode() == 0, "\(run.output)")
                #expect(run.output.contains("all samples ended as they should"))
            }
        }

        @Test func nothingBeginsBeforeAPersonHasSaidYes() async throws {
            try await Scene.with { scene in
                let text = try String(
                    contentsOfFile: Repository.path("topology/examples/approver.yaml"),
                    encoding: .utf8
                )
                let topology = scene.folder + "/approver.yaml"
                try scene.write(
                    text.replacing("./approver.py", with: Repository.path("topology/examples/approver.py"))
                        .replacing("../policy.yaml", with: Repository.path("topology/policy.yaml"))
                        .replacing("../../deploy/template/scripts", with: Repository.path("deploy/template/scripts"))
                        .replacing("127.0.0.1:8095", with: "127.0.0.1:0"),
                    to: topology
                )
                let (up, outside) = try await scene.upLocal(topology: topology)
                for id in ["ASK-1", "ASK/2", "ASK-3"] {
                    let answer = try await up.intake.post("/remediate", .incident(id), prefer: "respond-async")
                    #expect(answer.status == 202, "\(answer.text)")
                }
                let desk = try await desk(scene)
                try await eventually("all three wait for a person") {
                    Set(try await desk.get("/pending").json.members.keys) == ["ASK-1", "ASK/2", "ASK-3"]
                }
                #expect(try await outside.effects() == .once(each: 0), "nothing has begun")

                let yes = try await desk.call(.post, "/decisions/ASK-1", body: Array("approve".utf8))
                #expect(yes.status == 200, "\(yes.text)")
                #expect(try await up.verdict(of: "ASK-1") == "succeeded")
                try scene.write("decline: not today\n", to: scene.data + "/decisions/ASK%2F2.decision")
                let declined = try await eventually("the second one is declined") {
                    let incident = try await up.intake.get("/incidents/ASK%2F2").json
                    return incident["state"]?.string == "declined" ? incident : nil
                }
                #expect("\(declined)".contains("not today"))
                #expect(
                    try await up.incident("ASK-3")["state"]?.string == "provisioning",
                    "and nobody has decided the third"
                )

                let types = (try await up.incident("ASK-1")["timeline"]?.elements ?? []).compactMap {
                    $0["type"]?.string
                }
                #expect(
                    types.prefix(4) == [
                        "incident.accepted", "incident.approved", "incident.confirmed", "workspace.created",
                    ]
                )
                try await up.untilReported(["ASK-1"])
                #expect(try await outside.effects().creates == 1)
            }
        }

        private func desk(_ scene: Scene) async throws -> Caller {
            let base = try await eventually("the approver says where it takes decisions") {
                try String(contentsOfFile: scene.data + "/logs/approver.log", encoding: .utf8)
                    .firstMatch(of: /decisions are taken at (http:\/\/[0-9.:]+)/).map { String($0.1) }
            }
            return Caller(base: base, http: scene.http)
        }

        /// Old and new processes side by side, readers first, then writers; incidents go in all the while.
        @Test func aRollingUpgradeLosesNothingAndDoesNothingTwice() async throws {
            try await Scene.with { scene in
                let topology = scene.folder + "/rolling.yaml"
                try scene.write(try Self.rolling(), to: topology)
                let (up, outside) = try await scene.upLocal(topology: topology, waitsForStages: false)
                func process(_ stage: String, version: Int) throws -> Program {
                    try scene.start(
                        path: Repository.path("Tests/EndToEnd/versioned_stage.py"),
                        [],
                        environment: [
                            "VERSION": "\(version)", "MENDLINE_STAGE": stage, "MENDLINE_CAPACITY": "8",
                            "MENDLINE_DELIVERIES": "ipc://\(scene.data)/sockets/\(stage).ipc",
                            "MENDLINE_ANSWERS": "ipc://\(scene.data)/sockets/answers.ipc",
                        ],
                        output: "\(stage)-\(version)"
                    )
                }
                var number = 0
                func send(_ count: Int) async throws {
                    for _ in 0..<count {
                        number += 1
                        let answer = try await up.intake.post(
                            "/remediate",
                            .incident("ROLL-\(number)"),
                            prefer: "respond-async"
                        )
                        #expect(answer.status == 202, "\(answer.text)")
                    }
                }
                func confirmed(_ first: Int) async throws {
                    for id in first...number {
                        try await eventually("ROLL-\(id) is confirmed", within: .seconds(60)) {
                            try await up.types(of: "ROLL-\(id)").contains("incident.confirmed")
                        }
                    }
                }

                let (oldWriter, oldReader) = (try process("reviewer", version: 1), try process("approver", version: 1))
                try await send(10)
                try await confirmed(1)
                // Readers first; then a writer of each version, while a reader is left that does not know the new one.
                let newReader = try process("approver", version: 2)
                try await send(10)
                let newWriter = try process("reviewer", version: 2)
                for _ in 0..<20 {
                    try await send(2)
                    try await Task.sleep(for: .milliseconds(50))
                }
                oldWriter.send(SIGTERM)
                #expect(try await oldWriter.exitCode() == 0)
                try await send(10)
                oldReader.send(SIGTERM)
                #expect(try await oldReader.exitCode() == 0)
                try await send(10)
                try await confirmed(1)

                var seen: [String: Int] = [:]
                for id in 1...number {
                    let types = try await up.types(of: "ROLL-\(id)")
                    #expect(types.count { $0 == "incident.confirmed" } == 1, "\(types)")
                    for type in ["incident.reviewed", "incident.reviewed.v2"] where types.contains(type) {
                        seen[type, default: 0] += 1
                    }
                    #expect(try await up.verdict(of: "ROLL-\(id)") == "succeeded")
                }
                #expect(seen.values.reduce(0, +) == number)
                #expect(seen.count == 2, "both versions were at work: \(seen)")
                try await up.untilReported((1...number).map { "ROLL-\($0)" })
                #expect(try await outside.effects() == .once(each: number))
                for program in [newReader, newWriter] {
                    program.send(SIGTERM)
                    #expect(try await program.exitCode() == 0)
                }
            }
        }

        /// The approver's topology with two stages that the test starts itself, and scripts that end at once.
        private static func rolling() throws -> String {
            let text = try String(contentsOfFile: Repository.path("topology/examples/approver.yaml"), encoding: .utf8)
            let (start, end) = ("  approver:\n", "  provisioner:\n")
            guard let from = text.range(of: start), let to = text.range(of: end) else {
                throw TestFailure("approver.yaml has no approver before its provisioner")
            }
            let stages = """
                  reviewer:
                    takes: [incident.approved]
                    emits: [incident.reviewed, incident.reviewed.v2]
                    command: [reviewer]
                    processes: 0
                  approver:
                    takes: [incident.reviewed, incident.reviewed.v2]
                    emits: [incident.confirmed]
                    command: [approver]
                    processes: 0

                """
            return text.replacingCharacters(in: from.lowerBound..<to.lowerBound, with: stages)
                .replacing("../policy.yaml", with: Repository.path("topology/policy.yaml"))
                .replacing("    scripts: ../../deploy/template/scripts\n", with: "")
        }
    }
}

extension Up {
    /// The types of an incident's events, in order.
    fileprivate func types(of id: String) async throws -> [String] {
        (try await incident(id)["timeline"]?.elements ?? []).compactMap { $0["type"]?.string }
    }
}

import Foundation
import GRDB
import Messages
import Secrets
import TestSupport
import Testing

extension EndToEnd {
    /// What `mendline ledger` gives away of a ledger with a token in it.
    @Suite struct LedgerFiles {
        private static let token = "cAnArY-ledger/7f+9=%&~x"

        @Test func noTokenIsInTheClear() async throws {
            try await Scene.with { scene in
                try scene.makeFolder("secrets")
                try scene.makeFolder("sockets")
                let key = TokenSeal.PrivateKey()
                try scene.write(key.publicKey.base64 + "\n", to: scene.data + "/secrets/seal-public-key")
                let topology = try scene.write(
                    TestTopology(coder: "http://127.0.0.1:9", incidents: "http://127.0.0.1:9")
                )
                let intake = try scene.start("intake", ["--topology", topology, "--data", scene.data])
                let caller = Caller(base: try await intake.address(), http: scene.http)
                var incident = JSONValue.incident("LEDGER-1").members
                incident["target_service_token"] = .string(Self.token)
                #expect(try await caller.post("/remediate", .object(incident), prefer: "respond-async").status == 202)
                // What is refused leaves nothing behind.
                incident["incident_id"] = .integer(7)
                #expect(try await caller.post("/remediate", .object(incident)).status == 422)

                var told: [(place: String, bytes: Data)] = []
                for arguments in [["show"], ["show", "--json"], ["check"], ["export"], ["export", "LEDGER-1"]] {
                    let program = try scene.start("mendline", ["ledger"] + arguments + ["--data", scene.data])
                    #expect(try await program.exitCode() == 0, "\(program.output)")
                    told.append((arguments.joined(separator: " "), Data(program.output.utf8)))
                }
                let copy = scene.folder + "/copy.sqlite"
                let backup = try scene.start("mendline", ["ledger", "backup", copy, "--data", scene.data])
                #expect(try await backup.exitCode() == 0, "\(backup.output)")
                told.append(("the backup", try Data(contentsOf: URL(fileURLWithPath: copy))))
                intake.send(SIGTERM)
                _ = await intake.ended()
                told.append(("the ledger", try Data(contentsOf: URL(fileURLWithPath: scene.data + "/ledger.sqlite"))))

                for (place, bytes) in told {
                    for form in [Self.token, Self.token.replacing("/", with: "\\/"), base64(Self.token)] {
                        #expect(bytes.range(of: Data(form.utf8)) == nil, "\(form) is in \(place)")
                    }
                }
                // What was looked through is the right thing: the incident is in it, and so is what was sealed.
                #expect(
                    told.allSatisfy { $0.place.hasPrefix("check") || $0.bytes.range(of: Data("LEDGER-1".utf8)) != nil }
                )
                let sealed = try await sealedToken(in: copy)
                #expect(try key.open(sealed, incidentID: "LEDGER-1") == Self.token)
            }
        }

        private static let settings: [(flags: [String], environment: [String: String], complaint: String?)] = [
            (["--keep-incidents", "59m"], [:], "less than limits.hold, 1h"),
            ([], ["INTAKE_KEEP_INCIDENTS": "30"], "write a whole number and one unit"),
            (["--keep-incidents", "2h"], ["INTAKE_KEEP_INCIDENTS": "1m"], nil),
        ]

        @Test(arguments: settings)
        func howLongIncidentsAreKeptIsChecked(
            flags: [String],
            environment: [String: String],
            complaint: String?
        ) async throws {
            try await Scene.with { scene in
                try scene.makeFolder("secrets")
                let key = TokenSeal.PrivateKey().publicKey.base64
                try scene.write(key + "\n", to: scene.data + "/secrets/seal-public-key")
                let topology = try scene.write(
                    TestTopology(coder: "http://127.0.0.1:9", incidents: "http://127.0.0.1:9")
                )
                let intake = try scene.start(
                    "intake",
                    ["--check", "--topology", topology, "--data", scene.data] + flags,
                    environment: environment
                )
                let code = try await intake.exitCode()
                if let complaint {
                    #expect(code != 0)
                    #expect(intake.output.contains(complaint), "\(intake.output)")
                } else {
                    #expect(code == 0, "\(intake.output)")
                }
            }
        }

        private func base64(_ text: String) -> String { String(Data(text.utf8).base64EncodedString().dropLast(4)) }

        private func sealedToken(in copy: String) async throws -> String {
            try await DatabaseQueue(path: copy).read {
                try String.fetchOne($0, sql: "SELECT sealed FROM secrets") ?? ""
            }
        }
    }
}

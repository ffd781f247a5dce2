import Foundation
import Logging
import Messages
import Synchronization
import Testing

@testable import CommandLineTool
@testable import Ledger

/// `mendline ledger` on real files.
@Suite(.timeLimit(.minutes(3))) struct LedgerCommandTests {
    private struct Result {
        var code: Int32
        var output: String
        var errors: String

        var lines: [JSONValue] {
            output.split(separator: "\n").map {
                (try? MessageCoding.decode(JSONValue.self, from: Array($0.utf8))) ?? .null
            }
        }
    }

    private func run(_ arguments: String...) async -> Result {
        let printed = Mutex((output: "", errors: ""))
        let console = Console(output: .none, diagnostics: .none) { stream, text in
            printed.withLock { if stream == .output { $0.output += text } else { $0.errors += text } }
        }
        let code = await CommandLineTool.run(
            arguments: ["ledger"] + arguments,
            context: CommandContext(environment: [:], console: console)
        )
        return printed.withLock { Result(code: code, output: $0.output, errors: $0.errors) }
    }

    /// A data folder with the ledger of an intake that accepted two incidents, one with a token, and still runs while
    /// `work` does.
    private func withLedger(_ work: (String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let store = try LedgerStore(path: folder + "/ledger.sqlite")
            let service = LedgerService(
                store: store,
                loaded: try await store.load(),
                rules: Rules(stages: ["validator": .init(role: .decides, takes: [.incidentAccepted])]),
                clock: { Moment(wall: .now, monotonic: 0) },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                send: { _, _ in }
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await service.run() }
                defer { service.stop() }
                for id in ["INC-1", "INC-2"] {
                    let incident = Incident(
                        incidentID: id,
                        serviceName: "payment-api",
                        severity: "critical",
                        description: "High CPU"
                    )
                    let answer = try await service.accept(
                        AcceptRequest(incident: incident, sender: "api", sealedToken: "sealed", traceparent: "00")
                    )
                    #expect(answer == .accepted)
                }
                await service.receive([Array("no message\u{1B}[2J".utf8)])
                try await work(folder)
            }
            try store.close()
        }
    }

    @Test(arguments: [["show"], ["size"], ["check"], ["backup"], ["export"]])
    func everyCommandTeachesByExample(command: [String]) async {
        let result = await run(command[0], "--help")
        #expect(result.code == 0)
        #expect(result.output.contains("Example"))
        #expect(result.output.contains("  mendline ledger \(command[0] == "size" ? "show" : command[0])"))
    }

    @Test func showCounts() async throws {
        try await withLedger { folder in
            let text = await run("show", "--data", folder)
            #expect(text.code == 0, "\(text.errors)")
            #expect(text.output.contains("incidents        2\n"), "\(text.output)")
            #expect(text.output.contains("  waiting        2\n"))
            #expect(text.output.contains("  oldest open    INC-1, "))
            #expect(text.output.contains("  validator      2   the oldest from "))
            #expect(text.output.contains("dead letters     1\n"))
            let json = await run("size", "--database", folder + "/ledger.sqlite", "--json")
            let summary = try #require(json.lines.first)
            #expect(json.lines.count == 1)
            #expect(summary["incidents"] == .object(["waiting": .integer(2)]))
            #expect(summary["dead_letters"] == .integer(1))
            #expect(summary["oldest_open"]?["incident_id"] == .string("INC-1"))
        }
    }

    @Test func checkFindsHarmAndSaysSoByItsExitCode() async throws {
        try await withLedger { folder in
            let sound = await run("check", "--data", folder)
            #expect(sound.code == 0)
            #expect(sound.output.hasSuffix("is sound: 2 incidents, 2 events, 2 open deliveries\n"), "\(sound.output)")
            let json = await run("check", "--data", folder, "--json")
            #expect(json.lines.first?["problems"] == .array([]))
        }
        try await withTemporaryFolder { folder in
            let store = try LedgerStore(path: folder + "/ledger.sqlite")
            let secret = Change.storeSecret(incident: "NOBODY\u{1B}[2J", "sealed")
            _ = try await store.commit(
                LedgerCore.Batch(changes: [secret], orders: []),
                installation: "test",
                rules: Rules(stages: [:])
            )
            try store.close()
            let harmed = await run("check", "--data", folder)
            #expect(harmed.code == 1)
            #expect(harmed.output == "")
            #expect(
                harmed.errors
                    == "the sealed token of incident NOBODY\\u{1B}[2J is still there although nobody needs it\n"
            )
        }
    }

    @Test func aBackupIsMadeWhileIntakeRuns() async throws {
        try await withLedger { folder in
            let copy = folder + "/copy.sqlite"
            let made = await run("backup", copy, "--data", folder)
            #expect(made.code == 0, "\(made.errors)")
            #expect(made.output.hasPrefix("\(copy): ") && made.output.hasSuffix(" KiB, checked\n"), "\(made.output)")
            #expect(await run("check", "--database", copy).code == 0)
            let again = await run("backup", copy, "--data", folder)
            #expect(again.code == 1)
            #expect(again.errors == "\(copy) is there already: name another file, or move that one away\n")
        }
    }

    @Test func exportPrintsEventsAsLines() async throws {
        try await withLedger { folder in
            let all = await run("export", "--data", folder)
            #expect(all.code == 0)
            #expect(all.lines.map { $0["incident_id"] } == [.string("INC-1"), .string("INC-2")])
            #expect(all.lines.map { $0["seq"] } == [.integer(1), .integer(2)])
            #expect(all.lines.allSatisfy { $0["type"] == .string("incident.accepted") })
            let one = await run("export", "INC-2", "--data", folder)
            #expect(one.lines == Array(all.lines.dropFirst()))
            let none = await run("export", "INC-3", "--data", folder)
            #expect(none.code == 1 && none.output == "")
            #expect(none.errors.contains("has no incident INC-3"))
        }
    }

    @Test(arguments: ["show", "check", "export"])
    func whereThereIsNoLedgerNothingIsMade(command: String) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let result = await run(command, "--data", folder)
            #expect(result.code == 1)
            #expect(result.errors.contains("there is no ledger \(folder)/ledger.sqlite: name the data folder"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    @Test(arguments: [
        (812, "812 B"), (4096, "4.0 KiB"), (1_572_864, "1.5 MiB"), (3_221_225_472, "3.0 GiB"), (0, "0 B"),
    ])
    func bytes(count: Int, text: String) { #expect(LedgerText.bytes(count) == text) }
}

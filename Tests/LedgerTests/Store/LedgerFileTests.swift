import Foundation
import GRDB
import Messages
import Synchronization
import Testing

@testable import Ledger

/// The ledger's file, looked at from beside.
@Suite("The ledger's file from beside", .timeLimit(.minutes(2)))
struct LedgerFileTests {
    private func lines(_ file: LedgerFile, _ incident: String? = nil) async throws -> [ExportedEvent] {
        let events = Mutex<[ExportedEvent]>([])
        try await file.export(incident) { event in events.withLock { $0.append(event) } }
        return events.withLock { $0 }
    }

    private static func filled(_ folder: LedgerFolder) async throws -> LedgerStore {
        let store = try folder.open()
        _ = try await store.load()
        try await store.add([
            EndedIncident(id: "I-1"), EndedIncident(id: "I-2", state: .declined, release: nil),
            EndedIncident(id: "I-3", state: .running, hasDelivery: true),
        ])
        try await store.commit([
            .deadLetter(
                DeadLetter(time: Timestamp(milliseconds: 7), source: "/x", reason: "no JSON", bytes: Array("s".utf8))
            )
        ])
        return store
    }

    @Test func theSummaryCounts() async throws {
        try await LedgerFolder.with { folder in
            let store = try await Self.filled(folder)
            let summary = try await LedgerFile(path: folder.path).summary()
            #expect(summary.incidents == ["finished": 1, "declined": 1, "running": 1])
            #expect(summary.events == 15)
            #expect(summary.logLines == 9)
            #expect(summary.epoch == 1 && summary.installation?.count == 12)
            #expect(summary.deliveries.map(\.stage) == ["reporter"])
            #expect(summary.deliveries.first?.open == 1)
            #expect(summary.oldest?.incident == "I-1" && summary.oldestOpen?.incident == "I-3")
            #expect(summary.deadLetters == 1 && summary.newestDeadLetter?.reason == "no JSON")
            #expect(summary.bytes > 0 && summary.logBytes > 0)
            try store.close()
            #expect(try await LedgerFile(path: folder.path).summary().logBytes == 0)
        }
    }

    @Test func aSoundLedgerHasNoProblems() async throws {
        try await LedgerFolder.with { folder in
            let store = try await Self.filled(folder)
            let findings = try await LedgerFile(path: folder.path).check()
            #expect(findings.problems == [])
            #expect(findings.incidents == 3 && findings.events == 15 && findings.deliveries == 1)
            try store.close()
        }
    }

    @Test func oneThatIsBeingRemovedIsSoundAtEveryStep() async throws {
        try await LedgerFolder.with { folder in
            let store = try await Self.filled(folder)
            var place: LedgerStore.RemovalPlace?
            repeat {
                place = try await store.remove(
                    endedBefore: Timestamp(milliseconds: 2_000_000),
                    creationRightsEndedBefore: Timestamp(milliseconds: 2_000_000),
                    after: place,
                    rows: 2
                ).next
                #expect(try await LedgerFile(path: folder.path).check().problems == [String]())
            } while place != nil
        }
    }

    /// Something done to a ledger, and what a check says of it.
    struct Harm: Sendable, CustomTestStringConvertible {
        var sql: String
        var told: String

        var testDescription: String { sql }
    }

    @Test(arguments: [
        Harm(sql: "DELETE FROM events WHERE incident = 'I-1'", told: "incident I-1 has no timeline"),
        Harm(
            sql: "DELETE FROM events WHERE incident = 'I-1' AND type = 'incident.accepted'",
            told: "incident I-1 begins with workspace.dispose"
        ),
        Harm(sql: "UPDATE events SET incident = 'X' WHERE sequence = 3", told: "event 3 is of incident X"),
        Harm(sql: "UPDATE deliveries SET event_sequence = 999", told: "of event 999, which is not in its timeline"),
        Harm(sql: "UPDATE deliveries SET event_sequence = 1", told: "of event 1, which is not in its timeline"),
        Harm(sql: "UPDATE deliveries SET incident = 'X'", told: "delivery D-I-3 is of incident X"),
        Harm(
            sql: """
                UPDATE incidents SET record = CAST(json_remove(CAST(record AS TEXT), '$.deadline') AS BLOB)
                WHERE id = 'I-3'
                """,
            told: "the record of incident I-3 cannot be read: deadline is missing"
        ),
        Harm(
            sql: """
                UPDATE incidents SET record = CAST(json_set(CAST(record AS TEXT), '$.deadline',
                '1970-01-01T00:00:00.000Z') AS BLOB) WHERE id = 'I-3'
                """,
            told: "incident I-3 is open and its deadline lies before its beginning"
        ),
        Harm(
            sql: "UPDATE incidents SET is_open = 1 WHERE id = 'I-1'",
            told: "incident I-1 says otherwise than its row"
        ),
        Harm(
            sql: "UPDATE incidents SET record = x'7b' WHERE id = 'I-1'",
            told: "the record of incident I-1 cannot be read"
        ),
        Harm(sql: "INSERT INTO secrets VALUES ('I-1', 'x')", told: "the sealed token of incident I-1 is still there"),
        Harm(
            sql: """
                PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage =
                (SELECT rootpage FROM sqlite_schema WHERE name = 'secrets') WHERE name = 'counters'
                """,
            told: "the file is damaged"
        ),
    ])
    func harmIsFound(_ harm: Harm) async throws {
        try await LedgerFolder.with { folder in
            let store = try await Self.filled(folder)
            try store.close()
            var configuration = Configuration()
            // Else SQLite lets nobody write its schema.
            configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA writable_schema = ON") }
            let other = try DatabaseQueue(path: folder.path, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.execute(sql: harm.sql) }
            try other.close()
            let problems = try await LedgerFile(path: folder.path).check().problems
            #expect(problems.contains { $0.contains(harm.told) }, "\(problems)")
        }
    }

    @Test func aBackupIsWholeAndOpensWhileIntakeIsAtWork() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            let copy = folder.folder.path + "/copy.sqlite"
            try await folder.serve(store) { (service) async throws in
                for number in 1...20 { _ = try await service.accept(LedgerFolder.request("before-\(number)")) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for number in 1...50 { _ = try await service.accept(LedgerFolder.request("beside-\(number)")) }
                    }
                    let bytes = try await LedgerFile(path: folder.path).backup(to: copy)
                    #expect(bytes > 0)
                    try await group.waitForAll()
                }
                #expect(try await store.ids().count == 70, "nobody was held up")
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.folder.path)
            #expect(names.filter { $0.hasPrefix("copy") } == ["copy.sqlite"], "one file, complete by itself")
            let mode = try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try await LedgerFile(path: copy).check().problems == [String]())
            let opened = try LedgerStore(path: copy)
            let ids = try await opened.ids()
            #expect(ids.filter { $0.hasPrefix("before-") }.count == 20)
            #expect(try await opened.load().epoch == 2, "it goes on as after a restart")
            try opened.close()
        }
    }

    @Test func aBackupReplacesNothing() async throws {
        try await LedgerFolder.with { folder in
            let store = try await Self.filled(folder)
            let copy = folder.folder.path + "/copy.sqlite"
            try Data("mine".utf8).write(to: URL(filePath: copy))
            let error = await #expect(throws: LedgerError.self) {
                _ = try await LedgerFile(path: folder.path).backup(to: copy)
            }
            #expect(error?.code == .fileExists)
            #expect(error?.message.contains(copy) == true)
            #expect(try Data(contentsOf: URL(filePath: copy)) == Data("mine".utf8))
            let nowhere = await #expect(throws: LedgerError.self) {
                _ = try await LedgerFile(path: folder.path).backup(to: folder.folder.path + "/none/copy.sqlite")
            }
            #expect(nowhere?.code == .cannotWrite)
            try store.close()
        }
    }

    @Test func timelinesAreExportedInOrder() async throws {
        try await LedgerFolder.with { folder in
            let store = try await Self.filled(folder)
            let file = try LedgerFile(path: folder.path)
            let all = try await lines(file)
            #expect(
                all.map(\.incident) == Array(repeating: "I-1", count: 6) + Array(repeating: "I-2", count: 4)
                    + Array(repeating: "I-3", count: 5)
            )
            #expect(all.map(\.sequence) == Array(1...15))
            #expect(try await lines(file, "I-2") == Array(all[6..<10]))
            let one = try #require(all.first)
            #expect(one.type == .incidentAccepted && one.source == "/intake" && one.data["incident"] != nil)
            #expect(try await lines(file, LedgerCore.sweeps) == [])
            let error = await #expect(throws: LedgerError.self) { _ = try await lines(file, "I-9") }
            #expect(error?.code == .unknownIncident)
            #expect(error?.message.contains("I-9") == true)
            try store.close()
        }
    }

    @Test func whatCannotBeReadIsTold() async throws {
        try await LedgerFolder.with { folder in
            let missing = #expect(throws: LedgerError.self) { try LedgerFile(path: folder.path) }
            #expect(missing?.code == .notThere)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.folder.path) == [], "nothing is made")

            try Data(repeating: 7, count: 5000).write(to: URL(filePath: folder.path))
            #expect(#expect(throws: LedgerError.self) { try LedgerFile(path: folder.path) }?.code == .cannotOpen)
            try FileManager.default.removeItem(atPath: folder.path)

            let other = try DatabaseQueue(path: folder.path)
            try await other.write { try $0.execute(sql: "CREATE TABLE t (x)") }
            try other.close()
            let foreign = #expect(throws: LedgerError.self) { try LedgerFile(path: folder.path) }
            #expect(foreign?.code == .cannotOpen && foreign?.message.contains("not a ledger") == true)
            try FileManager.default.removeItem(atPath: folder.path)

            let store = try folder.open()
            try await store.database.write { db in
                try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('v999')")
            }
            try store.close()
            #expect(#expect(throws: LedgerError.self) { try LedgerFile(path: folder.path) }?.code == .newerSchema)
        }
    }

    @Test func lookingChangesNothing() async throws {
        try await LedgerFolder.with { folder in
            try await Self.filled(folder).close()
            let before = try Data(contentsOf: URL(filePath: folder.path))
            let file = try LedgerFile(path: folder.path)
            _ = try await file.summary()
            _ = try await file.check()
            _ = try await lines(file)
            #expect(try Data(contentsOf: URL(filePath: folder.path)) == before)
        }
    }

    @Test func aStartReadsWhatIsOpenByIndexesOnly() async throws {
        try await LedgerFolder.with { folder in
            let store = try await Self.filled(folder)
            let plan = try await store.database.read { db in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + LedgerStore.openRecordsQuery).map {
                    $0["detail"] as String
                }
            }
            let scans = plan.filter { $0.hasPrefix("SCAN incidents") && !$0.contains("USING INDEX incidents_open") }
            #expect(scans == [], "\(plan)")
            try await store.add([EndedIncident(id: "I-4", hasDelivery: true)])
            let loaded = try await store.load()
            #expect(loaded.incidents.map(\.id) == ["I-3", LedgerCore.sweeps, "I-4"], "each once")
            #expect(loaded.deliveries.count == 2)
        }
    }
}

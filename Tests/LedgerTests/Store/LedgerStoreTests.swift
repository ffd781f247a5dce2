import Foundation
import GRDB
import Messages
import Testing

@testable import Ledger

/// The ledger's file.
@Suite("The ledger's store", .timeLimit(.minutes(2)))
struct LedgerStoreTests {
    @Test func syncsEveryCommit() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            let (mode, synchronous) = try await store.database.write { db in
                (
                    try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                    try Int.fetchOne(db, sql: "PRAGMA synchronous")
                )
            }
            #expect(mode == "wal")
            #expect(synchronous == 2, "FULL, https://www.sqlite.org/pragma.html#pragma_synchronous")
        }
    }

    @Test func aNewerSchemaIsRefusedAndLeftAsItIs() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            try await store.database.write { db in
                try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('v999')")
            }
            try store.close()
            let error = #expect(throws: LedgerError.self) { try folder.open() }
            #expect(error?.code == .newerSchema)
            #expect(error?.message.contains(folder.path) == true)
            #expect(error?.message.contains("newer Mendline") == true)
            let schemas = try await DatabaseQueue(path: folder.path).read { db in
                try String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations ORDER BY identifier")
            }
            #expect(schemas == LedgerSchema.migrator.migrations.sorted() + ["v999"])
        }
    }

    @Test func whatIsNoLedgerCannotBeOpened() async throws {
        try await LedgerFolder.with { folder in
            try Data(repeating: 7, count: 5000).write(to: URL(filePath: folder.path))
            #expect(throws: LedgerError.self) { try folder.open() }
            #expect(try Data(contentsOf: URL(filePath: folder.path)) == Data(repeating: 7, count: 5000))
            let error = #expect(throws: LedgerError.self) {
                try LedgerStore(path: folder.folder.path + "/none/ledger.sqlite")
            }
            #expect(error?.code == .cannotOpen)
        }
    }

    @Test func aRestartGoesOnFromWhatIsStored() async throws {
        try await LedgerFolder.with { folder in
            var ledger = CoreFixture()
            for stage in CoreFixture.rules.stages.keys { try ledger.beat(stage) }
            _ = ledger.accept()
            _ = ledger.accept(CoreFixture.incident("I-2"))
            let decide = try #require(ledger.finish().first { $0.incident == "I-1" })
            try ledger.done(decide, [IncidentApproved(plan: ledger.plan())])
            ledger.finish()

            let store = try folder.open()
            let first = try await store.load()
            #expect(first.incidents.map(\.id) == [LedgerCore.sweeps])
            #expect(first.deliveries.isEmpty)
            #expect(first.nextSequence == 1)
            try await store.commit(ledger.changes)
            try store.close()

            let again = try folder.open()
            let second = try await again.load()
            #expect(second.installation == first.installation)
            #expect(first.installation.count == 12)
            #expect(second.epoch == first.epoch + 1)
            #expect(second.nextSequence == 4, "two were accepted, one was approved")
            #expect(Set(second.incidents.map(\.id)) == ["I-1", "I-2", LedgerCore.sweeps])
            #expect(second.incidents.first { $0.id == "I-1" } == ledger.stored("I-1"))
            let open = second.deliveries.map { "\($0.incident) \($0.stage)" }
            #expect(open.sorted() == ["I-1 provisioner", "I-2 validator"])
            #expect(second.deliveries.allSatisfy { delivery in ledger.changes.contains(.saveDelivery(delivery)) })
        }
    }

    @Test func aFailedCommitLeavesNothing() async throws {
        try await LedgerFolder.with { folder in
            var ledger = CoreFixture()
            _ = ledger.accept()
            ledger.finish()
            let store = try folder.open()
            _ = try await store.load()
            // The last of them cannot be: there is one already.
            let error = await #expect(throws: LedgerError.self) {
                try await store.commit(ledger.changes + ledger.changes.prefix(1))
            }
            #expect(error?.code == .cannotWrite)
            #expect(try await store.ids() == [])
            #expect(try await store.load().deliveries.isEmpty)
            try await store.commit(ledger.changes)
            #expect(try await store.ids() == ["I-1"])
        }
    }

    @Test func anErasedSecretLeavesNoBytes() async throws {
        let marked = "sEaLeD-0123456789"
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            try await store.commit([.storeSecret(incident: "I-1", marked), .storeSecret(incident: "I-2", "other-9876")])
            #expect(try folder.bytes().range(of: Data(marked.utf8)) != nil)
            try await store.commit([.eraseSecret(incident: "I-1")])
            try store.close()
            #expect(try folder.bytes().range(of: Data(marked.utf8)) == nil)
            #expect(try folder.bytes().range(of: Data("other-9876".utf8)) != nil)
        }
    }

    @Test func deadLettersAreBounded() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            let letters = (1...10_005).map { number in
                Change.deadLetter(
                    DeadLetter(time: Timestamp(milliseconds: 1), source: "s", reason: "\(number)", bytes: [])
                )
            }
            try await store.commit(letters)
            #expect(try await store.deadLetterCount() == 10_000)
            let oldest = try await store.database.read { db in
                try String.fetchOne(db, sql: "SELECT reason FROM dead_letters ORDER BY number LIMIT 1")
            }
            #expect(oldest == "6")
        }
    }

    @Test func aLineOfALogIsKeptOnce() async throws {
        func line(_ number: Int, _ log: String = "agent") -> LogLine {
            LogLine(
                log: log,
                line: Int64(number),
                time: Timestamp(milliseconds: Int64(number)),
                level: "info",
                source: "s",
                text: "\(log) \(number)"
            )
        }
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            try await store.commit([.appendLog(incident: "I-1", [line(1), line(2)])])
            try await store.commit([.appendLog(incident: "I-1", [line(2), line(3), line(1, "build")])])
            try await store.commit([.appendLog(incident: "I-2", [line(1)])])
            let first = try await store.logs(of: "I-1", after: 0, limit: 3)
            #expect(first.lines == [line(1), line(2), line(3)])
            let rest = try await store.logs(of: "I-1", after: first.next, limit: 3)
            #expect(rest.lines == [line(1, "build")])
            let end = try await store.logs(of: "I-1", after: rest.next, limit: 3)
            #expect(end.lines.isEmpty)
            #expect(end.next == rest.next)
        }
    }

    @Test func servicesThatAreCountedAreBounded() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            func measures(_ service: String) -> [Change] {
                let labels = ["incident_type": service, "status": "x"]
                return [.measure(.count("made", labels: labels)), .measure(.seconds("took", labels: labels, 1))]
            }
            let most = LedgerStore.maximumLabels
            try await store.commit((0..<most + 50).flatMap { measures("s-\($0)") })
            try await store.commit(measures("s-0") + measures("new"))
            let counted = try await store.counted()
            for name in ["made", "took"] {
                #expect(counted.filter { $0.name == name }.count == most + 1)
            }
            func made(_ service: String) -> Double? {
                counted.first { $0.name == "made" && $0.labels == ["incident_type": service, "status": "x"] }?.value
            }
            #expect(made("s-0") == 2, "whoever is known stays known")
            #expect(made("s-\(most)") == nil)
            #expect(made("other") == 51)
        }
    }

    @Test func countsSurviveARestart() async throws {
        try await LedgerFolder.with { folder in
            let labels = ["status": "success"]
            for _ in 0..<2 {
                let store = try folder.open()
                try await store.commit([
                    .measure(.count("made", labels: labels)), .measure(.seconds("took", labels: labels, 0.75)),
                    .measure(.seconds("took", labels: labels, 99_999)), .measure(.count("made", labels: [:])),
                ])
                try store.close()
            }
            let counted = try await folder.open().counted()
            #expect(counted.first { $0.name == "made" && $0.labels == labels }?.value == 2)
            #expect(counted.first { $0.name == "made" && $0.labels.isEmpty }?.value == 2)
            let took = try #require(counted.first { $0.name == "took" })
            #expect(took.sum == 2 * (0.75 + 99_999))
            let bucket = try #require(DurationBuckets.bounds.firstIndex(of: 1))
            #expect(took.buckets?[bucket] == 2)
            #expect(took.buckets?.last == 2)
            #expect(took.buckets?.reduce(0, +) == 4)
        }
    }
}

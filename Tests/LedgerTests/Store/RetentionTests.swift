import Foundation
import GRDB
import Messages
import Synchronization
import Testing

@testable import Ledger

/// What has been ended for long enough goes, and nothing else.
@Suite("Retention", .timeLimit(.minutes(2)))
struct RetentionTests {
    @Test func whatIsOverGoesAndNothingElse() async throws {
        let young = Timestamp(milliseconds: 3_000_000)
        let gone = [
            EndedIncident(id: "done"), EndedIncident(id: "declined", state: .declined, release: nil),
            EndedIncident(id: "cancelled", state: .cancelled, creationRightEnds: Timestamp(milliseconds: 1_999_999)),
        ]
        let kept = [
            EndedIncident(id: "young", finishedAt: young), EndedIncident(id: "open", state: .running),
            EndedIncident(id: "reporting", hasDelivery: true), EndedIncident(id: "left", release: .never),
            EndedIncident(id: "given-up", release: .givenUp),
            EndedIncident(id: "late-create", creationRightEnds: Timestamp(milliseconds: 2_000_000)),
        ]
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            _ = try await store.load()
            try await store.add(kept)
            let before = try await store.rows()
            try await store.add(gone)
            try await store.commit([.storeSecret(incident: "done", "sealed")])
            let steps = try await store.removeAll()
            #expect(steps.map(\.incidents) == [3])
            #expect(Set(try await store.ids()) == Set(kept.map(\.id)))
            var after = try await store.rows()
            #expect(after.removeValue(forKey: "removed") == 3)
            #expect(
                after == before.filter { $0.key != "removed" },
                "nothing of the three is left, all of the others is"
            )
            #expect(try await store.counted().first { $0.name == "mendline_incidents_removed_total" }?.value == 3)
            #expect(try await store.removeAll().map(\.incidents) == [0])
        }
    }

    @Test func itGoesInSmallStepsAndTheRecordLast() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            _ = try await store.load()
            try await store.add([EndedIncident(id: "long", logLines: 2500, events: 70)])
            try await store.add((1...30).map { EndedIncident(id: "I-\($0)") })
            let changes = ChangesPerCommit()
            store.database.add(transactionObserver: changes, extent: .databaseLifetime)
            var place: LedgerStore.RemovalPlace?
            var steps = 0
            repeat {
                let step = try await store.remove(
                    endedBefore: Timestamp(milliseconds: 2_000_000),
                    creationRightsEndedBefore: Timestamp(milliseconds: 2_000_000),
                    after: place,
                    rows: 200
                )
                place = step.next
                steps += 1
                #expect(step.rows < 200 + 80, "only a timeline goes beyond the bound, as a whole")
                let lines = try await store.count("log_lines WHERE incident = 'long'")
                let events = try await store.count("events WHERE incident = 'long'")
                let isKnown = try await store.ids().contains("long")
                #expect(isKnown ? events == 74 : lines == 0 && events == 0, "the timeline is whole or gone with its id")
            } while place != nil && steps < 1000
            #expect(steps > 12)
            #expect(try await store.ids() == [])
            // Beside the rows that are bounded each incident leaves one, and each step notes a place and a count.
            #expect(changes.most <= 2 * 280 + 10, "\(changes.most)")
        }
    }

    /// A look at half of it would see a workspace that nobody has released.
    @Test func aTimelineThatIsLongerThanAStepGoes() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            _ = try await store.load()
            try await store.add((1...20).map { EndedIncident(id: "I-\($0)", logLines: $0, events: 9) })
            try await store.removeAll(rows: 7)
            #expect(try await store.ids() == [])
        }
    }

    @Test func whatIsKnownByNameOnlyStaysUntilItIsReleased() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            _ = try await store.load()
            try await store.add([EndedIncident(id: "I-1", release: nil)])
            let byName = WorkspaceReference(workspaceID: nil, workspaceName: "m-1")
            let found = WorkspaceReference(workspaceID: "w-1", workspaceName: "m-1")
            try await store.append(WorkspaceReleased(workspace: byName, deleted: false, reason: "r"), by: "/ledger")
            try await store.removeAll()
            #expect(try await store.ids() == ["I-1"], "the provisioner has given up, so the sweep must know it")
            try await store.append(WorkspaceExpiring(step: .erase, workspace: found), by: "/provisioner/1")
            try await store.removeAll()
            #expect(try await store.ids() == ["I-1"])
            try await store.append(WorkspaceReleased(workspace: found, deleted: true), by: "/provisioner/1")
            try await store.removeAll()
            #expect(try await store.ids() == [])
        }
    }

    @Test func thePlacesOfEventsNeverComeAgain() async throws {
        try await LedgerFolder.with { folder in
            var store = try folder.open()
            _ = try await store.load()
            try await store.add([EndedIncident(id: "I-1"), EndedIncident(id: "I-2")])
            let next = try await store.load().nextSequence
            #expect(next == 13)
            try await store.removeAll()
            #expect(try await store.count("events") == 0)
            try store.close()
            store = try folder.open()
            #expect(try await store.load().nextSequence == next)
        }
    }

    @Test func theSweepsTimelineIsBoundedToo() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            _ = try await store.load()
            let events = (1...1200).map { number in
                Change.append(
                    EventRecord(
                        sequence: Int64(number),
                        id: "S-\(number)",
                        incident: LedgerCore.sweeps,
                        operatorAttempt: 1,
                        type: .sweepDue,
                        source: "/ledger",
                        time: Timestamp(milliseconds: Int64(number)),
                        data: .object([:])
                    )
                )
            }
            try await store.commit(events)
            var record = LedgerCore.sweepsRecord(at: Timestamp(milliseconds: 1))
            record.unreported = true
            try await store.commit([.updateIncident(record)])
            let steps = try await store.removeAll(endedBefore: Timestamp(milliseconds: 1001))
            #expect(steps.allSatisfy { $0.rows <= 500 })
            #expect(try await store.count("events") == 200)
            #expect(try await store.load().incidents.map(\.id) == [LedgerCore.sweeps], "the sweeps themselves stay")
        }
    }

    @Test func theFileLevelsOff() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            _ = try await store.load()
            var sizes: [Int] = []
            let text = String(repeating: "x", count: 3000)
            for round in 1...12 {
                try await store.add(
                    (1...60).map { EndedIncident(id: "R\(round)-\($0)", logLines: 40, description: text) }
                )
                try await store.database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
                sizes.append(try folder.bytes().count)
                try await store.removeAll()
            }
            let first = try #require(sizes.first)
            #expect(first > 300_000, "a round is worth something")
            let most = try #require(sizes.max())
            #expect(most < first * 13 / 10, "twelve rounds take hardly more than one: \(sizes)")
        }
    }

    @Test func anOlderLedgersEndsAreFilledIn() async throws {
        try await LedgerFolder.with { folder in
            let old = try DatabasePool(path: folder.path)
            try LedgerSchema.migrator.migrate(old, upTo: "v1")
            var sequence: Int64 = 1
            let changes = try EndedIncident(id: "old").changes(from: &sequence)
            try await old.write { db in
                for change in changes {
                    if case .updateIncident = change { continue }
                    try LedgerStore.apply(change, db)
                }
                try db.execute(sql: "UPDATE incidents SET is_open = 0")
            }
            try old.close()
            let store = try folder.open()
            #expect(try await store.ids() == ["old"])
            try await store.removeAll()
            #expect(try await store.ids() == [])
        }
    }

    @Test func thePaceIsKept() {
        let retention = Retention(keep: 1, rowsPerCommit: 10, pause: 100, lookEvery: 5000)
        var pace = RemovalPace(retention)
        #expect(pace.isDue(at: 0))
        let place = LedgerStore.RemovalPlace(finishedAt: 7, number: 3)
        pace.took(LedgerStore.Removal(next: place), at: 0)
        #expect(!pace.isDue(at: 99) && pace.isDue(at: 100) && pace.place == place)
        pace.failed(at: 100)
        #expect(!pace.isDue(at: 5099) && pace.isDue(at: 5100) && pace.place == place, "it goes on where it was")
        pace.took(LedgerStore.Removal(), at: 5100)
        #expect(!pace.isDue(at: 10_099) && pace.isDue(at: 10_100) && pace.place == nil)
    }

    /// The most rows that one transaction has changed.
    private final class ChangesPerCommit: TransactionObserver, Sendable {
        private let state = Mutex((now: 0, most: 0))

        var most: Int { state.withLock { $0.most } }
        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
        func databaseDidChange(with event: DatabaseEvent) { state.withLock { $0.now += 1 } }
        func databaseDidCommit(_ db: Database) { state.withLock { $0 = (0, max($0.most, $0.now)) } }
        func databaseDidRollback(_ db: Database) {}
    }
}

extension LedgerStore {
    /// How many rows there are.
    func count(_ what: String) async throws -> Int {
        try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(what)") ?? 0 }
    }

    /// How many rows each table has that holds something of an incident.
    fileprivate func rows() async throws -> [String: Int] {
        var rows: [String: Int] = [:]
        for table in ["incidents", "events", "deliveries", "secrets", "log_lines", "removed"] {
            rows[table] = try await count(table)
        }
        return rows
    }
}

import Foundation
import GRDB
import Messages

/// Removing what has been ended for long enough.
///
/// The file does not shrink by it: SQLite fills the free pages before it makes the file longer, so its size levels off
/// at the most that was ever kept at once. Moving pages to give them back (auto_vacuum) would cost every commit, and
/// the next storm of alerts would take them again.
extension LedgerStore {
    /// Where a look through the ended incidents has come to.
    struct RemovalPlace: Sendable, Hashable {
        var finishedAt: Int64
        var number: Int64
    }

    /// What one step has removed.
    struct Removal: Sendable, Hashable {
        /// How many incidents are gone.
        var incidents = 0
        /// How many rows were looked at or removed.
        var rows = 0
        /// Where the next step goes on; nil when all were looked at.
        var next: RemovalPlace?
    }

    /// Removes in one transaction at most so many rows of incidents that have ended, are settled, and whose workspaces
    /// are gone.
    ///
    /// An incident's log goes first, from its end, and then all the rest at once, so that until then its id is known and
    /// taken, and its timeline whole. It leaves behind how many attempts it had: an incident of the same id may be
    /// accepted anew and counts on from there, since the name of a workspace follows from both and never comes again.
    ///
    /// - Parameters:
    ///   - end: only incidents that ended before this.
    ///   - rightsEnd: only incidents whose last right to create a workspace ended before this.
    ///   - place: where the step before has stopped.
    ///   - rows: the bound.
    /// - Returns: what was removed, and where to go on.
    /// - Throws: ``LedgerError`` with code `cannotWrite`; then nothing is removed.
    func remove(
        endedBefore end: Timestamp,
        creationRightsEndedBefore rightsEnd: Timestamp,
        after place: RemovalPlace?,
        rows: Int
    ) async throws(LedgerError) -> Removal {
        do {
            // Most looks find nothing, and a read holds nobody up.
            let hasAny = try await database.read { db in
                try Self.candidate(db, endedBefore: end, after: place) != nil || Self.hasOldSweeps(db, before: end)
            }
            guard hasAny else { return Removal() }
            return try await database.write { db in
                try Self.remove(db, end, rightsEnd, place, rows)
            }
        } catch {
            throw LedgerError(
                code: .cannotWrite,
                message:
                    "old incidents cannot be removed from the ledger: \(error); see that the disk has room and the "
                    + "folder is writable"
            )
        }
    }

    private static func remove(
        _ db: Database,
        _ end: Timestamp,
        _ rightsEnd: Timestamp,
        _ start: RemovalPlace?,
        _ bound: Int
    ) throws -> Removal {
        var removal = Removal()
        var place = start
        while removal.rows < bound {
            guard let candidate = try candidate(db, endedBefore: end, after: place) else {
                removal.rows += try removeOldSweeps(db, before: end, atMost: bound - removal.rows)
                break
            }
            removal.rows += 1
            if try isRemovable(candidate.record, rightsEnd, db) {
                let isGone = try remove(candidate.record, db, &removal.rows, bound)
                guard isGone else { break }
                removal.incidents += 1
            }
            place = candidate.place
        }
        if removal.rows >= bound { removal.next = place ?? RemovalPlace(finishedAt: .min, number: 0) }
        for _ in 0..<removal.incidents { try count(.count("mendline_incidents_removed_total", labels: [:]), db) }
        return removal
    }

    private struct Candidate {
        var place: RemovalPlace
        var record: IncidentRecord
    }

    private static func candidate(
        _ db: Database,
        endedBefore end: Timestamp,
        after place: RemovalPlace?
    ) throws -> Candidate? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT number, finished_at, record FROM incidents
                    WHERE finished_at < ? AND (finished_at, number) > (?, ?) AND id <> '\(LedgerCore.sweeps)'
                    ORDER BY finished_at, number LIMIT 1
                    """
            ),
            arguments: [end.milliseconds, place?.finishedAt ?? Int64.min, place?.number ?? 0]
        )
        guard let row else { return nil }
        return Candidate(
            place: RemovalPlace(finishedAt: row["finished_at"], number: row["number"]),
            record: try MessageCoding.decodeChecked(IncidentRecord.self, from: row["record"])
        )
    }

    /// Whether nothing of the incident can come any more: no delivery, no delayed create, no workspace that the sweep
    /// would have to know.
    private static func isRemovable(_ record: IncidentRecord, _ rightsEnd: Timestamp, _ db: Database) throws -> Bool {
        if let right = record.creationRightEnds, right >= rightsEnd { return false }
        let isOpen = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT 1 FROM deliveries WHERE incident = ? LIMIT 1"),
            arguments: [record.id]
        )
        guard isOpen == nil else { return false }
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT type, source, data FROM events WHERE incident = ?
                    AND type IN ('workspace.created', 'workspace.expiring', 'workspace.released')
                    """
            ),
            arguments: [record.id]
        )
        var known: Set<WorkspaceReference> = []
        var released: Set<WorkspaceReference> = []
        for row in rows {
            let data: Data = row["data"]
            switch row["type"] as String {
            case EventType.workspaceCreated.rawValue:
                known.insert(try MessageCoding.decodeChecked(WorkspaceCreated.self, from: data).reference)
            case EventType.workspaceExpiring.rawValue:
                // One that was stopped by its name has no other event that knows its id.
                known.insert(try MessageCoding.decodeChecked(WorkspaceExpiring.self, from: data).workspace)
            default:
                let workspace = try MessageCoding.decodeChecked(WorkspaceReleased.self, from: data).workspace
                // The ledger's own word is that the provisioner gave up: then the sweep must still know the workspace.
                if row["source"] as String == "/ledger" { known.insert(workspace) } else { released.insert(workspace) }
            }
        }
        let ids = Set(released.compactMap(\.workspaceID))
        let names = Set(released.map(\.workspaceName))
        return known.allSatisfy { $0.workspaceID.map(ids.contains) ?? names.contains($0.workspaceName) }
    }

    /// - Returns: whether all of it is gone; else the rest is for the next step.
    private static func remove(
        _ record: IncidentRecord,
        _ db: Database,
        _ rows: inout Int,
        _ bound: Int
    ) throws -> Bool {
        try run(
            db,
            """
            DELETE FROM log_lines WHERE number IN
            (SELECT number FROM log_lines WHERE incident = ? ORDER BY number DESC LIMIT ?)
            """,
            [record.id, max(bound - rows, 0)]
        )
        rows += db.changesCount
        let isLeft = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT 1 FROM log_lines WHERE incident = ? LIMIT 1"),
            arguments: [record.id]
        )
        guard isLeft == nil else { return false }
        // A timeline goes as a whole and with its record, whatever the bound: half of one would tell another history, and
        // would not tell whether the workspaces are gone.
        try rememberLastSequence(db)
        try run(db, "DELETE FROM events WHERE incident = ?", [record.id])
        rows += db.changesCount
        try run(db, "DELETE FROM secrets WHERE incident = ?", [record.id])
        try run(
            db,
            "INSERT INTO removed VALUES (?, ?) ON CONFLICT DO UPDATE SET attempts = max(attempts, excluded.attempts)",
            [key(of: record.id), record.operatorAttempt]
        )
        try run(db, "DELETE FROM incidents WHERE id = ?", [record.id])
        return true
    }

    /// The places of events must not come again, even where the last of them is removed.
    private static func rememberLastSequence(_ db: Database) throws {
        try run(
            db,
            "INSERT INTO meta VALUES ('last_sequence', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            ["\(try lastSequence(db))"]
        )
    }

    // MARK: - The sweeps' timeline, which never ends

    private static let oldSweeps = """
        SELECT sequence FROM events WHERE incident = '\(LedgerCore.sweeps)' AND time < ?
        AND sequence NOT IN (SELECT event_sequence FROM deliveries WHERE incident = '\(LedgerCore.sweeps)')
        """

    private static func hasOldSweeps(_ db: Database, before end: Timestamp) throws -> Bool {
        try Int64.fetchOne(db.cachedStatement(sql: oldSweeps + " LIMIT 1"), arguments: [end.milliseconds]) != nil
    }

    private static func removeOldSweeps(_ db: Database, before end: Timestamp, atMost bound: Int) throws -> Int {
        try rememberLastSequence(db)
        try run(
            db,
            "DELETE FROM events WHERE sequence IN (\(oldSweeps) ORDER BY sequence LIMIT ?)",
            [end.milliseconds, bound]
        )
        return db.changesCount
    }

    // MARK: - What stays of an incident

    /// How many attempts an incident had that was removed; nil where none of this id was.
    static func attempts(ofRemoved incident: String, _ db: Database) throws -> Int? {
        try Int.fetchOne(
            db.cachedStatement(sql: "SELECT attempts FROM removed WHERE key = ?"),
            arguments: [key(of: incident)]
        )
    }

    /// Eight bytes for an id, by FNV-1a.
    ///
    /// Where two ids share them, the later one's attempts begin higher, which harms nobody.
    private static func key(of incident: String) -> Int64 {
        let hash = incident.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Int64(bitPattern: hash)
    }
}

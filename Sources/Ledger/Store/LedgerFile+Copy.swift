import Foundation
import GRDB
import Glibc
public import Messages

/// One event of a timeline, for the world outside of the ledger.
public struct ExportedEvent: Sendable, Hashable, Encodable {
    /// The incident.
    public var incident: String
    /// Its place among the events of all incidents.
    public var sequence: Int64
    /// Its id, unique.
    public var id: String
    /// Its type.
    public var type: EventType
    /// When it was taken.
    public var time: Timestamp
    /// Who caused it.
    public var source: String
    /// The attempt of the incident.
    public var operatorAttempt: Int
    /// Its content.
    public var data: JSONValue

    private enum CodingKeys: String, CodingKey {
        case id, type, time, source, data
        case incident = "incident_id"
        case sequence = "seq"
        case operatorAttempt = "operator_attempt"
    }
}

extension LedgerFile {
    /// Reads timelines event by event: of one incident, or of all in the order in which they came.
    ///
    /// - Parameters:
    ///   - incident: the incident; nil for all.
    ///   - take: gets each event; it is called on the file's own queue and may block.
    /// - Throws: ``LedgerError`` where there is no such incident or the file cannot be read.
    public func export(
        _ incident: String?,
        _ take: @escaping @Sendable (ExportedEvent) throws -> Void
    ) async throws(LedgerError) {
        let path = path
        try await read("the timelines") { db in
            let rows: RowCursor
            if let incident {
                let isKnown = try Int.fetchOne(db, sql: "SELECT 1 FROM incidents WHERE id = ?", arguments: [incident])
                guard isKnown != nil else {
                    throw LedgerError(
                        code: .unknownIncident,
                        message:
                            "the ledger \(path) has no incident \(incident); `mendline ledger export` without an id "
                            + "prints all"
                    )
                }
                rows = try Row.fetchCursor(
                    db,
                    sql: "SELECT * FROM events WHERE incident = ? ORDER BY sequence",
                    arguments: [incident]
                )
            } else {
                rows = try Row.fetchCursor(
                    db,
                    sql: """
                        SELECT events.* FROM incidents JOIN events ON events.incident = incidents.id
                        WHERE incidents.id <> '\(LedgerCore.sweeps)' ORDER BY incidents.number, events.sequence
                        """
                )
            }
            while let row = try rows.next() {
                let event = try EventRecord(row: row)
                try take(
                    ExportedEvent(
                        incident: event.incident,
                        sequence: event.sequence,
                        id: event.id,
                        type: event.type,
                        time: event.time,
                        source: event.source,
                        operatorAttempt: event.operatorAttempt,
                        data: event.data
                    )
                )
            }
        }
    }

    /// Copies the ledger as it is at one moment, by SQLite's online backup; intake goes on meanwhile.
    ///
    /// The copy is one file, for its owner only, checked and synced before it gets its name.
    ///
    /// - Parameter copy: where to; nothing may be there.
    /// - Returns: the copy's bytes.
    /// - Throws: ``LedgerError`` where something is there, or the copy cannot be made.
    public func backup(to copy: String) async throws(LedgerError) -> Int {
        let draft = copy + ".\(getpid()).part"
        // A name that is taken is told before the work, and once more by link(2) after it.
        guard !FileManager.default.fileExists(atPath: copy) else { throw Self.exists(copy) }
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.cannotMake(copy, String(cString: strerror(errno))) }
        defer {
            close(descriptor)
            for name in [draft, draft + "-journal", draft + "-wal", draft + "-shm"] { unlink(name) }
        }
        try await fill(draft, for: copy)
        guard fsync(descriptor) == 0 else { throw Self.cannotMake(copy, String(cString: strerror(errno))) }
        // Unlike rename(2), link(2) never replaces.
        guard link(draft, copy) == 0 else {
            throw errno == EEXIST ? Self.exists(copy) : Self.cannotMake(copy, String(cString: strerror(errno)))
        }
        Self.syncFolder(of: copy)
        return (try? FileManager.default.attributesOfItem(atPath: copy))?[.size] as? Int ?? 0
    }

    private func fill(_ draft: String, for copy: String) async throws(LedgerError) {
        do {
            try await database.read { source in
                let target = try DatabaseQueue(path: draft)
                try target.writeWithoutTransaction { target in
                    try source.backup(to: target)
                    // One file that is complete by itself, without a log beside it.
                    try target.execute(sql: "PRAGMA journal_mode = DELETE")
                    let verdict = try String.fetchOne(target, sql: "PRAGMA quick_check(1)")
                    guard verdict == "ok" else {
                        throw LedgerError(
                            code: .cannotOpen,
                            message: "the copy is not sound: \(verdict ?? ""); run `mendline ledger check`"
                        )
                    }
                }
                try target.close()
            }
        } catch let error as LedgerError {
            throw error
        } catch {
            throw Self.cannotMake(copy, "\(error)")
        }
    }

    private static func syncFolder(of file: String) {
        let folder = (file as NSString).deletingLastPathComponent
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func exists(_ copy: String) -> LedgerError {
        LedgerError(code: .fileExists, message: "\(copy) is there already: name another file, or move that one away")
    }

    private static func cannotMake(_ copy: String, _ reason: String) -> LedgerError {
        LedgerError(
            code: .cannotWrite,
            message: "the copy \(copy) cannot be made: \(reason); see that its folder exists, is writable and has room"
        )
    }
}

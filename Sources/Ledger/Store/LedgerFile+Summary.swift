import Foundation
import GRDB
public import Messages

/// How large a ledger is and what is in it.
public struct LedgerSummary: Sendable, Hashable, Encodable {
    /// The open deliveries of one stage.
    public struct Stage: Sendable, Hashable, Encodable {
        /// The stage.
        public var stage: String
        /// How many deliveries it must still settle.
        public var open: Int
        /// When the oldest of them was opened.
        public var oldest: Timestamp
    }

    /// One incident and when it came.
    public struct Oldest: Sendable, Hashable, Encodable {
        /// The incident's id.
        public var incident: String
        /// When it was accepted.
        public var acceptedAt: Timestamp

        private enum CodingKeys: String, CodingKey {
            case incident = "incident_id"
            case acceptedAt = "accepted_at"
        }
    }

    /// A message that nobody could use.
    public struct Letter: Sendable, Hashable, Encodable {
        /// When it came.
        public var time: Timestamp
        /// Who sent it, as far as it says.
        public var source: String
        /// Why it could not be used.
        public var reason: String
    }

    /// The file.
    public var file: String
    /// The file's bytes.
    public var bytes: Int
    /// The bytes of what is not yet in the file: the write-ahead log beside it.
    public var logBytes: Int
    /// Bytes within the file that are free for what comes.
    public var freeBytes: Int
    /// The mark of this ledger, which the workspaces' names follow from.
    public var installation: String?
    /// How often intake was started on it.
    public var epoch: Int
    /// How many incidents there are, by state.
    public var incidents: [String: Int]
    /// How many events their timelines have together.
    public var events: Int
    /// How many lines their logs have together.
    public var logLines: Int
    /// The open deliveries, by stage.
    public var deliveries: [Stage]
    /// The incident that has been there longest.
    public var oldest: Oldest?
    /// The incident that has been open longest.
    public var oldestOpen: Oldest?
    /// How many messages are kept that nobody could use.
    public var deadLetters: Int
    /// The newest of them, without its content.
    public var newestDeadLetter: Letter?

    private enum CodingKeys: String, CodingKey {
        case file, bytes, installation, epoch, incidents, events, deliveries, oldest
        case logBytes = "log_bytes"
        case freeBytes = "free_bytes"
        case logLines = "log_lines"
        case oldestOpen = "oldest_open"
        case deadLetters = "dead_letters"
        case newestDeadLetter = "newest_dead_letter"
    }
}

extension LedgerFile {
    /// Counts what is in the ledger.
    public func summary() async throws(LedgerError) -> LedgerSummary {
        let path = path
        return try await read("the summary") { db in
            func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: "SELECT \(sql)") ?? 0 }
            func meta(_ key: String) throws -> String? {
                try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key])
            }
            let states = try Row.fetchAll(
                db,
                sql: "SELECT state, count(*) FROM incidents WHERE id <> '\(LedgerCore.sweeps)' GROUP BY state"
            )
            let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
            return LedgerSummary(
                file: path,
                bytes: Self.bytes(of: path),
                logBytes: Self.bytes(of: path + "-wal"),
                freeBytes: pageSize * (try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0),
                installation: try meta("installation"),
                epoch: try meta("epoch").flatMap { Int($0) } ?? 0,
                incidents: Dictionary(uniqueKeysWithValues: states.map { ($0[0] as String, $0[1] as Int) }),
                events: try count("count(*) FROM events"),
                logLines: try count("count(*) FROM log_lines"),
                deliveries: try Self.stages(db),
                oldest: try Self.oldest(db, "id <> '\(LedgerCore.sweeps)'"),
                oldestOpen: try Self.oldest(db, "is_open"),
                deadLetters: try count("count(*) FROM dead_letters"),
                newestDeadLetter: try Self.newestDeadLetter(db)
            )
        }
    }

    private static func bytes(of path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
    }

    private static func stages(_ db: Database) throws -> [LedgerSummary.Stage] {
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT stage, count(*), min(opened_at) FROM deliveries GROUP BY stage ORDER BY stage"
        )
        return rows.map { row in
            LedgerSummary.Stage(stage: row[0], open: row[1], oldest: Timestamp(milliseconds: row[2]))
        }
    }

    private static func oldest(_ db: Database, _ condition: String) throws -> LedgerSummary.Oldest? {
        let record = try Data.fetchOne(
            db,
            sql: "SELECT record FROM incidents WHERE \(condition) ORDER BY number LIMIT 1"
        )
        guard let record else { return nil }
        let decoded = try MessageCoding.decodeChecked(IncidentRecord.self, from: record)
        return LedgerSummary.Oldest(incident: decoded.id, acceptedAt: decoded.acceptedAt)
    }

    private static func newestDeadLetter(_ db: Database) throws -> LedgerSummary.Letter? {
        try Row.fetchOne(db, sql: "SELECT time, source, reason FROM dead_letters ORDER BY number DESC LIMIT 1").map {
            LedgerSummary.Letter(
                time: Timestamp(milliseconds: $0["time"]),
                source: $0["source"],
                reason: $0["reason"]
            )
        }
    }
}

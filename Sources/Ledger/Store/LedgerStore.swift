import Foundation
import GRDB
import Messages

/// The ledger's file: SQLite in WAL mode, every commit synced before it is answered.
public struct LedgerStore: Sendable {
    let database: DatabasePool
    /// Moves what is in the write-ahead log into the file while others write.
    private let checkpoints: DatabaseQueue

    /// The pages of the write-ahead log from which on a commit moves them itself: 64 MiB.
    ///
    /// A commit that does so keeps all waiting for some ten milliseconds, so this is left to ``checkpoint()``. But only where
    /// everything was moved the log begins anew, and while others write without a pause something always is left.
    private static let pagesOfLog = 16_384

    /// Opens the file, makes it if there is none, and brings an older one up to date.
    ///
    /// - Parameter path: the file; its folder must exist.
    /// - Throws: ``LedgerError`` with what to do.
    public init(path: String) throws(LedgerError) { try self.init(path: path, syncing: .full) }

    /// What is synced when.
    package enum Syncing: String, Sendable {
        /// The write-ahead log after every commit, all before a checkpoint's end: what Mendline runs with.
        case full = "FULL"
        /// Nothing after a commit. Only for the test of what a power loss leaves, which must catch it.
        case normal = "NORMAL"
        /// Nothing ever. Only for that test too.
        case off = "OFF"
    }

    /// As ``init(path:)``, for the test that must catch a store which does not sync.
    package init(path: String, syncing: Syncing) throws(LedgerError) {
        var configuration = Configuration()
        configuration.label = "ledger"
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            // An erased secret leaves no bytes behind (https://www.sqlite.org/pragma.html#pragma_secure_delete).
            try db.execute(sql: "PRAGMA secure_delete = ON")
        }
        do {
            database = try DatabasePool(path: path, configuration: configuration)
            // In WAL mode it is this that syncs after each commit, so that a commit survives a power loss
            // (https://www.sqlite.org/pragma.html#pragma_synchronous). A new pool has set NORMAL, whatever its
            // configuration says, so it is set here.
            try database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = \(syncing.rawValue)")
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.pagesOfLog)")
            }
            checkpoints = try DatabaseQueue(path: path, configuration: configuration)
            try checkpoints.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = \(syncing.rawValue)") }
            let migrator = LedgerSchema.migrator
            if try database.read(migrator.hasBeenSuperseded) {
                throw LedgerError(
                    code: .newerSchema,
                    message: "the ledger \(path) was written by a newer Mendline; start that version, "
                        + "or give this one another data folder"
                )
            }
            try migrator.migrate(database)
        } catch let error as LedgerError {
            throw error
        } catch {
            throw LedgerError(
                code: .cannotOpen,
                message: "the ledger \(path) cannot be opened: \(error); see that its folder exists, is writable and "
                    + "that the file is an SQLite database"
            )
        }
    }

    /// What a start goes on from.
    public struct Loaded: Sendable {
        /// The mark of this ledger, made with it.
        public var installation: String
        /// This start's number, stored already.
        public var epoch: Int
        /// One more than the last event's.
        public var nextSequence: Int64
        /// The records of all incidents that are not ended or have open deliveries.
        public var incidents: [IncidentRecord]
        /// The open deliveries.
        public var deliveries: [OpenDelivery.Record]
    }

    /// Raises the epoch and reads what is open.
    public func load() async throws -> Loaded {
        try await database.write { db in
            if try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'installation'") == nil {
                let mark = UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "").prefix(12)
                try db.execute(
                    sql: "INSERT INTO meta VALUES ('installation', ?), ('epoch', '0')",
                    arguments: [String(mark)]
                )
            }
            try Self.makeSweeps(db)
            try db.execute(sql: "UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'epoch'")
            return Loaded(
                installation: try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'installation'") ?? "",
                epoch: try Int.fetchOne(db, sql: "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch'") ?? 1,
                nextSequence: try Self.lastSequence(db) + 1,
                incidents: try Self.openRecords(db),
                deliveries: try Self.openDeliveries(db)
            )
        }
    }

    /// Each part is found by an index: neither what is ended nor any content is read.
    static let openRecordsQuery = """
        SELECT record FROM incidents WHERE is_open
        UNION ALL SELECT record FROM incidents WHERE id = '\(LedgerCore.sweeps)'
        UNION ALL SELECT record FROM incidents
        WHERE id IN (SELECT incident FROM deliveries) AND NOT is_open AND id <> '\(LedgerCore.sweeps)'
        """

    private static func openRecords(_ db: Database) throws -> [IncidentRecord] {
        var records: [IncidentRecord] = []
        let rows = try Data.fetchCursor(db, sql: openRecordsQuery)
        while let record = try rows.next() {
            records.append(try MessageCoding.decodeChecked(IncidentRecord.self, from: record))
        }
        return records
    }

    private static func openDeliveries(_ db: Database) throws -> [OpenDelivery.Record] {
        var records: [OpenDelivery.Record] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM deliveries")
        while let row = try rows.next() { records.append(OpenDelivery.Record(row: row)) }
        return records
    }

    private static func makeSweeps(_ db: Database) throws {
        guard try Int.fetchOne(db, sql: "SELECT 1 FROM incidents WHERE id = ?", arguments: [LedgerCore.sweeps]) == nil
        else {
            return
        }
        let time = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let incident = Incident(
            incidentID: LedgerCore.sweeps,
            serviceName: "mendline",
            severity: "none",
            description: "Looks for workspaces that are left although their incidents are closed."
        )
        try apply(.insertIncident(LedgerCore.sweepsRecord(at: time), incident), db)
        try db.execute(sql: "UPDATE incidents SET is_open = 0 WHERE id = ?", arguments: [LedgerCore.sweeps])
    }

    /// The place of the last event; it may have been removed since.
    static func lastSequence(_ db: Database) throws -> Int64 {
        let kept = try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM events") ?? 0
        let removed = try Int64.fetchOne(
            db,
            sql: "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'last_sequence'"
        )
        return max(kept, removed ?? 0)
    }

    /// What the store knows of some incidents.
    struct Known: Sendable {
        /// The records of those that exist.
        var records: [IncidentRecord] = []
        /// How many attempts those had that were removed; their names of workspaces are taken for ever.
        var attempts: [String: Int] = [:]
    }

    /// Reads what is known of these incidents.
    static func known(of incidents: Set<String>, _ db: Database) throws -> Known {
        try incidents.reduce(into: Known()) { known, id in
            let record = try Data.fetchOne(
                db.cachedStatement(sql: "SELECT record FROM incidents WHERE id = ?"),
                arguments: [id]
            )
            if let record {
                known.records.append(try MessageCoding.decodeChecked(IncidentRecord.self, from: record))
            } else {
                known.attempts[id] = try attempts(ofRemoved: id, db)
            }
        }
    }

    /// Moves what is in the write-ahead log into the file, as far as nobody reads it; commits go on meanwhile.
    ///
    /// - Throws: `DatabaseError`; nothing is lost by it.
    func checkpoint() async throws {
        _ = try await checkpoints.writeWithoutTransaction { try $0.checkpoint(.passive) }
    }

    /// Closes the file after a last checkpoint.
    ///
    /// What was erased is in the write-ahead log still until then.
    public func close() throws {
        try checkpoints.close()
        let checkpoint = Result { try database.writeWithoutTransaction { try $0.checkpoint(.truncate) } }
        try database.close()
        _ = try checkpoint.get()
    }
}

extension OpenDelivery.Record {
    init(row: Row) {
        id = row["id"]
        incident = row["incident"]
        stage = row["stage"]
        eventSequence = row["event_sequence"]
        eventType = EventType(rawValue: row["event_type"])
        operatorAttempt = row["operator_attempt"]
        openedAt = Timestamp(milliseconds: row["opened_at"])
        notBefore = (row["not_before"] as Int64?).map(Timestamp.init(milliseconds:))
        isScheduled = row["is_scheduled"]
        failures = row["failures"]
        lastError = row["last_error"]
    }
}

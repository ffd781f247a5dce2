import Foundation
import GRDB
import Messages

/// The tables of the ledger and how an older file becomes a newer one.
enum LedgerSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

                    CREATE TABLE incidents (
                        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, service TEXT NOT NULL,
                        state TEXT NOT NULL, verdict TEXT, workspace_id TEXT, is_open INTEGER NOT NULL,
                        record BLOB NOT NULL, incident BLOB NOT NULL, plan BLOB);
                    CREATE INDEX incidents_by_workspace ON incidents (workspace_id) WHERE workspace_id IS NOT NULL;
                    CREATE INDEX incidents_open ON incidents (number) WHERE is_open;

                    CREATE TABLE events (
                        sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, incident TEXT NOT NULL,
                        operator_attempt INTEGER NOT NULL, type TEXT NOT NULL, source TEXT NOT NULL,
                        time INTEGER NOT NULL, data BLOB NOT NULL);
                    CREATE INDEX events_by_incident ON events (incident, sequence);

                    CREATE TABLE deliveries (
                        id TEXT PRIMARY KEY, incident TEXT NOT NULL, stage TEXT NOT NULL,
                        event_sequence INTEGER NOT NULL, event_type TEXT NOT NULL, operator_attempt INTEGER NOT NULL,
                        opened_at INTEGER NOT NULL, not_before INTEGER, is_scheduled INTEGER NOT NULL,
                        failures INTEGER NOT NULL, last_error TEXT) WITHOUT ROWID;
                    CREATE INDEX deliveries_by_incident ON deliveries (incident);

                    CREATE TABLE secrets (incident TEXT PRIMARY KEY, sealed TEXT NOT NULL) WITHOUT ROWID;

                    CREATE TABLE log_lines (
                        number INTEGER PRIMARY KEY, incident TEXT NOT NULL, log TEXT NOT NULL, line INTEGER NOT NULL,
                        time INTEGER NOT NULL, level TEXT NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL);
                    CREATE UNIQUE INDEX log_lines_by_incident ON log_lines (incident, log, line);

                    CREATE TABLE dead_letters (
                        number INTEGER PRIMARY KEY, time INTEGER NOT NULL, source TEXT NOT NULL, reason TEXT NOT NULL,
                        bytes BLOB NOT NULL);

                    CREATE TABLE counters (
                        name TEXT NOT NULL, labels TEXT NOT NULL, part TEXT NOT NULL, value REAL NOT NULL,
                        PRIMARY KEY (name, labels, part)) WITHOUT ROWID;
                    """
            )
        }
        migrator.registerMigration("v2-token") { db in
            try db.execute(
                sql: """
                    UPDATE incidents SET record = CAST(json_set(CAST(record AS TEXT), '$.carries_token',
                        json(iif(id IN (SELECT incident FROM secrets), 'true', 'false'))) AS BLOB);
                    """
            )
        }
        migrator.registerMigration("v2-retention") { db in
            try db.execute(
                sql: """
                    ALTER TABLE incidents ADD COLUMN finished_at INTEGER;
                    CREATE INDEX incidents_by_end ON incidents (finished_at, number) WHERE finished_at IS NOT NULL;

                    CREATE TABLE removed (key INTEGER PRIMARY KEY, attempts INTEGER NOT NULL);
                    """
            )
            try fillInEnds(db)
        }
        return migrator
    }

    /// Of incidents that an earlier Mendline has stored, the end stands in the record only.
    private static func fillInEnds(_ db: Database) throws {
        let ended = try Row.fetchCursor(db, sql: "SELECT number, record FROM incidents WHERE NOT is_open")
        while let row = try ended.next() {
            let record = try MessageCoding.decodeChecked(IncidentRecord.self, from: row["record"])
            guard let finishedAt = record.finishedAt, record.id != LedgerCore.sweeps else { continue }
            try db.cachedStatement(sql: "UPDATE incidents SET finished_at = ? WHERE number = ?")
                .execute(arguments: [finishedAt.milliseconds, row["number"] as Int64])
        }
    }
}

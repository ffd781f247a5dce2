import GRDB

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
        return migrator
    }
}

import Foundation
import GRDB

/// A ledger's file, looked at from beside the intake that may be at work on it: nothing in it is changed.
public struct LedgerFile: Sendable {
    /// The file.
    public let path: String
    let database: DatabaseQueue

    /// Opens the file for reading.
    ///
    /// - Parameter path: the file.
    /// - Throws: ``LedgerError`` where there is none, it is no ledger, or another version of Mendline has written it.
    public init(path: String) throws(LedgerError) {
        self.path = path
        guard FileManager.default.fileExists(atPath: path) else {
            throw LedgerError(
                code: .notThere,
                message: "there is no ledger \(path): name the data folder of the run, or the file that its topology "
                    + "names as intake.database"
            )
        }
        var configuration = Configuration()
        configuration.label = "ledger-file"
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
            let migrator = LedgerSchema.migrator
            let (isLedger, isNewer, isOlder) = try database.read { db in
                let isLedger =
                    try db.tableExists("incidents") && db.tableExists("events") && db.tableExists("deliveries")
                return (isLedger, try migrator.hasBeenSuperseded(db), try !migrator.hasCompletedMigrations(db))
            }
            guard isLedger else {
                throw LedgerError(code: .cannotOpen, message: "\(path) is an SQLite database, but not a ledger")
            }
            guard !isNewer else {
                throw LedgerError(
                    code: .newerSchema,
                    message: "the ledger \(path) was written by a newer Mendline; use that version's command"
                )
            }
            guard !isOlder else {
                throw LedgerError(
                    code: .cannotOpen,
                    message: "the ledger \(path) was written by an older Mendline: open it with intake of this "
                        + "version, which brings it up to date, or look at it with that version's command"
                )
            }
        } catch let error as LedgerError {
            throw error
        } catch {
            throw LedgerError(
                code: .cannotOpen,
                message:
                    "the ledger \(path) cannot be read: \(error); see that you may read it and that it is an SQLite "
                    + "database"
            )
        }
    }

    /// Reads one snapshot; intake goes on meanwhile.
    func read<Value: Sendable>(
        _ what: String,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(LedgerError) -> Value {
        do {
            return try await database.read(body)
        } catch let error as LedgerError {
            throw error
        } catch {
            throw LedgerError(code: .cannotOpen, message: "\(what) of the ledger \(path) cannot be read: \(error)")
        }
    }
}

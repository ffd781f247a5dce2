import GRDB
import Testing

@testable import Ledger

/// A ledger's file that an older Mendline has left, looked at from beside.
@Suite("Ledgers of an older Mendline", .timeLimit(.minutes(2)))
struct OlderLedgerTests {
    @Test(arguments: LedgerSchema.migrator.migrations.dropLast())
    func areToldAsOlderAndNotAsDamaged(lastMigration: String) async throws {
        try await LedgerFolder.with { folder in
            let old = try DatabasePool(path: folder.path)
            try LedgerSchema.migrator.migrate(old, upTo: lastMigration)
            try old.close()
            let error = #expect(throws: LedgerError.self) { try LedgerFile(path: folder.path) }
            let message = error?.message ?? ""
            #expect(message.contains("\(folder.path) was written by an older Mendline: open it with"), "\(message)")

            try folder.open().close()
            let findings = try await LedgerFile(path: folder.path).check()
            #expect(findings.problems == [], "intake of this version has brought it up to date")
        }
    }
}

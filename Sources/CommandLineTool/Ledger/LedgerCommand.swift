import ArgumentParser
import Ledger

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Looks at the ledger's file itself: its size, whether it is sound, copies, timelines.",
        discussion: """
            The ledger is the SQLite file in which intake keeps every incident, its timeline and what is still to be \
            done. These commands read the file, whether intake runs on it or not, and change nothing in it. They need \
            no token, only the right to read the file.

            Examples:
              mendline ledger show
              mendline ledger check --data /var/lib/mendline
              mendline ledger backup ledger-2026-11-25.sqlite
              mendline ledger export INC-1 | jq .type
            """,
        subcommands: [
            LedgerShowCommand.self, LedgerCheckCommand.self, LedgerBackupCommand.self, LedgerExportCommand.self,
        ]
    )
}

/// Which ledger.
struct LedgerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder; its ledger.sqlite is looked at.", valueName: "dir"))
    var data = "var"

    @Option(
        help: ArgumentHelp("The ledger's file, where a topology's intake.database names another.", valueName: "file")
    )
    var database: String?

    /// Works with the file; what is wrong with it ends the command with exit code 1.
    func withFile(_ work: (LedgerFile, Console) async throws -> Void) async throws {
        do {
            try await work(try LedgerFile(path: database ?? data + "/ledger.sqlite"), CommandContext.current.console)
        } catch let error as LedgerError {
            throw CommandFailure(error.message)
        }
    }
}

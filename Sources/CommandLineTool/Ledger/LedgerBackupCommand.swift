import ArgumentParser
import Ledger

struct LedgerBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies the ledger as it is at one moment; intake may go on meanwhile.",
        discussion: """
            The copy is one SQLite file, checked before it gets its name, and readable by its owner only. It holds what \
            the ledger holds: tokens of target services only sealed, which the private key of the run opens; so keep \
            the copy and that key apart.

            Do not copy ledger.sqlite by other means while intake runs: what is committed may be in its log only.

            To put a copy back: stop everything, move ledger.sqlite and what is beside it (-wal, -shm) away, and copy \
            the backup to its place. What happened after the copy was made is then unknown to the ledger: incidents \
            accepted since are lost to it, and those that ended since are open again and are looked for in Coder by \
            the names of their workspaces. So look at what has been remediated since before you start.

            Examples:
              mendline ledger backup ledger-2026-11-25.sqlite
              mendline ledger check --database ledger-2026-11-25.sqlite
            """
    )

    @Argument(help: ArgumentHelp("Where to; nothing may be there.", valueName: "file"))
    var file: String

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var ledger: LedgerOptions

    func run() async throws {
        try await ledger.withFile { source, console in
            let bytes = try await source.backup(to: file)
            if json {
                console.print(CompactJSON.text(Made(file: file, bytes: bytes)))
            } else {
                console.print("\(SafeText.line(file)): \(LedgerText.bytes(bytes)), checked")
            }
        }
    }

    private struct Made: Encodable {
        var file: String
        var bytes: Int
    }
}

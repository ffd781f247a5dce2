import ArgumentParser
import Ledger

struct LedgerCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks that the ledger's file is sound and that what is in it fits together.",
        discussion: """
            Checked are SQLite's own structures (PRAGMA integrity_check), that every timeline begins with its acceptance \
            and that replaying each timeline gives the state that is recorded, that every open delivery is of an event \
            that is there, that every incident without an end has a deadline, that each record says what its row says, \
            and that no sealed token is kept longer than it is needed. The exit code is 0 where all is right, 1 where \
            something is not.

            A large ledger takes a while. Intake may run meanwhile, but its log grows as long as the check lasts.

            Where the file is damaged, stop everything, keep the file, and put back a copy made by `mendline ledger \
            backup`.

            Examples:
              mendline ledger check
              mendline ledger check --database backup.sqlite --json
            """
    )

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var ledger: LedgerOptions

    func run() async throws {
        try await ledger.withFile { file, console in
            let findings = try await file.check()
            if json {
                console.print(CompactJSON.text(findings))
            } else {
                for problem in findings.problems {
                    console.error(console.diagnostics.paint(SafeText.line(problem), .bad))
                }
                if findings.problems.isEmpty {
                    console.print(
                        "\(SafeText.line(file.path)) is sound: \(findings.incidents) incidents, \(findings.events) events, "
                            + "\(findings.deliveries) open deliveries"
                    )
                }
            }
            if !findings.problems.isEmpty { throw CommandFailure("") }
        }
    }
}

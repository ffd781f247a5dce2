import ArgumentParser
import Ledger
import Messages

struct LedgerShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows how large the ledger is, and how many of what are in it.",
        discussion: """
            `free` are bytes within the file that what comes next will fill: intake removes ended incidents after \
            intake.keep_incidents, and the file does not shrink by it, it stops growing. `log` is what is committed \
            and not yet in the file itself.

            Open deliveries are what a stage must still settle. Where the oldest is old, look whether the stage runs: \
            `mendline ledger show` does not know, `GET /ready` does.

            Examples:
              mendline ledger show
              mendline ledger show --json | jq .incidents
            """,
        aliases: ["size"]
    )

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var ledger: LedgerOptions

    func run() async throws {
        try await ledger.withFile { file, console in
            let summary = try await file.summary()
            guard !json else { return console.print(CompactJSON.text(summary)) }
            for line in LedgerText.lines(summary, now: .now, console.output) { console.print(line) }
        }
    }
}

import ArgumentParser
import Ledger

struct LedgerExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Prints timelines as JSON lines: each event on a line of its own.",
        discussion: """
            Of one incident, or of all in the order in which they came; the sweeps have a timeline too, which is \
            printed when its id mendline:sweep is given. A line has incident_id, seq (ascending over all incidents), \
            id, type, time, source, operator_attempt and data, as in the timeline of GET /incidents/{id}. Logs are not \
            part of it, nor is any token.

            Examples:
              mendline ledger export INC-1
              mendline ledger export | jq -c 'select(.type == "remediation.finished") | [.incident_id, .data.verdict]'
              mendline ledger export | gzip > timelines.jsonl.gz
            """
    )

    @Argument(help: ArgumentHelp("The incident's id; without it all.", valueName: "id"))
    var id: String?

    @OptionGroup var ledger: LedgerOptions

    func run() async throws {
        try await ledger.withFile { file, console in
            try await file.export(id) { console.print(CompactJSON.text($0)) }
        }
    }
}

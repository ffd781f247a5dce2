import ArgumentParser
import Foundation
import Messages

struct IncidentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "incidents",
        abstract: "Lists incidents, the newest first.",
        discussion: """
            Examples:
              mendline incidents
              mendline incidents --state running
              mendline incidents --verdict script_failed --limit 5
              mendline incidents --service payment-api --json | jq .incidents[].incident_id
            """
    )

    @Option(help: "Only those in this state: \(IncidentState.all.joined(separator: ", ")).")
    var state: String?

    @Option(help: "Only those of this service.")
    var service: String?

    @Option(help: "Only those that ended so: \(Verdict.allCases.map(\.rawValue).joined(separator: ", ")).")
    var verdict: String?

    @Option(help: "At most so many.")
    var limit = 50

    @Option(help: ArgumentHelp("Where the page before ended: the `next` of its answer.", valueName: "cursor"))
    var after: String?

    @Flag(help: "Print intake's answer as it is.")
    var json = false

    @OptionGroup var intake: IntakeOptions

    func validate() throws {
        guard (1...1000).contains(limit) else {
            throw ValidationError("--limit is a number from 1 to 1000, not \(limit)")
        }
        if let state, !IncidentState.all.contains(state) {
            throw ValidationError("--state is one of \(IncidentState.all.joined(separator: ", ")), not \(state)")
        }
        if let verdict, Verdict(rawValue: verdict) == nil {
            let verdicts = Verdict.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--verdict is one of \(verdicts), not \(verdict)")
        }
    }

    func run() async throws {
        try await IntakeClient.run(intake) { client, context in
            let body = try await client.incidents(
                state: state,
                service: service,
                verdict: verdict,
                limit: limit,
                after: after
            )
            guard !json else { return context.console.print(String(decoding: body, as: UTF8.self)) }
            let page = try client.decode(IncidentPage.self, body, "GET /incidents")
            for line in IncidentTable.lines(page.incidents, now: .now, context.console.output) {
                context.console.print(line)
            }
            if let next = page.next { context.console.print("more with --after \(SafeText.line(next.text))") }
        }
    }
}

extension Timestamp {
    /// The wall clock.
    static var now: Timestamp { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))) }
}

import ArgumentParser
import Messages

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one incident: how it stands, and everything that happened, step by step.",
        discussion: """
            Times are relative to the moment at which intake accepted the incident.

            Examples:
              mendline show INC-1
              mendline show INC-1 --json | jq .timeline[].type
            """
    )

    @Argument(help: ArgumentHelp("The incident's id.", valueName: "id"))
    var id: String

    @Flag(help: "Print intake's answer as it is.")
    var json = false

    @OptionGroup var intake: IntakeOptions

    func run() async throws {
        try await IntakeClient.run(intake) { client, context in
            let body = try await client.incident(id)
            guard !json else { return context.console.print(String(decoding: body, as: UTF8.self)) }
            let incident = try client.decode(IncidentDetail.self, body, "GET /incidents/{id}")
            for line in IncidentText.lines(incident, now: .now, context.console.output) { context.console.print(line) }
        }
    }
}

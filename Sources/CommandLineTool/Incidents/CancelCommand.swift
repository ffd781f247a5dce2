import ArgumentParser
import Foundation

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Asks for an end of the work on an incident.",
        discussion: """
            What has not begun never begins; a workspace that exists is stopped first, and then the verdict is \
            `cancelled`. The reason stands in the timeline and in the report.

            Examples:
              mendline cancel INC-1 --reason "we fail over by hand"
              mendline cancel INC-1 --reason "false alarm" --by alice
            """
    )

    @Argument(help: ArgumentHelp("The incident's id.", valueName: "id"))
    var id: String

    @Option(help: "Why, for those who read the timeline.")
    var reason: String

    @Option(help: ArgumentHelp("Who asks for it. Without it USER of the environment is taken.", valueName: "name"))
    var by: String?

    @OptionGroup var intake: IntakeOptions

    func validate() throws {
        guard !reason.isEmpty else { throw ValidationError("--reason is empty; say why in a few words") }
    }

    func run() async throws {
        try await IntakeClient.run(intake) { client, context in
            let user = context.environment["USER"] ?? ""
            try await client.cancel(id, by: by ?? (user.isEmpty ? "mendline" : user), reason: reason)
            context.console.print(
                "asked for the end of \(SafeText.line(id)); `mendline show \(SafeText.line(id))` tells when it is there"
            )
        }
    }
}

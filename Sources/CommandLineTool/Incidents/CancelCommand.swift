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

    @OptionGroup var operation: OperatorOptions

    @OptionGroup var intake: IntakeOptions

    func run() async throws {
        let id = operation.id
        try await IntakeClient.run(intake) { client, context in
            try await client.cancel(id, by: operation.name(context.environment), reason: operation.reason)
            context.console.print(
                "asked for the end of \(SafeText.line(id)); `mendline show \(SafeText.line(id))` tells when it is there"
            )
        }
    }
}

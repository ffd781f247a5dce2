import ArgumentParser
import Foundation
import Secrets

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Asks for another attempt at an incident that has ended.",
        discussion: """
            The incident is decided about anew. Whatever the attempt before has left running is stopped before the new \
            attempt creates anything. An incident that succeeded is not retried.

            A target_service_token is erased with the verdict: where the incident came with one, give it again in a file.

            Examples:
              mendline retry INC-1 --reason "the disk has room again"
              mendline retry INC-1 --reason "token renewed" --target-service-token-file token.txt
            """
    )

    @OptionGroup var operation: OperatorOptions

    @Option(help: ArgumentHelp("A file with the token for the service, sealed by intake.", valueName: "file"))
    var targetServiceTokenFile: String?

    @OptionGroup var intake: IntakeOptions

    func run() async throws {
        let id = operation.id
        try await IntakeClient.run(intake) { client, context in
            let token = try targetServiceTokenFile.map { try SecretFile(path: $0).read() }
            let attempt = try await client.retry(
                id,
                by: operation.name(context.environment),
                reason: operation.reason,
                token: token
            )
            context.console.print(
                "attempt \(attempt) of \(SafeText.line(id)) has begun; `mendline show \(SafeText.line(id))` tells how it goes"
            )
        }
    }
}

import ArgumentParser
import Secrets

/// Which intake a command talks to, and as whom.
struct IntakeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Intake's address.", valueName: "url"))
    var intake = "http://127.0.0.1:8000"

    @Option(
        help: ArgumentHelp(
            "A file with intake's bearer token. Without it MENDLINE_TOKEN or MENDLINE_TOKEN_FILE of the environment.",
            valueName: "file"
        )
    )
    var tokenFile: String?

    func validate() throws {
        guard intake.hasPrefix("http://") || intake.hasPrefix("https://") else {
            throw ValidationError("--intake is a URL such as http://127.0.0.1:8000, not \(intake)")
        }
    }

    /// The token's source; the token itself is read when it is needed, and never printed.
    func token(environment: [String: String]) -> SecretSource? {
        if let tokenFile { return .file(SecretFile(path: tokenFile, hasLines: true)) }
        return Self.token(environment)
    }

    /// The token that the environment gives; a variable that is set to nothing is not set.
    static func token(_ environment: [String: String]) -> SecretSource? {
        if let token = environment["MENDLINE_TOKEN"], !token.isEmpty { return .fixed(token) }
        guard let file = environment["MENDLINE_TOKEN_FILE"], !file.isEmpty else { return nil }
        return .file(SecretFile(path: file, hasLines: true))
    }

    func client(_ context: CommandContext, connections: Int = 16) -> IntakeClient {
        IntakeClient(base: intake, token: token(environment: context.environment), connections: connections)
    }
}

extension IntakeClient {
    /// Runs a command's work with a client and closes it; what intake refuses ends the command with exit code 1.
    static func run(
        _ options: IntakeOptions,
        connections: Int = 16,
        _ work: (IntakeClient, CommandContext) async throws -> Void
    ) async throws {
        let context = CommandContext.current
        let client = options.client(context, connections: connections)
        do {
            try await work(client, context)
        } catch let error as IntakeError {
            await client.close()
            throw CommandFailure(error.message)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }
}

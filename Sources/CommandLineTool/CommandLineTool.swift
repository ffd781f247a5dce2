import ArgumentParser
import Messages
import Secrets

/// The program `mendline`: its commands, run with arguments and an environment that the executable hands in.
public enum CommandLineTool {
    /// The version that `mendline --version` prints.
    public static let version = Mendline.version

    /// Runs one command.
    ///
    /// - Parameters:
    ///   - program: the program as it was called, for advice that can be typed again.
    ///   - arguments: the words after the program's name.
    ///   - environment: the process's environment; nothing here reads it by other means.
    /// - Returns: the exit code: 0 for success, 1 where what was asked for did not come true, 2 for a configuration that
    ///   is wrong, 64 for a command line that is.
    public static func run(program: String, arguments: [String], environment: [String: String]) async -> Int32 {
        CoreDumps.forbid()
        let context = CommandContext(
            program: program,
            typed: (["mendline"] + arguments).joined(separator: " "),
            environment: environment,
            console: .standard(environment: environment)
        )
        return await run(arguments: arguments, context: context)
    }

    static func run(arguments: [String], context: CommandContext) async -> Int32 {
        await CommandContext.$current.withValue(context) {
            do {
                var command = try MendlineCommand.parseAsRoot(arguments)
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
                return 0
            } catch let failure as CommandFailure {
                if !failure.message.isEmpty { context.console.error(failure.message) }
                return failure.code
            } catch {
                let code = MendlineCommand.exitCode(for: error).rawValue
                let message = MendlineCommand.fullMessage(for: error)
                if !message.isEmpty {
                    if code == 0 { context.console.print(message) } else { context.console.error(message) }
                }
                return code
            }
        }
    }
}

/// What a command has to work with besides its own flags.
struct CommandContext: Sendable {
    /// `mendline`, or its path.
    var program = "mendline"
    /// The whole command as it was typed.
    var typed = "mendline"
    var environment: [String: String]
    var console: Console

    /// The context of the command that runs; empty and silent outside of one.
    @TaskLocal static var current = CommandContext(environment: [:], console: .silent)
}

/// Why a command ends with another exit code than 0, in words for the person who typed it.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
    /// What was tried, what went wrong, what to do next; empty where all has been said.
    var message: String
    var code: Int32

    init(_ message: String, code: Int32 = 1) {
        self.message = message
        self.code = code
    }

    var description: String { message }

    /// The exit code of a configuration that cannot be used.
    static let wrongConfiguration: Int32 = 2
}

struct MendlineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mendline",
        abstract: "Turns incident alerts into finished, reported remediations.",
        discussion: """
            Start everything on this machine, with simulators of Coder and of the incident system:

              mendline up --samples

            Then, in another terminal:

              mendline send --service payment-api --description "High CPU" --wait
              mendline incidents
              mendline show INC-1
              mendline logs INC-1 -f

            Exit codes: 0 it came true; 1 it did not; 2 a configuration is wrong; 64 the command line is.
            """,
        version: CommandLineTool.version,
        subcommands: [
            UpCommand.self, SendCommand.self, IncidentsCommand.self, ShowCommand.self, LogsCommand.self,
            CancelCommand.self, RetryCommand.self, CheckCommand.self, StageCommand.self, BenchCommand.self,
            KeysCommand.self, LedgerCommand.self,
        ]
    )
}

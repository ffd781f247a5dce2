import ArgumentParser
import Foundation
import Messages
import Topology

struct StageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stage",
        abstract: "Takes one stage alone: is a program a stage, and how fast is it?",
        subcommands: [StageCheckCommand.self, StageBenchCommand.self]
    )
}

/// Which stage, and which program is to be it.
struct StageArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The stage.", valueName: "name"))
    var name: String

    @Argument(parsing: .postTerminator, help: ArgumentHelp("Program and arguments.", valueName: "command"))
    var command: [String] = []

    @Option(
        name: .customLong("programs"),
        help: ArgumentHelp("The folder of Mendline's binaries; that of this one without it.", valueName: "dir")
    )
    var folder: String?

    var programs: Programs { Programs(folder: folder) }
}

struct StageCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks whether a program keeps the delivery contract, by playing intake to it.",
        discussion: """
            Starts COMMAND with the environment that a stage gets, hands it deliveries as intake would, with Coder and \
            the incident system simulated, and prints what was tried and whether it held. The exit code is 0 only if \
            all did. docs/writing-a-stage.md tells what a stage must do.

            NAME is a stage of the topology file, which says what it takes, its capacity and its lease; or \
            metrics-sink. Without COMMAND it is Mendline's own.

            Examples:
              mendline stage check validator
              mendline stage check validator -- topology/examples/validator.py
              mendline stage check approver --topology topology/examples/approver.yaml -- ./approver.py
            """
    )

    @OptionGroup var stage: StageArguments

    @Option(help: ArgumentHelp("The topology file.", valueName: "file"))
    var topology = "topology/local.yaml"

    @Option(help: ArgumentHelp("How many deliveries the check of memory takes.", valueName: "n"))
    var deliveries = 1000

    @Option(help: ArgumentHelp("Try only what has this text in its title.", valueName: "text"))
    var only: String?

    @Option(
        help: ArgumentHelp(
            "Where logs are kept; without it they are, in a folder of their own, if something is broken.",
            valueName: "dir"
        )
    )
    var data: String?

    func validate() throws {
        guard (1...1_000_000).contains(deliveries) else {
            throw ValidationError("--deliveries \(deliveries): give a number from 1 to 1000000")
        }
    }

    func run() async throws {
        let context = CommandContext.current
        let folder = try HarnessFolder(data)
        let results: [CheckResult]
        if stage.name == SinkSetup.name {
            let command = try HarnessSetup.command(stage.command, name: stage.name, stage.programs)
            let file = URL(fileURLWithPath: topology).standardizedFileURL.path
            begin(command, context.console)
            results = try await checkSink(
                SinkSetup(file: file, command: command, data: folder.path, environment: context.environment),
                context.console
            )
        } else {
            let setup = try HarnessSetup.make(
                stage: stage.name,
                topology: topology,
                data: folder.path,
                command: stage.command,
                programs: stage.programs,
                environment: context.environment
            )
            begin(setup.command, context.console)
            results = try await check(setup, context.console)
        }
        let held = results.count(where: \.finding.isHeld)
        guard held == results.count else {
            folder.keep()
            throw CommandFailure("\(stage.name): \(held) of \(results.count) held; logs: \(folder.path)/logs")
        }
        context.console.print("\(stage.name): all \(held) held")
    }

    private func begin(_ command: [String], _ console: Console) {
        console.print("checking `\(command.joined(separator: " "))` as the stage \(stage.name)")
    }

    private func tell(_ result: CheckResult, _ console: Console) {
        console.print(result.line(console.output))
    }

    private func checkSink(
        _ setup: SinkSetup,
        _ console: Console
    ) async throws -> [CheckResult] {
        try await SinkHarness.with(setup) { harness in
            try await SinkCheck(harness: harness, messages: deliveries).parts.run(only: only) { tell($0, console) }
        }
    }

    private func check(
        _ setup: StageHarness.Setup,
        _ console: Console
    ) async throws -> [CheckResult] {
        let book = Watched(AnswerBook(stage: setup.stage.name, emits: setup.stage.emits))
        return try await StageHarness.with(setup) { frames in
            let instant = ContinuousClock.now
            let clock = Timestamp.now
            book.update { book in
                for frame in frames { book.take(frame, at: instant, clock: clock) }
            }
        } _: { harness in
            try await StageCheck(harness, book: book, deliveries: deliveries).parts.run(only: only) {
                tell($0, console)
            }
        }
    }
}

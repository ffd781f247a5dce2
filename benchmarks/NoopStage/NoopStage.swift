import ArgumentParser
import Foundation
import Messages
import StageKit

/// A stage that does nothing: what is left is the price of the contract itself.
///
///     mendline stage bench validator -- .build/release/noop-stage
@main
struct NoopStage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "noop-stage",
        abstract: "Settles every delivery at once with no events, under the name that MENDLINE_STAGE says."
    )

    @OptionGroup var options: StageOptions

    private struct Nothing: StageHandler {
        func handle(_ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] { [] }
        func knows(_: EventType) -> Bool { true }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let stage = environment["MENDLINE_STAGE"] else {
            throw ValidationError("MENDLINE_STAGE is not set: start this by `mendline stage bench`")
        }
        try await StageProcess(stage: stage, options, environment: environment).run(Nothing())
    }
}

import ArgumentParser
import CoderAPI
import CoderConnection
import Foundation
import HTTPClient
import LogCollector
import Messages
import Secrets
import StageKit

@main
struct LogCollectorMain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log-collector",
        abstract: "Follows workspaces to their verdict and collects their logs, with one list call a tick for all.",
        discussion: CoderOptions.discussion + "\n\n" + CurveOptions.discussion,
        version: Mendline.version
    )

    @OptionGroup var options: StageOptions
    @OptionGroup var coder: CoderOptions
    @Option(help: ArgumentHelp("Milliseconds between two looks at all workspaces.", valueName: "ms"))
    var tick = 1000

    func validate() throws {
        guard (50...60_000).contains(tick) else {
            throw ValidationError("--tick must be from 50 to 60000 milliseconds")
        }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let process = try StageProcess(stage: "log-collector", options, environment: environment)
        let connection = try CoderConnection(process, coder, environment: environment)
        let collector = LogCollector(
            coder: connection.client,
            openingKey: connection.openingKey,
            trouble: process.trouble,
            configuration: LogCollectorConfiguration(tick: .milliseconds(tick)),
            logger: process.logger
        )
        // It only reads, so its deliveries can be given back as soon as it is told to stop.
        try await process.run(
            collector,
            services: [connection.http, collector.watcher],
            drainGrace: .milliseconds(200)
        )
    }
}

public import ArgumentParser
import Foundation
import Logging
import SimulatorKit

/// Written as `incident-simulator`.
public struct IncidentSimulatorCommand: AsyncParsableCommand {
    enum Switch: String, ExpressibleByArgument, CaseIterable {
        case on, off
    }

    enum Visibility: String, ExpressibleByArgument, CaseIterable {
        case readable, hidden
    }

    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "incident-simulator",
        abstract: "An incident system for one machine: it takes comments and updates, and counts them.",
        discussion: """
            GET and PATCH /api/incidents/ID read and change an incident (status, notes, updated_by); POST \
            /api/incidents/ID/comments adds a comment ({"body": "…", "author": "…"}, answered 201 with its id) and GET \
            lists them. Incidents spring into being on first use; ids are free text, percent-encoded.

            When it is ready it prints one line, "listening on http://HOST:PORT"; its log goes to standard error. \
            SIGTERM and SIGINT end it.

            Without a key, for tests: GET and PATCH /_simulator/faults show and change the faults while it runs; GET \
            /_simulator/counts tells requests and effects apart, per incident.

            example: incident-simulator --listen 127.0.0.1:8090 --api-key-file key
            """
    )

    @Option(help: ArgumentHelp("Where to listen; port 0 lets the system choose.", valueName: "host:port"))
    var listen = ListenAddress(host: "127.0.0.1", port: 8090)
    @Option(
        help: ArgumentHelp(
            "A file with the bearer key to accept; without it INCIDENT_SIMULATOR_KEY.",
            valueName: "file"
        )
    )
    var apiKeyFile: String?
    @Option(help: "Whether Idempotency-Key is honoured: on or off.")
    var idempotency = Switch.on
    @Option(help: "Whether comments can be listed: readable or hidden.")
    var comments = Visibility.readable
    @OptionGroup(title: "Faults of answers") var faultOptions: FaultOptions
    @Option(help: "debug, info, warning or error.")
    var logLevel = "warning"

    /// For the parser.
    public init() {}

    /// Refuses what cannot work before anything is started.
    public func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level \(logLevel) is none of debug, info, warning, error")
        }
    }

    /// Runs until SIGTERM or SIGINT.
    public func run() async throws {
        let key = try secretText(
            file: apiKeyFile,
            variable: "INCIDENT_SIMULATOR_KEY",
            environment: ProcessInfo.processInfo.environment,
            flag: "--api-key-file"
        )
        var configuration = IncidentSimulator.Configuration(key: key)
        configuration.listen = listen
        configuration.honoursKeys = idempotency == .on
        configuration.commentsAreReadable = comments == .readable
        configuration.faults = faultOptions.faults
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "incident-simulator")
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .warning
        try await runSimulator(
            IncidentSimulator(configuration: configuration, logger: logger, onReady: announce),
            logger: logger
        )
    }
}

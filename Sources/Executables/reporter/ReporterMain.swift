import ArgumentParser
import Foundation
import HTTPClient
import Messages
import Reporter
import Secrets
import StageKit
import Topology

@main
struct ReporterMain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reporter",
        abstract: "Tells the incident system what became of an incident, once.",
        discussion: """
            A flag beats the environment, the environment beats the topology file.

              flag                environment            topology file
              --incident-url      STREAM_A_URL           incident_api.url
              --incident-key-file STREAM_A_API_KEY_FILE  incident_api.key_file   (or the key itself in STREAM_A_API_KEY)

            The key file is read anew when it changes; a key is never given as an argument.

            \(CurveOptions.discussion)
            """,
        version: Mendline.version
    )

    @OptionGroup var options: StageOptions
    @Option(help: ArgumentHelp("Where the incident system is.", valueName: "url"))
    var incidentURL: String?
    @Option(help: ArgumentHelp("A file with its API key.", valueName: "file"))
    var incidentKeyFile: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let process = try StageProcess(stage: "reporter", options, environment: environment)
        let topology = process.topology
        let settings = Settings(
            flags: ["stream.a.url": incidentURL, "stream.a.api.key.file": incidentKeyFile],
            environment: environment,
            topology: ["stream.a.url": topology.incidentAPI.url, "stream.a.api.key.file": topology.incidentAPI.keyFile]
        )
        let url = try settings.required(
            "stream.a.url",
            remedy: "set STREAM_A_URL (or --incident-url, or incident_api.url in the topology file)"
        )
        guard let key = settings.secret("stream.a.api.key") else {
            throw SettingsError(
                what: "the incident system's API key is not set: set STREAM_A_API_KEY or STREAM_A_API_KEY_FILE "
                    + "(or --incident-key-file, or incident_api.key_file in the topology file)"
            )
        }
        _ = try key.read()
        let http = HTTPClient(configuration: .init())
        let duplicates: ReporterConfiguration.Duplicates =
            switch topology.incidentAPI.duplicates {
            case .look: .look
            case .key: .key
            case .atMostOnce: .atMostOnce
            }
        let reporter = Reporter(
            streamA: url,
            key: key,
            http: http,
            configuration: ReporterConfiguration(duplicates: duplicates, systemName: "stream-a"),
            trouble: process.trouble
        )
        try await process.run(reporter, services: [http])
    }
}

import ArgumentParser
import Foundation
import Intake
import Messages
import StageKit
import Topology

@main
struct IntakeMain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "intake",
        abstract: "Takes incidents over HTTP, owns the ledger, and hands deliveries to the stages.",
        discussion: """
            A flag beats the environment, the environment beats the topology file.

              flag             environment          topology file
              --listen         INTAKE_LISTEN        intake.listen
              --token-file     MENDLINE_TOKEN_FILE  intake.token_file    (or the token itself in MENDLINE_TOKEN)
              --database       INTAKE_DATABASE      intake.database
              --sealing-key    SEAL_PUBLIC_KEY_FILE seal.public_key_file
              --metrics-url    METRICS_URL          http:// and metrics.listen

            Without a token intake listens on loopback only.
            """,
        version: Mendline.version
    )

    @OptionGroup var options: StageOptions
    @Option(help: ArgumentHelp("Where the API listens.", valueName: "host:port"))
    var listen: String?
    @Option(help: ArgumentHelp("A file with the bearer token that callers must show.", valueName: "file"))
    var tokenFile: String?
    @Option(help: ArgumentHelp("The ledger's file.", valueName: "file"))
    var database: String?
    @Option(help: ArgumentHelp("A file with the public key that seals target_service_token.", valueName: "file"))
    var sealingKey: String?
    @Option(help: ArgumentHelp("Where the metrics-sink's exposition is.", valueName: "url"))
    var metricsURL: String?

    func run() async throws {
        let process = try StageProcess(stage: "intake", options)
        let topology = process.topology
        let settings = Settings(
            flags: [
                "intake.listen": listen, "mendline.token.file": tokenFile, "intake.database": database,
                "seal.public.key.file": sealingKey, "metrics.url": metricsURL,
            ],
            environment: ProcessInfo.processInfo.environment,
            topology: [
                "intake.listen": "\(topology.intake.listen)", "mendline.token.file": topology.intake.tokenFile,
                "intake.database": topology.intake.database, "seal.public.key.file": topology.seal.publicKeyFile,
                "metrics.url": "http://\(topology.metrics.listen)",
            ]
        )
        let address = try settings.required("intake.listen", remedy: "give --listen HOST:PORT")
        guard let listen = ListenAddress(address) else {
            throw SettingsError(what: "intake.listen is \"\(address)\"; it must be HOST:PORT, such as 127.0.0.1:8000")
        }
        let intake = try IntakeProcess(
            process,
            IntakeProcess.Configuration(
                listen: listen,
                database: try settings.required("intake.database", remedy: "give --database FILE"),
                bearer: settings.secret("mendline.token"),
                sealingKeyFile: settings.text("seal.public.key.file"),
                metricsURL: try settings.required("metrics.url", remedy: "give --metrics-url URL") + "/metrics"
            )
        )
        try await intake.run(isCheck: options.check)
    }
}

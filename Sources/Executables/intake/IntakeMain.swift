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

              flag                environment                   topology file
              --listen            INTAKE_LISTEN                 intake.listen
              --token-file        MENDLINE_TOKEN_FILE           intake.token_file
              --signature-keys    MENDLINE_SIGNATURE_KEYS_FILE  intake.signature_keys_file
              --database          INTAKE_DATABASE               intake.database
              --keep-incidents    INTAKE_KEEP_INCIDENTS         intake.keep_incidents
              --sealing-key       SEAL_PUBLIC_KEY_FILE          seal.public_key_file
              --metrics-url       METRICS_URL                   http:// and metrics.listen
              --http-connections  INTAKE_HTTP_CONNECTIONS       intake.http.connections
              --http-requests     INTAKE_HTTP_REQUESTS          intake.http.requests
              --http-header-time  INTAKE_HTTP_HEADER_TIME       intake.http.header_time
              --http-body-time    INTAKE_HTTP_BODY_TIME         intake.http.body_time
              --http-idle-time    INTAKE_HTTP_IDLE_TIME         intake.http.idle_time

            Tokens and keys themselves may be in MENDLINE_TOKEN and MENDLINE_SIGNATURE_KEYS. Their files are read anew when
            they change; while the new one is wrong, the old one stays in force.

            Tokens, one a line:  NAME SCOPE[,SCOPE] TOKEN   with the scopes send, read, operate (cancel and retry);
                                 or a plain TOKEN, which allows everything and names nobody.
            Keys, one a line:    NAME SCHEME KEY            with the schemes github, pagerduty, standard-webhooks,
                                 grafana[,header=NAME][,timestamp-header=NAME]. A signed body has the scope send.

            Without a token or a key intake listens on loopback only.

            \(CurveOptions.discussion)

            \(DoorOptions.discussion)
            """,
        version: Mendline.version
    )

    @OptionGroup var options: StageOptions
    @OptionGroup(title: "Encrypted sockets") var door: DoorOptions
    @Option(help: ArgumentHelp("Where the API listens.", valueName: "host:port"))
    var listen: String?
    @Option(help: ArgumentHelp("A file with the bearer tokens that callers must show.", valueName: "file"))
    var tokenFile: String?
    @Option(help: ArgumentHelp("A file with the keys that senders sign bodies with.", valueName: "file"))
    var signatureKeys: String?
    @Option(help: ArgumentHelp("The ledger's file.", valueName: "file"))
    var database: String?
    @Option(help: ArgumentHelp("How long after its end an incident is kept, such as 30d.", valueName: "time"))
    var keepIncidents: String?
    @Option(help: ArgumentHelp("A file with the public key that seals target_service_token.", valueName: "file"))
    var sealingKey: String?
    @Option(help: ArgumentHelp("Where the metrics-sink's exposition is.", valueName: "url"))
    var metricsURL: String?
    @OptionGroup var http: HTTPOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let process = try StageProcess(stage: "intake", options, environment: environment)
        let topology = process.topology
        let settings = Settings(
            flags: http.flags.merging([
                "intake.listen": listen, "mendline.token.file": tokenFile, "intake.database": database,
                "mendline.signature.keys.file": signatureKeys, "seal.public.key.file": sealingKey,
                "metrics.url": metricsURL, "intake.keep.incidents": keepIncidents,
            ]) { _, given in given },
            environment: environment,
            topology: HTTPOptions.texts(topology.intake.http).merging([
                "intake.listen": "\(topology.intake.listen)", "mendline.token.file": topology.intake.tokenFile,
                "intake.database": topology.intake.database,
                "mendline.signature.keys.file": topology.intake.signatureKeysFile,
                "intake.keep.incidents": DurationText.format(topology.intake.keepIncidents),
                "seal.public.key.file": topology.seal.publicKeyFile,
                "metrics.url": "http://\(topology.metrics.listen)",
            ]) { _, given in given }
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
                keepIncidents: try keepIncidents(settings, topology),
                tokens: settings.secret("mendline.token", hasLines: true),
                signatureKeys: settings.secret("mendline.signature.keys", hasLines: true),
                http: try HTTPOptions.bounds(settings),
                sealingKeyFile: settings.text("seal.public.key.file"),
                metricsURL: Self.exposition(try settings.required("metrics.url", remedy: "give --metrics-url URL")),
                admittedFile: door.admittedFile(
                    environment: environment,
                    topology: topology.curve?.admittedFile
                )
            )
        )
        try await intake.run(isCheck: options.check)
    }

    /// The exposition's address, which may be given with its path or without.
    private static func exposition(_ url: String) -> String {
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        return base.hasSuffix("/metrics") ? base : base + "/metrics"
    }

    private func keepIncidents(_ settings: Settings, _ topology: Topology) throws(SettingsError) -> Duration {
        let text = try settings.required("intake.keep.incidents", remedy: "give --keep-incidents 30d")
        guard let time = DurationText.parse(text), IntakeConfiguration.keepRange.contains(time) else {
            throw SettingsError(
                what:
                    "intake.keep_incidents is \"\(text)\"; write a whole number and one unit of s, m, h, d, from 1s to "
                    + DurationText.format(IntakeConfiguration.keepRange.upperBound)
            )
        }
        guard time >= topology.limits.hold else {
            throw SettingsError(
                what: "intake.keep_incidents is \(text), less than limits.hold, "
                    + "\(DurationText.format(topology.limits.hold)): keep incidents at least as long as a stopped "
                    + "workspace keeps its name"
            )
        }
        return time
    }
}

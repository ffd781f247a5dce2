import ArgumentParser
import Foundation
import Messages
import MetricsSink
import StageKit
import Topology

@main
struct MetricsSinkMain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics-sink",
        abstract: "Gathers the samples of every process and exposes them at GET /metrics.",
        discussion: """
            A flag beats the environment, the environment beats the topology file.

              flag       environment     topology file
              --listen   METRICS_LISTEN  metrics.listen

            \(CurveOptions.discussion)

            \(DoorOptions.discussion)
            """,
        version: Mendline.version
    )

    @OptionGroup var options: StageOptions
    @OptionGroup(title: "Encrypted sockets") var door: DoorOptions
    @Option(help: ArgumentHelp("Where Prometheus scrapes.", valueName: "host:port"))
    var listen: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let process = try StageProcess(stage: "metrics-sink", options, environment: environment)
        let settings = Settings(
            flags: ["metrics.listen": listen],
            environment: environment,
            topology: ["metrics.listen": "\(process.topology.metrics.listen)"]
        )
        let address = try settings.required("metrics.listen", remedy: "give --listen HOST:PORT")
        guard let listen = ListenAddress(address) else {
            throw SettingsError(what: "metrics.listen is \"\(address)\"; it must be HOST:PORT, such as 127.0.0.1:9464")
        }
        let sink = MetricsSink(
            listen: listen,
            samples: "\(process.topology.metrics.samples)",
            security: process.link.binding,
            doorkeeper: try process.doorkeeper(
                admittedFile: door.admittedFile(
                    environment: environment,
                    topology: process.topology.curve?.admittedFile
                )
            ),
            logger: process.logger
        )
        try await process.run([sink, try process.shipper()])
    }
}

import ArgumentParser
import CoderAPI
import CoderConnection
import Foundation
import HTTPClient
import Messages
import Provisioner
import Secrets
import StageKit
import Topology

@main
struct ProvisionerMain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provisioner",
        abstract: "Creates workspaces in Coder for incidents, and stops and deletes them.",
        discussion: CoderOptions.discussion + "\n\n" + CurveOptions.discussion,
        version: Mendline.version
    )

    @OptionGroup var options: StageOptions
    @OptionGroup var coder: CoderOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let process = try StageProcess(stage: "provisioner", options, environment: environment)
        let connection = try CoderConnection(process, coder, environment: environment)
        let provisioner = Provisioner(
            coder: connection.client,
            openingKey: connection.openingKey,
            trouble: process.trouble,
            configuration: ProvisionerConfiguration(workspaceURL: process.topology.coder.workspaceURL)
        )
        try await process.run(provisioner, services: [connection.http])
    }
}

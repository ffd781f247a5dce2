import ArgumentParser
import Foundation
import Messages
import StageKit
import Topology
import Validator

@main
struct ValidatorMain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validator",
        abstract: "Decides by the policy file whether a machine may deal with an incident, and how.",
        discussion: """
            A flag beats the environment, the environment beats the topology file.

              flag              environment                    topology file
              --policy          MENDLINE_POLICY                policy
              --coder-template  CODER_TEMPLATE or TEMPLATE_ID  coder.template   (for playbooks that name none)

            \(CurveOptions.discussion)
            """,
        version: Mendline.version
    )

    @OptionGroup var options: StageOptions
    @Option(help: ArgumentHelp("The policy file; it is read anew when it changes.", valueName: "file"))
    var policy: String?
    @Option(
        help: ArgumentHelp("The Coder template, a name or an id, of playbooks that name none.", valueName: "template")
    )
    var coderTemplate: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let process = try StageProcess(stage: "validator", options, environment: environment)
        let settings = Settings(
            flags: ["mendline.policy": policy, "coder.template": coderTemplate],
            environment: environment,
            topology: ["mendline.policy": process.topology.policy]
        )
        let policies = try PolicySource(
            path: try settings.required("mendline.policy", remedy: "give --policy FILE"),
            trouble: process.trouble,
            logger: process.logger
        )
        let template =
            settings.text("coder.template") ?? settings.text("template.id") ?? process.topology.coder.template
        try await process.run(Validator(policies: policies, template: template))
    }
}

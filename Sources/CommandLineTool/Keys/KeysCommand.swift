import ArgumentParser
import Foundation
import Topology

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Makes the keys that protect the sockets between machines.",
        subcommands: [NewKeysCommand.self]
    )
}

struct NewKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Makes CURVE key pairs, and says where each file goes.",
        discussion: """
            Each process has a pair of its own, which all processes of one stage may share: NAME.secret, which never \
            leaves the machines that run NAME, and NAME.public. The file `admitted` says which public keys are let in, \
            and for which stages each may speak. Files that are there already are kept; to replace a pair, remove its \
            two files and its line in `admitted` first.

            Examples:
              mendline keys new
              mendline keys new validator reporter --folder /etc/mendline/curve
            """
    )

    @Argument(
        help: ArgumentHelp("For whom: stages, intake, metrics-sink; all of the topology without it.", valueName: "name")
    )
    var names: [String] = []

    @Option(help: ArgumentHelp("The topology file.", valueName: "file"))
    var topology = "topology/local.yaml"

    @Option(help: ArgumentHelp("The data folder that {data} stands for in the topology file.", valueName: "dir"))
    var data = "var"

    @Option(help: ArgumentHelp("Where the files go, instead of where the topology says.", valueName: "dir"))
    var folder: String?

    func run() async throws {
        let topology: Topology
        do throws(ConfigurationProblems) {
            topology = try Topology.load(path: self.topology, data: data)
        } catch {
            throw CommandFailure("\(error)", code: CommandFailure.wrongConfiguration)
        }
        let known = KeyFolder.names(topology)
        if let stranger = names.first(where: { !known.contains($0) }) {
            throw CommandFailure(
                "the topology `\(topology.name)` has no \(stranger): give any of \(known.joined(separator: ", "))",
                code: CommandFailure.wrongConfiguration
            )
        }
        let keys =
            folder.map { KeyFolder(folder: URL(fileURLWithPath: $0).standardizedFileURL.path) }
            ?? KeyFolder(topology)
        let made = try keys.make(names.isEmpty ? known : known.filter(names.contains))
        for line in keys.text(made, topology: topology) { CommandContext.current.console.print(line) }
    }
}

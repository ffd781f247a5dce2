import Foundation
import Topology

/// Makes the setup of a harness from what is typed.
enum HarnessSetup {
    /// Reads the topology and finds the stage and its program.
    ///
    /// - Parameters:
    ///   - name: the stage's.
    ///   - file: the topology file.
    ///   - data: the harness's folder.
    ///   - command: program and arguments; empty for what the topology says, or Mendline's own.
    ///   - programs: where Mendline's own binaries are.
    ///   - environment: what every process inherits.
    /// - Returns: the setup.
    /// - Throws: `CommandFailure` where the topology cannot be used or has no such stage.
    static func make(
        stage name: String,
        topology file: String,
        data: String,
        command: [String],
        programs: Programs,
        environment: [String: String]
    ) throws(CommandFailure) -> StageHarness.Setup {
        let topology = try topology(file, data: data)
        guard let stage = topology.stage(name) else {
            throw CommandFailure(
                "\(file) has no stage \"\(name)\"; it has \(topology.stages.map(\.name).joined(separator: ", "))",
                code: CommandFailure.wrongConfiguration
            )
        }
        let path = URL(fileURLWithPath: file).standardizedFileURL.path
        return StageHarness.Setup(
            topology: topology,
            file: path,
            stage: stage,
            command: try program(command, stage, path, programs),
            programs: programs,
            environment: environment
        )
    }

    /// Reads a topology.
    ///
    /// - Throws: `CommandFailure` with all that is wrong with it.
    static func topology(_ file: String, data: String) throws(CommandFailure) -> Topology {
        do throws(ConfigurationProblems) {
            return try Topology.load(path: file, data: data)
        } catch {
            throw CommandFailure("\(error)", code: CommandFailure.wrongConfiguration)
        }
    }

    private static func program(
        _ typed: [String],
        _ stage: StageConfiguration,
        _ file: String,
        _ programs: Programs
    ) throws(CommandFailure) -> [String] {
        if typed.isEmpty, let command = stage.command {
            return [LaunchPlan.program(command, file: file)] + command.dropFirst()
        }
        return try self.command(typed, name: stage.name, programs)
    }

    /// What was typed, or Mendline's own program of that name.
    ///
    /// - Parameters:
    ///   - typed: program and arguments; empty for Mendline's own.
    ///   - name: of Mendline's own program.
    ///   - programs: where that is.
    /// - Returns: program and arguments.
    /// - Throws: `CommandFailure` where there is none.
    static func command(
        _ typed: [String],
        name: String,
        _ programs: Programs
    ) throws(CommandFailure) -> [String] {
        if let program = typed.first { return [absolute(program)] + typed.dropFirst() }
        guard let own = programs.path(name) else {
            throw CommandFailure(
                "there is no program \(name) in \(programs.folder): give COMMAND behind --",
                code: CommandFailure.wrongConfiguration
            )
        }
        return [own]
    }

    /// A path from where the command was typed; a bare name is looked for in PATH.
    private static func absolute(_ program: String) -> String {
        program.contains("/") ? URL(fileURLWithPath: program).standardizedFileURL.path : program
    }
}

/// The folder of one run of a harness.
///
/// One that we have made ourselves is removed at the end, unless it is to be kept.
final class HarnessFolder {
    let path: String
    private var isKept: Bool

    /// - Parameter path: a folder of the user's; nil to make one.
    /// - Throws: `CommandFailure` where it cannot be made.
    init(_ path: String?) throws(CommandFailure) {
        isKept = path != nil
        // Short, since a socket's path has 107 bytes at most.
        self.path =
            path.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
            ?? "\(NSTemporaryDirectory())mendline-\(UUID().uuidString.prefix(8))"
        try LocalData.makeFolder(self.path)
    }

    deinit { if !isKept { try? FileManager.default.removeItem(atPath: path) } }

    /// Leaves it where it is.
    func keep() { isKept = true }
}

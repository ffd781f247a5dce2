import ArgumentParser
import Foundation
import Topology

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks topology and policy files without starting anything.",
        discussion: """
            A topology file has `stages`, a policy file has `playbooks`. Of a topology the policy file that it names \
            is checked too, and of its `curve` section those key files that are on this machine. Every problem is printed as FILE:LINE:COLUMN, what is wrong, and what to do. The exit code \
            is 0 where all files can be used, 2 where one cannot.

            Examples:
              mendline check topology/local.yaml
              mendline check topology/*.yaml
            """
    )

    @Argument(help: ArgumentHelp("Topology and policy files.", valueName: "file"))
    var files: [String]

    @Option(help: "The data folder that {data} stands for in a topology file.")
    var data = "var"

    func run() async throws {
        let console = CommandContext.current.console
        let reports = Self.check(files, data: data)
        for report in reports {
            for problem in report.problems {
                console.error(console.diagnostics.paint("\(problem)", problem.severity == .error ? .bad : .doubtful))
            }
            if report.isUsable { console.print("\(report.file): \(report.summary)") }
        }
        if !reports.allSatisfy(\.isUsable) { throw CommandFailure("", code: CommandFailure.wrongConfiguration) }
    }

    /// Checks each file, and each policy file that a topology names, once.
    static func check(_ files: [String], data: String) -> [FileReport] {
        var reports: [FileReport] = []
        var policies: [String] = []
        for file in files {
            let report = FileReport.check(file, data: data)
            reports.append(report)
            if let policy = report.policy { policies.append(policy) }
        }
        reports += files.flatMap { file -> [FileReport] in
            guard FileKind.of(file) == .topology, let topology = try? Topology.load(path: file, data: data) else {
                return []
            }
            return CurveCheck.reports(topology)
        }
        var seen = Set(files.map(absolute))
        for policy in policies where seen.insert(absolute(policy)).inserted {
            reports.append(.check(policy, data: data))
        }
        return reports
    }

    private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}

/// What a check found in one file.
struct FileReport: Hashable, Sendable {
    var file: String
    var problems: [ConfigurationProblem]
    /// What is in the file, for people.
    var summary: String
    /// The policy file that a topology names.
    var policy: String?

    var isUsable: Bool { !problems.contains { $0.severity == .error } }

    static func check(_ file: String, data: String) -> FileReport {
        do throws(ConfigurationProblems) {
            switch FileKind.of(file) {
            case .policy:
                let policy = try Policy.load(path: file)
                return FileReport(
                    file: file,
                    problems: policy.warnings,
                    summary: "a policy with \(policy.playbooks.count) playbooks, good"
                )
            case .topology:
                let topology = try Topology.load(path: file, data: data)
                return FileReport(
                    file: file,
                    problems: topology.warnings,
                    summary: "the topology `\(topology.name)` with \(topology.stages.count) stages, good",
                    policy: topology.policy
                )
            case .neither:
                throw ConfigurationProblems([
                    ConfigurationProblem(
                        file: file,
                        line: 1,
                        column: 1,
                        message: "neither a topology nor a policy",
                        remedy: "a topology file has the key `stages`, a policy file the key `playbooks`"
                    )
                ])
            }
        } catch {
            return FileReport(file: file, problems: error.problems, summary: "")
        }
    }
}

/// What a file seems to be, by its keys.
enum FileKind {
    case topology
    case policy
    case neither

    /// A file that cannot be read is taken for a topology: loading it tells why.
    static func of(_ file: String) -> FileKind {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return .topology }
        return of(text: text)
    }

    /// Looks at the keys that begin a line; whether the file is right is for its loader to say.
    static func of(text: String) -> FileKind {
        let keys = Set(
            text.split(whereSeparator: \.isNewline).compactMap { line -> String? in
                guard let first = line.first, first != " ", first != "#", let colon = line.firstIndex(of: ":") else {
                    return nil
                }
                return line[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "\"' \u{FEFF}"))
            }
        )
        if keys.isDisjoint(with: ["stages", "playbooks"]) {
            // A slip in the one key must not hide what else is wrong.
            if !keys.isDisjoint(with: ["severities"]) { return .policy }
            return keys.isDisjoint(with: ["intake", "metrics", "coder", "incident_api", "simulators"])
                ? .neither : .topology
        }
        return keys.contains("stages") ? .topology : .policy
    }
}

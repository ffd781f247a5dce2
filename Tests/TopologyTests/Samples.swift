import Foundation
import Testing

@testable import Topology

/// A topology file that is right, as lines, so that a test can spoil one of them.
enum Samples {
    static let topology = """
        version: 1
        name: test
        intake:
          listen: 127.0.0.1:8000
        stages:
          validator:
            takes: [incident.accepted]
          provisioner:
            takes: [incident.approved, remediation.finished, workspace.expiring, workspace.dispose, delivery.exhausted, sweep.due]
            secrets: true
          log-collector:
            takes: [workspace.created]
          reporter:
            takes: [incident.declined, workspace.created, remediation.finished, incident.cancelled]
        policy: policy.yaml
        """

    static let policy = """
        version: 1
        severities: [critical, high]
        playbooks:
          - name: first
            match:
              services: ["payment-*"]
              description: [cpu]
            template: remediation
            parameters: { script: a.sh, on: "{service_name}" }
          - name: second
            match: { services: ["*"] }
        """

    /// The sample with a text replaced, which must be there exactly once.
    static func topology(_ old: String, _ new: String) -> String {
        replaced(topology, old, new)
    }

    static func policy(_ old: String, _ new: String) -> String {
        replaced(policy, old, new)
    }

    private static func replaced(_ text: String, _ old: String, _ new: String) -> String {
        precondition(text.ranges(of: old).count == 1, "\(old) is not once in the sample")
        return text.replacing(old, with: new)
    }

    /// What is wrong with a topology; empty where nothing is.
    static func problems(_ text: String, data: String = "/d") -> [ConfigurationProblem] {
        do {
            return try Topology.parse(text: text, file: "t.yaml", data: data).warnings
        } catch {
            return error.problems
        }
    }

    static func policyProblems(_ text: String) -> [ConfigurationProblem] {
        do {
            return try Policy.parse(text: text, file: "p.yaml").warnings
        } catch {
            return error.problems
        }
    }

    /// A folder for one test, and its removal.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("topology-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }

    /// A file of the repository.
    static func repository(_ path: String, from file: String = #filePath) -> String {
        URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(path).path
    }
}

/// One line of a table: what is done to the sample, and what is said of it.
struct Spoiled: CustomTestStringConvertible, Sendable {
    var old: String
    var new: String
    /// `line:column`, from the sample's first line.
    var place: String
    var says: String
    var severity: ConfigurationProblem.Severity

    init(
        _ old: String,
        _ new: String,
        _ place: String,
        _ says: String,
        _ severity: ConfigurationProblem.Severity = .error
    ) {
        self.old = old
        self.new = new
        self.place = place
        self.says = says
        self.severity = severity
    }

    var testDescription: String { "\(new.prefix(70))" }
}

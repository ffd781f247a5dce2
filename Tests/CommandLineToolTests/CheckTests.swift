import Foundation
import Testing
import Topology

@testable import CommandLineTool

@Suite struct CheckTests {
    static let policy = """
        version: 1
        severities: [critical]
        playbooks:
          - name: restart
            match: { services: ["*"] }

        """

    @Test(arguments: [
        ("version: 1\nstages:\n", FileKind.topology), ("playbooks: []\n", .policy),
        ("severities: [a]\nplaybook: x\n", .policy),
        ("\"stages\": {}\n", .topology), ("intake:\n  listen: x\n", .topology), ("# stages: x\nfoo: 1\n", .neither),
        ("foo:\n  stages: 1\n", .neither), ("", .neither),
    ])
    func kinds(text: String, kind: FileKind) { #expect(FileKind.of(text: text) == kind) }

    @Test func aGoodPolicy() async throws {
        try await withTemporaryFolder { folder in
            try Self.policy.write(toFile: folder + "/p.yaml", atomically: true, encoding: .utf8)
            let reports = CheckCommand.check([folder + "/p.yaml"], data: "var")
            #expect(reports.map(\.isUsable) == [true])
            #expect(reports.first?.summary == "a policy with 1 playbooks, good")
        }
    }

    @Test func problemsNameFileLineAndRemedy() async throws {
        try await withTemporaryFolder { folder in
            let file = folder + "/p.yaml"
            try Self.policy.replacing("severities", with: "severity").write(
                toFile: file,
                atomically: true,
                encoding: .utf8
            )
            let report = try #require(CheckCommand.check([file], data: "var").first)
            #expect(!report.isUsable)
            #expect(
                report.problems.contains { $0.line == 2 && "\($0)".hasPrefix("\(file):2:1: ") && !$0.remedy.isEmpty }
            )
        }
    }

    @Test func whatIsNeitherAndWhatIsNotThere() async throws {
        try await withTemporaryFolder { folder in
            try "a: 1\n".write(toFile: folder + "/x.yaml", atomically: true, encoding: .utf8)
            let reports = CheckCommand.check([folder + "/x.yaml", folder + "/none.yaml"], data: "var")
            #expect(reports.map(\.isUsable) == [false, false])
            #expect(reports[0].problems.first?.message == "neither a topology nor a policy")
            #expect("\(reports[1].problems)".contains("no such file"))
        }
    }

    @Test func thePolicyOfATopologyIsCheckedOnce() async throws {
        try await withTemporaryFolder { folder in
            try TestTopology.text.write(toFile: folder + "/t.yaml", atomically: true, encoding: .utf8)
            try "playbooks: 7\n".write(toFile: folder + "/policy.yaml", atomically: true, encoding: .utf8)
            let both = CheckCommand.check([folder + "/t.yaml", folder + "/policy.yaml"], data: "var")
            #expect(both.map(\.isUsable) == [true, false])
            let one = CheckCommand.check([folder + "/t.yaml"], data: "var")
            #expect(one.map(\.isUsable) == [true, false])
        }
    }
}

enum TestTopology {
    /// A topology as the local one, with a stage of one's own, two provisioners, and simulators on ports of the
    /// system's choice.
    static let text = """
        version: 1
        name: test
        intake: { listen: "127.0.0.1:0" }
        metrics: { listen: "127.0.0.1:0" }
        stages:
          validator:
            takes: [incident.accepted]
          approver:
            takes: [incident.approved]
            emits: [incident.confirmed]
            command: [./approver, --gently]
          provisioner:
            takes: [incident.confirmed, remediation.finished, workspace.expiring, workspace.dispose, delivery.exhausted, sweep.due]
            processes: 2
            secrets: true
          log-collector:
            takes: [workspace.created]
            secrets: true
          reporter:
            takes: [incident.declined, workspace.created, remediation.finished, incident.cancelled]
        coder:
          url: http://127.0.0.1:8080
          token_file: "{data}/secrets/coder-token"
        incident_api:
          url: http://127.0.0.1:8090
          key_file: "{data}/secrets/incident-api-key"
        policy: policy.yaml
        simulators:
          coder: { listen: "127.0.0.1:0" }
          incident: { listen: "127.0.0.1:0" }

        """
}

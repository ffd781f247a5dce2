import Topology

extension Subject {
    /// The files that people write.
    static let files: [Subject] = [
        Subject(name: "topology", examples: .lines(topologies)) { bytes in
            // The file's reader takes nothing but UTF-8.
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            do throws(ConfigurationProblems) {
                _ = try Topology.parse(text: text, file: "t.yaml", data: "/d")
            } catch {
                try told(error)
            }
        },
        Subject(name: "policy", examples: .lines([ExampleFiles.text("topology/policy.yaml"), smallPolicy])) { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            do {
                let policy = try Policy.parse(text: text, file: "p.yaml")
                for incident in incidents {
                    guard case .run(let playbook) = policy.decide(incident) else { continue }
                    try Broken.unless(playbook.filledParameters(incident) != nil, "taken, but a parameter is missing")
                }
            } catch let error as ConfigurationProblems {
                try told(error)
            }
        },
    ]

    private static func told(_ problems: ConfigurationProblems) throws {
        try Broken.unless(!problems.problems.isEmpty, "refused without a cause")
        try Broken.unless(problems.problems.allSatisfy { "\($0)".utf8.count < 20_000 }, "a problem without end")
    }

    private static let topologies = [ExampleFiles.text("topology/local.yaml"), ExampleFiles.text("topology/load.yaml")]

    private static let smallPolicy = """
        version: 1
        severities: [critical, high]
        playbooks:
          - name: first
            match: { services: ["payment-*", "a?c"], labels: { env: "prod-*" }, description: [cpu, "* is * full"] }
            template: remediation
            parameters: { script: a.sh, on: "{service_name} {labels.env} {{x}}" }
            timeout: 10m
            deadline: 15m
          - name: second
            match: { services: ["*"] }
        """

    private static let incidents = [
        IncidentFacts(
            id: "I-1",
            service: "payment-api",
            severity: "critical",
            description: "High CPU",
            labels: ["env": "prod-1"]
        ),
        IncidentFacts(
            id: "I-2",
            service: String(repeating: "a", count: 200),
            severity: "high",
            description: String(repeating: "is a ", count: 1600)
        ),
    ]
}

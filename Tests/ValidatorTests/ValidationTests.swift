import Messages
import Testing
import Topology

@testable import Validator

/// What the validator says of incidents, as tables.
struct ValidationTests {
    private let accepted = Timestamp(milliseconds: 1_000_000)

    private func policy() throws -> Policy {
        try Policy.parse(
            text: """
                version: 1
                severities: [critical, high]
                playbooks:
                  - name: high-cpu
                    match:
                      description: [cpu]
                    template: special
                    parameters:
                      script: high_cpu_fix.sh
                      target: "{service_name}/{labels.pod}"
                      note: "{severity} {{{incident_id}}} {description}"
                    timeout: 90s
                    deadline: 10m
                    retention: 0s
                    provision_within: 1m
                  - name: restart
                    match:
                      services: ["web-*"]
                      description: [down]
                    timeout: 1500ms
                    deadline: 3m
                    provision_within: 1m
                """,
            file: "policy.yaml"
        )
    }

    private func decide(
        service: String = "web-1",
        severity: String = "critical",
        description: String = "it is down",
        labels: [String: String] = [:],
        age: Duration = .zero
    ) throws -> Validation {
        Validation.decide(
            Incident(
                incidentID: "INC-1",
                serviceName: service,
                severity: severity,
                description: description,
                labels: labels
            ),
            policy: try policy(),
            template: "remediation",
            acceptedAt: accepted,
            now: accepted + age
        )
    }

    private func codes(_ validation: Validation) -> [String] {
        if case .declined(let reasons) = validation { reasons.map(\.code) } else { [] }
    }

    @Test func `a plan has the playbook's times, with the deadline counted from acceptance`() throws {
        #expect(
            try decide(age: .seconds(100))
                == .approved(
                    Plan(
                        playbook: "restart",
                        template: "remediation",
                        parameters: [:],
                        timeoutSeconds: 2,
                        deadline: accepted + .seconds(180),
                        retentionSeconds: 600,
                        provisionSeconds: 60
                    )
                )
        )
    }

    @Test func `parameters are filled from the incident, and what is filled in is not filled again`() throws {
        #expect(
            try decide(
                service: "{severity}",
                severity: "HIGH",
                description: "CPU {incident_id}",
                labels: ["pod": "p-1"]
            )
                == .approved(
                    Plan(
                        playbook: "high-cpu",
                        template: "special",
                        parameters: [
                            "script": "high_cpu_fix.sh", "target": "{severity}/p-1",
                            "note": "HIGH {INC-1} CPU {incident_id}",
                        ],
                        timeoutSeconds: 90,
                        deadline: accepted + .seconds(600),
                        retentionSeconds: 0,
                        provisionSeconds: 60
                    )
                )
        )
    }

    @Test(
        arguments: [
            ("web-1", "low", "down", 0, ["severity_not_allowed"]), ("db", "high", "down", 0, ["no_playbook"]),
            ("db", "low", "down", 0, ["severity_not_allowed", "no_playbook"]),
            ("web-1", "high", "down", 180, ["too_old"]),
            ("web-1", "low", "down", 9999, ["severity_not_allowed", "too_old"]), ("web-1", "high", "down", 179, []),
            ("web-1", "high", "cpu", 0, ["no_playbook"]),
        ] as [(String, String, String, Int, [String])]
    )
    func `every reason is told at once`(
        service: String,
        severity: String,
        description: String,
        age: Int,
        expected: [String]
    ) throws {
        let validation = try decide(service: service, severity: severity, description: description, age: .seconds(age))
        #expect(codes(validation) == expected)
    }

    @Test func `each reason is a sentence with what to do`() throws {
        guard case .declined(let reasons) = try decide(severity: "low", age: .seconds(200)) else {
            Issue.record("not declined")
            return
        }
        #expect(
            reasons.map(\.message) == [
                "Severity low is not remediated automatically; allowed are critical, high. Let a person look at it, or add "
                    + "the severity to `severities` of the policy file.",
                "The incident was accepted at 1970-01-01T00:16:40.000Z and its playbook restart had to be done by "
                    + "1970-01-01T00:19:40.000Z. If it goes on, send it again with a new incident_id, or lengthen the "
                    + "playbook's `deadline`.",
            ]
        )
    }

    @Test func `a reason is bounded and keeps its remedy, however many playbooks there are`() throws {
        let playbooks = (0..<200).map { "  - name: playbook-\($0)\n    match: { services: [\"ä\"] }\n" }.joined()
        let policy = try Policy.parse(
            text: "version: 1\nseverities: [high]\nplaybooks:\n" + playbooks,
            file: "policy.yaml"
        )
        let facts = IncidentFacts(id: "a", service: "ö", severity: "high", description: "")
        guard case .decline(let refusals) = policy.decide(facts), let refusal = refusals.first else {
            Issue.record("not declined")
            return
        }
        let reason = Reason(refusal)
        #expect(reason.message.utf8.count <= Reason.mostMessageBytes)
        #expect(reason.message.utf8.count > Reason.mostMessageBytes - 10)
        #expect(
            reason.message.hasSuffix(
                "… Let a person look at it, send the description or labels that a playbook asks for, or add a playbook."
            )
        )
    }
}

import Testing

@testable import Topology

/// The policy file and what it says of incidents.
@Suite(.timeLimit(.minutes(3)))
struct PolicyTests {
    @Test func theSampleIsRight() throws {
        let policy = try Policy.parse(text: Samples.policy, file: "p.yaml")
        #expect(policy.warnings == [])
        #expect(policy.playbooks.map(\.template) == ["remediation", nil])
        #expect(policy.playbooks[1].timeout == .seconds(600) && policy.playbooks[1].deadline == .seconds(900))
        #expect(policy.playbooks[1].retention == .seconds(600) && policy.playbooks[1].provisionWithin == .seconds(300))
    }

    static let table: [Spoiled] = [
        Spoiled("severities: [critical, high]\n", "", "1:1", "`severities` is missing"),
        Spoiled("[critical, high]", "[Critical]", "2:14", "`Critical` in `severities` is not a severity"),
        Spoiled("[critical, high]", "[critical, critical]", "2:24", "`critical` is twice"),
        Spoiled("name: first", "name: First", "4:11", "cannot be the name of a playbook"),
        Spoiled("name: first", "nam: first", "4:5", "unknown key `nam` in `playbooks[1]` (did you mean `name`?)"),
        Spoiled("name: first", "timeout: 5m", "4:5", "`playbooks[1].name` is missing"),
        Spoiled("name: second", "name: first", "10:11", "a second playbook `first`, first in line 4"),
        Spoiled("template: remediation", "template: a--b", "8:15", "not a template's name or id"),
        Spoiled("script: a.sh", "incident_id: x", "9:19", "Mendline itself sets the parameter `incident_id`"),
        Spoiled("script: a.sh", "target_service_token: x", "9:19", "Mendline itself sets"),
        Spoiled("script: a.sh", "1x: x", "9:19", "cannot be the name of a parameter"),
        Spoiled("script: a.sh", "script: [a]", "9:27", "must be a text, not a list"),
        Spoiled("{service_name}", "{servicename}", "9:37", "`{servicename}`, which means nothing here"),
        Spoiled("{service_name}", "{labels.}", "9:37", "`{labels.}`, which means nothing here"),
        Spoiled("{service_name}", "{", "9:37", "a single brace"),
        Spoiled("[cpu]", "['!!']", "7:21", "can be mentioned by no description"),
        Spoiled("[cpu]", "[]", "7:20", "has 0 entries"),
        Spoiled(
            "match: { services: [\"*\"] }",
            "timeout: 15m",
            "10:5",
            "a deadline of 15m and a script timeout of 15m"
        ),
        Spoiled("match: { services: [\"*\"] }", "deadline: 12m", "11:5", "before its timeout does", .warning),
        Spoiled("match: { services: [\"*\"] }", "provision_within: 15m", "11:5", "not within its deadline of 15m"),
        Spoiled("match: { services: [\"*\"] }", "retention: 8d", "11:16", "out of range; write from 0s to 7d"),
        Spoiled(
            "match: { services: [\"*\"] }",
            "match: { severities: [low] }",
            "10:11",
            "takes severity low",
            .warning
        ),
        Spoiled("match: { services: [\"*\"] }", "match: { labels: { a: { b: c } } }", "11:27", "must be a text"),
        Spoiled(
            "  - name: first",
            "  - name: all\n  - name: first",
            "5:11",
            "never reached: `all` in line 4",
            .warning
        ),
    ]

    @Test(arguments: table)
    func told(_ spoiled: Spoiled) throws {
        let problems = Samples.policyProblems(Samples.policy(spoiled.old, spoiled.new))
        let found = problems.filter { $0.description.contains(spoiled.says) }
        let problem = try #require(found.first, "said instead: \(problems)")
        #expect("\(problem.line):\(problem.column)" == spoiled.place)
        #expect(problem.severity == spoiled.severity)
    }

    static let rules = """
        version: 1
        severities: [critical, high]
        playbooks:
          - name: labelled
            match:
              services: ["db-?", "*-db"]
              severities: [critical]
              labels: { env: "prod*", team: "*" }
              description: ["slow quer*", "dead lock", "* is * full"]
            parameters: { host: "{labels.instance}" }
          - name: plain
            match: { description: [cpu] }
            parameters: { text: "{{{description}}} of {service_name} ({severity}, {incident_id})" }
        """

    static let good = IncidentFacts(
        id: "INC-1",
        service: "db-1",
        severity: "CRITICAL",
        description: "Dead  lock!",
        labels: ["env": "prod-eu", "team": "", "instance": "h1"]
    )

    static func with(_ change: (inout IncidentFacts) -> Void) -> IncidentFacts {
        var facts = good
        change(&facts)
        return facts
    }

    @Test(
        arguments: [
            (good, []),
            (with { $0.service = "orders-db" }, []),
            (with { $0.description = "the disk is nearly full" }, []),
            (with { $0.service = "db-10" }, [.service("db-10", wanted: ["db-?", "*-db"])]),
            (with { $0.service = "DB-1" }, [.service("DB-1", wanted: ["db-?", "*-db"])]),
            (with { $0.severity = "high" }, [.severity("high", wanted: ["critical"])]),
            (with { $0.labels["env"] = "test" }, [.label("env", actual: "test", wanted: "prod*")]),
            (with { $0.labels["env"] = nil }, [.label("env", actual: nil, wanted: "prod*")]),
            (with { $0.labels["team"] = nil }, [.label("team", actual: nil, wanted: "*")]),
            (with { $0.labels["instance"] = nil }, [.parameter("host", label: "instance")]),
            (with { $0.description = "deadlock" }, [.description(wanted: ["slow quer*", "dead lock", "* is * full"])]),
            (
                with { $0.description = "lock dead" },
                [.description(wanted: ["slow quer*", "dead lock", "* is * full"])]
            ),
            (
                IncidentFacts(id: "x", service: "web", severity: "low", description: ""),
                [
                    .service("web", wanted: ["db-?", "*-db"]), .severity("low", wanted: ["critical"]),
                    .label("env", actual: nil, wanted: "prod*"), .label("team", actual: nil, wanted: "*"),
                    .description(wanted: ["slow quer*", "dead lock", "* is * full"]),
                    .parameter("host", label: "instance"),
                ]
            ),
        ] as [(IncidentFacts, [Mismatch])]
    )
    func mismatches(facts: IncidentFacts, expected: [Mismatch]) throws {
        let policy = try Policy.parse(text: Self.rules, file: "p.yaml")
        #expect(policy.playbooks[0].mismatches(facts) == expected)
        #expect(expected.allSatisfy { !$0.description.isEmpty })
        let matched = policy.match(
            service: facts.service,
            severity: facts.severity,
            labels: facts.labels,
            description: facts.description
        )
        #expect((matched?.name == "labelled") == expected.isEmpty)
    }

    @Test func decisions() throws {
        let policy = try Policy.parse(text: Self.rules, file: "p.yaml")
        let plain = policy.playbooks[1]
        func facts(_ severity: String, _ description: String) -> IncidentFacts {
            IncidentFacts(id: "INC-1", service: "web", severity: severity, description: description)
        }
        #expect(policy.decide(facts("High", "CPU!")) == .run(plain))
        #expect(
            policy.decide(facts("low", "cpu")) == .decline([.severity("low", allowed: ["critical", "high"])])
        )
        guard case .decline(let refusals) = policy.decide(facts("low", "disk")) else {
            Issue.record("accepted")
            return
        }
        #expect(refusals.map(\.code) == ["severity_not_allowed", "no_playbook"])
        guard case .noPlaybook(let attempts) = refusals[1] else { return }
        #expect(attempts.map(\.playbook) == ["labelled", "plain"])
        #expect(attempts[1].mismatches == [.description(wanted: ["cpu"])])
        #expect(refusals[1].message.contains("plain (the description mentions none of cpu)"))
    }

    @Test func parameters() throws {
        let policy = try Policy.parse(text: Self.rules, file: "p.yaml")
        #expect(policy.playbooks[0].filledParameters(Self.good) == ["host": "h1"])
        #expect(policy.playbooks[0].filledParameters(Self.with { $0.labels = [:] }) == nil)
        // What an incident says is never looked at again for places.
        let facts = Self.with { $0.description = "{severity} {{x" }
        #expect(
            policy.playbooks[1].filledParameters(facts) == ["text": "{{severity} {{x} of db-1 (CRITICAL, INC-1)"]
        )
    }

    @Test func theFirstPlaybookWins() throws {
        let policy = try Policy.parse(text: Samples.policy, file: "p.yaml")
        func name(_ service: String) -> String? {
            policy.match(service: service, severity: "high", labels: [:], description: "CPU")?.name
        }
        #expect(name("payment-api") == "first")
        #expect(name("orders") == "second")
    }
}

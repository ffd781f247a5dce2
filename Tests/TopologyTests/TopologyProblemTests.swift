import Testing

@testable import Topology

/// Every way a topology can be wrong, with the place and the words of its message.
@Suite(.timeLimit(.minutes(3)))
struct TopologyProblemTests {
    @Test func theSampleIsRight() throws {
        #expect(Samples.problems(Samples.topology) == [])
    }

    static let table: [Spoiled] = [
        // Keys
        Spoiled("name: test", "nmae: test", "2:1", "unknown key `nmae` (did you mean `name`?)"),
        Spoiled("  listen: 127", "  lisen: 127", "4:3", "unknown key `lisen` in `intake` (did you mean `listen`?)"),
        Spoiled("secrets: true", "sectres: true", "10:5", "did you mean `secrets`?"),
        Spoiled("secrets: true", "zzz: true", "10:5", "unknown key `zzz` in `stages.provisioner`; known here: takes"),
        Spoiled("secrets: true", "secrets: true\n    secrets: false", "11:5", "`secrets` given more than once"),
        Spoiled("secrets: true", "\"secrets\": true\n    secrets: false", "11:5", "`secrets` given more than once"),
        Spoiled("secrets: true", "<<: {a: b}", "10:5", "unknown key `<<`"),
        Spoiled("version: 1", "version: 2", "1:10", "this Mendline reads version 1"),
        Spoiled("version: 1", "version: \"1\"", "1:10", "this Mendline reads version 1"),
        Spoiled("version: 1\n", "", "1:1", "`version` is missing"),
        // YAML's own traps
        Spoiled("secrets: true", "secrets: yes", "10:14", "must be true or false, not `yes`"),
        Spoiled("secrets: true", "secrets: on", "10:14", "must be true or false"),
        Spoiled("secrets: true", "secrets: True", "10:14", "must be true or false"),
        Spoiled("secrets: true", "secrets: 'true'", "10:14", "must be true or false"),
        Spoiled("secrets: true", "secrets:", "10:13", "must be true or false, not nothing"),
        Spoiled("secrets: true", "capacity: 010", "10:15", "must be a whole number, not `010`"),
        Spoiled("secrets: true", "capacity: 0x10", "10:15", "must be a whole number"),
        Spoiled("secrets: true", "capacity: 1_000", "10:15", "must be a whole number"),
        Spoiled("secrets: true", "capacity: 1:30", "10:15", "must be a whole number"),
        Spoiled("secrets: true", "capacity: 1e3", "10:15", "must be a whole number"),
        Spoiled("secrets: true", "capacity: +5", "10:15", "must be a whole number"),
        Spoiled("secrets: true", "capacity: 5.0", "10:15", "must be a whole number"),
        Spoiled("secrets: true", "capacity: \"5\"", "10:15", "must be a whole number"),
        Spoiled("secrets: true", "capacity: ٥", "10:15", "must be a whole number"),
        Spoiled("secrets: true", "capacity: 99999999999999999999", "10:15", "must be a whole number"),
        Spoiled("secrets: true", "capacity: !!int 5", "10:15", "a tag"),
        Spoiled("secrets: true", "settings: !!python/object {}", "10:15", "a tag"),
        Spoiled("secrets: true", "? [a]\n    : b", "10:7", "a key that is not a word"),
        Spoiled("name: test", "name: {data}", "2:7", "a text that begins with `{` must be in quotes"),
        Spoiled("name: test", "name: ~", "2:7", "must be a text, not nothing"),
        Spoiled("name: test", "name: \"a\\x00b\"", "2:7", "no control characters"),
        Spoiled("name: test", "name: test\n\tx: y", "3:1", "not YAML"),
        Spoiled("name: test", "name: 'test", "15:20", "not YAML"),
        Spoiled("name: test", "name: *nobody", "2:7", "undefined alias"),
        Spoiled("policy: policy.yaml", "policy: policy.yaml\n---\nversion: 1", "16:1", "another document"),
        // Ranges
        Spoiled("secrets: true", "capacity: 0", "10:15", "is 0, out of range; write a number from 1 to 10000"),
        Spoiled("secrets: true", "capacity: -1", "10:15", "out of range"),
        Spoiled("secrets: true", "capacity: 10001", "10:15", "out of range"),
        Spoiled("secrets: true", "processes: 257", "10:16", "out of range"),
        Spoiled("secrets: true", "lease: 2s", "10:12", "out of range; write from 3s to 1h"),
        Spoiled("secrets: true", "lease: 10", "10:12", "must be a length of time, not `10`"),
        Spoiled("secrets: true", "lease: 1.5m", "10:12", "must be a length of time"),
        Spoiled("secrets: true", "lease: 1h30m", "10:12", "must be a length of time"),
        Spoiled("secrets: true", "lease: 10S", "10:12", "must be a length of time"),
        Spoiled("secrets: true", "lease: 10 s", "10:12", "must be a length of time"),
        Spoiled("secrets: true", "lease: -10s", "10:12", "must be a length of time"),
        Spoiled("secrets: true", "lease: [10s]", "10:12", "must be a length of time, not a list"),
        Spoiled("secrets: true", "retry: { attempts: 0 }", "10:24", "out of range"),
        Spoiled("secrets: true", "retry: { first: 2m, most: 1m }", "10:25", "longest wait is shorter than the first"),
        Spoiled("secrets: true", "retry: 5", "10:12", "`stages.provisioner.retry` must be a section, not `5`"),
        Spoiled("127.0.0.1:8000", "127.0.0.1:8000\n  http: { requests: 0 }", "5:21", "is 0, out of range"),
        Spoiled("127.0.0.1:8000", "127.0.0.1:8000\n  http: { header_time: 50ms }", "5:24", "write from 100ms to 1h"),
        Spoiled("127.0.0.1:8000", "127.0.0.1:8000\n  http: { conections: 64 }", "5:11", "did you mean `connections`?"),
        Spoiled(
            "127.0.0.1:8000",
            "127.0.0.1:8000\n  http: { connections: 64, requests: 64 }",
            "5:28",
            "takes 64 requests on 64 connections; write fewer"
        ),
        // Stages
        Spoiled("  validator:", "  Validator:", "6:3", "cannot be the name of a stage"),
        Spoiled("  validator:", "  intake:", "6:3", "choose another name"),
        Spoiled("  validator:", "  validatr:", "6:3", "no binary `validatr` (did you mean `validator`?); add `command"),
        Spoiled("takes: [incident.accepted]", "takes: []", "7:12", "has 0 entries"),
        Spoiled("takes: [incident.accepted]", "takes: incident.accepted", "7:12", "must be a list, not `incident"),
        Spoiled("takes: [incident.accepted]", "processes: 1", "7:5", "`stages.validator.takes` is missing"),
        Spoiled("[incident.accepted]", "[incident.accepted, incident.accepted]", "7:32", "is listed twice"),
        Spoiled("[incident.accepted]", "[incident.accepted, Incident]", "7:32", "not a type of event"),
        Spoiled("[incident.accepted]", "[incident.accepted, stage.heartbeat]", "7:32", "a message of the protocol"),
        Spoiled("secrets: true", "settings: { Bad Name: 1 }", "10:17", "cannot be the name of a setting"),
        Spoiled("secrets: true", "settings: { good: [1] }", "10:23", "must be a text, not a list"),
        Spoiled("secrets: true", "command: []", "10:14", "has 0 entries"),
        // Routes
        Spoiled("[incident.accepted]", "[incident.acepted]", "5:1", "no stage takes incident.accepted, so no incident"),
        Spoiled("incident.approved, ", "", "5:1", "no stage takes incident.approved"),
        Spoiled("workspace.expiring, ", "", "5:1", "no stage takes workspace.expiring"),
        Spoiled("delivery.exhausted, ", "", "5:1", "no stage takes delivery.exhausted"),
        Spoiled("incident.declined, ", "", "5:1", "no stage takes incident.declined"),
        Spoiled(", incident.cancelled", "", "5:1", "no stage takes incident.cancelled"),
        Spoiled("approved, remediation.finished", "approved", "9:32", "but not remediation.finished"),
        Spoiled("[workspace.created]", "[incident.reported]", "5:1", "no stage follows workspaces"),
        Spoiled("[incident.accepted]", "[incident.accepted, workspace.created]", "12:13", "would follow workspaces as"),
        Spoiled(
            "[workspace.created]",
            "[workspace.created, incident.approved]",
            "12:32",
            "`log-collector` takes incident.approved as `provisioner` does"
        ),
        Spoiled(", sweep.due", "", "5:1", "no stage takes sweep.due", .warning),
        Spoiled("secrets: true", "secrets: false", "9:54", "gets no secrets", .warning),
        Spoiled(
            "[incident.accepted]",
            "[incident.accepted, incident.acepted]",
            "7:32",
            "nobody causes incident.acepted, which `validator` takes (did you mean `incident.accepted`?)",
            .warning
        ),
        // Addresses
        Spoiled("127.0.0.1:8000", "127.0.0.1", "4:11", "not an address to listen on"),
        Spoiled("127.0.0.1:8000", "127.0.0.256:8000", "4:11", "not an address to listen on"),
        Spoiled("127.0.0.1:8000", "127.0.0.1:65536", "4:11", "not an address to listen on"),
        Spoiled("127.0.0.1:8000", "'::1:8000'", "4:11", "not an address to listen on"),
        Spoiled("127.0.0.1:8000", "http://x:1", "4:11", "not an address to listen on"),
        Spoiled("127.0.0.1:8000", "0.0.0.0:8000", "4:3", "beyond loopback without `token_file`", .warning),
        Spoiled(
            "127.0.0.1:8000",
            "localhost:9464",
            "4:11",
            "`metrics.listen` (by default) and `intake.listen` both use port 9464"
        ),
        Spoiled("name: test", "metrics: { listen: '0.0.0.0:9464' }", "2:12", "open to everybody", .warning),
        Spoiled("name: test", "metrics: { listen: '127.0.0.1:8000' }", "2:20", "both use port 8000"),
        Spoiled(
            "secrets: true",
            "deliveries: 'ipc://{data}/sockets/validator.ipc'",
            "10:17",
            "both use the socket /d/so"
        ),
        Spoiled("secrets: true", "deliveries: ipc:///d/./sockets/answers.ipc", "10:17", "both use the socket /d/so"),
        Spoiled("secrets: true", "deliveries: tcp://127.0.0.1:8000", "10:17", "both use port 8000"),
        Spoiled("secrets: true", "deliveries: tcp://10.0.0.1:7000", "10:17", "unencrypted", .warning),
        Spoiled("name: test", "curve: { key: x }", "2:10", "unknown key `key` in `curve` (did you mean `keys`?)"),
        Spoiled("name: test", "curve: { keys: '{home}' }", "2:16", "`{home}`, which means nothing here"),
        Spoiled("name: test", "curve: true", "2:8", "must be a section"),
        Spoiled("secrets: true", "deliveries: tcp://*:7000", "10:17", "not a ZeroMQ address"),
        Spoiled("secrets: true", "deliveries: tcp://127.0.0.1:0", "10:17", "port 0"),
        Spoiled("secrets: true", "deliveries: inproc://x", "10:17", "not a ZeroMQ address"),
        Spoiled("secrets: true", "deliveries: ipc://@x", "10:17", "abstract socket"),
        Spoiled("secrets: true", "deliveries: 'ipc://{home}/x'", "10:17", "`{home}`, which means nothing here"),
        Spoiled("secrets: true", "deliveries: 'ipc:///x{data'", "10:17", "a single brace"),
        Spoiled(
            "secrets: true",
            "deliveries: ipc:///" + String(repeating: "x", count: 107),
            "10:17",
            "a path of 108 bytes"
        ),
        Spoiled("name: test", "coder: { url: 'ftp://x' }", "2:15", "not an address of an HTTP server"),
        Spoiled("name: test", "coder: { url: 'http://u:p@x' }", "2:15", "not an address of an HTTP server"),
        Spoiled("name: test", "coder: { url: 'http://coder.example' }", "2:15", "unencrypted", .warning),
        Spoiled("name: test", "coder: { template: a_b }", "2:20", "not a template's name or id"),
        Spoiled("name: test", "coder: { owner: '-' }", "2:17", "not a user name"),
        Spoiled("name: test", "coder: { workspace_url: '{nobody}' }", "2:25", "`{nobody}`, which means nothing here"),
        Spoiled("name: test", "incident_api: { duplicates: lok }", "2:29", "cannot be `lok` (did you mean `look`?)"),
        Spoiled("name: test", "loki: {}", "2:7", "`loki.url` is missing"),
        Spoiled(
            "  listen: 127.0.0.1:8000",
            "  listen: 127.0.0.1:8000\n  keep_incidents: 30",
            "5:19",
            "a length of time"
        ),
        Spoiled(
            "  listen: 127.0.0.1:8000",
            "  listen: 127.0.0.1:8000\n  keep_incidents: 10y",
            "5:19",
            "a length of time"
        ),
        Spoiled(
            "  listen: 127.0.0.1:8000",
            "  listen: 127.0.0.1:8000\n  keep_incidents: 59m",
            "3:1",
            "less than `limits.hold`, 1h"
        ),
        Spoiled("name: test", "limits: { hold: 8d }", "2:17", "out of range; write from 1s to 7d"),
        Spoiled("name: test", "simulators: { coder: { listen: '0.0.0.0:8080' } }", "2:15", "beyond loopback"),
        Spoiled(
            "name: test",
            "coder: { url: 'http://127.0.0.1:9' }\nsimulators: { coder: {} }",
            "2:1",
            "but its simulator listens on 127.0.0.1:8080",
            .warning
        ),
    ]

    @Test(arguments: table)
    func told(_ spoiled: Spoiled) throws {
        let problems = Samples.problems(Samples.topology(spoiled.old, spoiled.new))
        let found = problems.filter { $0.description.contains(spoiled.says) }
        let problem = try #require(found.first, "said instead: \(problems)")
        #expect("\(problem.line):\(problem.column)" == spoiled.place)
        #expect(problem.severity == spoiled.severity)
        #expect(problem.file == "t.yaml" && !problem.remedy.isEmpty)
    }

    @Test func allAtOnceAndInOrder() throws {
        let text = Samples.topology
            .replacing("name: test", with: "nmae: test")
            .replacing("secrets: true", with: "lease: 1s\n    capacity: many")
            .replacing("127.0.0.1:8000", with: "nowhere")
        let problems = Samples.problems(text)
        #expect(problems.map(\.line) == [2, 4, 9, 10, 11])
        #expect(
            ConfigurationProblems(problems).description.split(separator: "\n").first
                == "t.yaml:2:1: unknown key `nmae` (did you mean `name`?); known here: \(TopologyReader.keys.joined(separator: ", "))"
        )
    }

    @Test func nothingIsSaidOfRoutesThatCouldNotBeRead() {
        let problems = Samples.problems(Samples.topology("takes: [incident.accepted]", "takes: 5"))
        #expect(problems.count == 1)
    }

    @Test(arguments: ["", "# nothing\n", "just text", "[1, 2]", "--- ~", "\u{1}"])
    func noTopologyAtAll(_ text: String) {
        #expect(!Samples.problems(text).isEmpty)
        #expect(!Samples.policyProblems(text).isEmpty)
    }

    @Test func anExtraStageIsAnEdit() throws {
        let text = Samples.topology("incident.approved, ", "incident.confirmed, ").replacing(
            "  reporter:",
            with: """
                  approver:
                    takes: [incident.approved]
                    emits: [incident.confirmed]
                    command: [./approver.py, "--slow"]
                    settings: { wait: 5m, rooms: 010, loud: yes }
                  reporter:
                """
        )
        let topology = try Topology.parse(text: text, file: "t.yaml", data: "/d")
        #expect(topology.warnings == [])
        #expect(topology.routes["incident.approved"] == ["approver"])
        #expect(topology.routes["incident.confirmed"] == ["provisioner"])
        let approver = try #require(topology.stage("approver"))
        #expect(approver.command == ["./approver.py", "--slow"])
        #expect(approver.settings == ["wait": "5m", "rooms": "010", "loud": "yes"])
    }

    @Test func sharedByAnchors() throws {
        let text = Samples.topology("secrets: true", "secrets: true\n    retry: &r { attempts: 3 }").replacing(
            "  reporter:",
            with: "  reporter:\n    retry: *r"
        )
        let topology = try Topology.parse(text: text, file: "t.yaml", data: "/d")
        #expect(topology.stage("reporter")?.retry.attempts == 3)
    }

    @Test func defaults() throws {
        let topology = try Topology.parse(text: Samples.topology, file: "conf/t.yaml", data: "/d")
        #expect(topology.policy == "conf/policy.yaml")
        #expect(topology.limits.decideWithin == .seconds(900))
        #expect(topology.limits.stopGrace == .seconds(300))
        #expect(topology.limits.hold == .seconds(3600))
        #expect(topology.limits.reportWithin == .seconds(86_400))
        #expect(topology.limits.openIncidents == 100_000)
        #expect(topology.intake.keepIncidents == .seconds(30 * 86_400))
        let validator = try #require(topology.stage("validator"))
        #expect(validator.lease == .seconds(10) && validator.processes == 1 && validator.capacity == 64)
        #expect(validator.giveUpAfter == nil && validator.command == nil && !validator.secrets)
        #expect(validator.retry == RetryConfiguration(attempts: 10, first: .seconds(1), most: .seconds(60)))
        #expect(topology.coder.workspaceURL == "{url}/@{owner}/{workspace_name}")
        #expect(topology.metrics.samples.description == "ipc:///d/sockets/samples.ipc")
    }

    @Test func portZeroNeverClashes() throws {
        let text = Samples.topology("127.0.0.1:8000", "127.0.0.1:0").replacing(
            "name: test",
            with: """
                metrics: { listen: "127.0.0.1:0" }
                simulators: { coder: { listen: "127.0.0.1:0" }, incident: { listen: "127.0.0.1:0" } }
                """
        )
        #expect(Samples.problems(text) == [])
    }
}

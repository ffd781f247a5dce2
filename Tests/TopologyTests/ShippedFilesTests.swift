import Testing

@testable import Topology

/// The files of the folder `topology` are right and mean what their comments say.
@Suite(.timeLimit(.minutes(3)))
struct ShippedFilesTests {
    @Test func local() throws {
        let topology = try Topology.load(path: Samples.repository("topology/local.yaml"), data: "/srv/mendline")
        #expect(topology.warnings == [])
        #expect(topology.name == "local")
        #expect(topology.data == "/srv/mendline")
        #expect(topology.intake.listen == ListenAddress(host: "127.0.0.1", port: 8000))
        #expect(topology.intake.answers == .ipc(path: "/srv/mendline/sockets/answers.ipc"))
        #expect(topology.intake.database == "/srv/mendline/ledger.sqlite")
        #expect(topology.intake.tokenFile == nil)
        #expect(topology.intake.signatureKeysFile == nil)
        #expect(topology.intake.http == .standard)
        #expect(topology.metrics.listen.description == "127.0.0.1:9464")
        #expect(topology.metrics.samples.description == "ipc:///srv/mendline/sockets/samples.ipc")
        #expect(topology.stages.map(\.name) == ["validator", "provisioner", "log-collector", "reporter"])
        #expect(topology.coder.url == "http://127.0.0.1:8080")
        #expect(topology.coder.tokenFile == "/srv/mendline/secrets/coder-token")
        #expect(topology.incidentAPI.keyFile == "/srv/mendline/secrets/incident-api-key")
        #expect(topology.incidentAPI.duplicates == .look)
        #expect(topology.seal.publicKeyFile == "/srv/mendline/secrets/seal-public-key")
        #expect(topology.loki == nil)
        #expect(topology.simulators?.coder?.listen.port == 8080)
        #expect(topology.simulators?.coder?.profile == .fast)
        #expect(topology.simulators?.incident?.listen.port == 8090)
        #expect(topology.policy.hasSuffix("/topology/policy.yaml") && topology.policy.hasPrefix("/"))
        #expect(topology.simulators?.coder?.scripts?.hasSuffix("/deploy/template/scripts") == true)
        #expect(topology.simulators?.coder?.scripts?.contains("..") == false)
        let collector = try #require(topology.stage("log-collector"))
        #expect(collector.secrets && collector.capacity == 1000)
        #expect(collector.deliveries == .ipc(path: "/srv/mendline/sockets/log-collector.ipc"))
        let reporter = try #require(topology.stage("reporter"))
        #expect(reporter.giveUpAfter == .seconds(86_400))
        #expect(reporter.retry == RetryConfiguration(attempts: 10_000, first: .seconds(1), most: .seconds(60)))
    }

    @Test func routes() throws {
        let topology = try Topology.load(path: Samples.repository("topology/local.yaml"), data: "/d")
        #expect(
            topology.routes == [
                "incident.accepted": ["validator"], "incident.approved": ["provisioner"],
                "remediation.finished": ["provisioner", "reporter"], "workspace.expiring": ["provisioner"],
                "workspace.dispose": ["provisioner"], "delivery.exhausted": ["provisioner"],
                "sweep.due": ["provisioner"], "workspace.created": ["log-collector", "reporter"],
                "incident.declined": ["reporter"], "incident.cancelled": ["reporter"],
            ]
        )
    }

    /// The same pipeline, for outside systems that the environment names.
    @Test func load() throws {
        let local = try Topology.load(path: Samples.repository("topology/local.yaml"), data: "/d")
        let load = try Topology.load(path: Samples.repository("topology/load.yaml"), data: "/d")
        #expect(load.warnings == [])
        #expect(load.simulators == nil)
        #expect(load.coder.url == nil && load.coder.tokenFile == nil)
        #expect(load.incidentAPI.url == nil && load.incidentAPI.keyFile == nil)
        #expect(load.stages == local.stages)
        #expect(load.limits == local.limits)
        #expect(load.intake == local.intake)
        #expect(load.metrics == local.metrics)
        #expect(load.seal == local.seal)
        #expect(load.policy == local.policy)
    }

    @Test func policy() throws {
        let policy = try Policy.load(path: Samples.repository("topology/policy.yaml"))
        #expect(policy.warnings == [])
        #expect(policy.severities == ["critical", "high"])
        #expect(policy.playbooks.map(\.name) == ["high-cpu", "disk-full", "restart-service"])
        for playbook in policy.playbooks {
            #expect(playbook.retention == .seconds(600))
            #expect(playbook.deadline > playbook.timeout)
            #expect(playbook.template == "remediation")
        }
    }

    @Test(
        arguments: [
            ("High CPU", "high-cpu"), ("load average is 40", "high-cpu"), ("CPU throttling, then restart", "high-cpu"),
            ("Disk /var is full", "disk-full"), ("No space left on device", "disk-full"),
            ("service is down", "restart-service"), ("Not responding to probes", "restart-service"),
            ("restarting in a loop", "restart-service"), ("certificate expires soon", nil),
            ("downloads fail", nil), ("the loader broke", nil), ("HTTP 429: throttled", "high-cpu"),
        ] as [(String, String?)]
    )
    func chosen(description: String, playbook: String?) throws {
        let policy = try Policy.load(path: Samples.repository("topology/policy.yaml"))
        let chosen = policy.match(service: "payment-api", severity: "high", labels: [:], description: description)
        #expect(chosen?.name == playbook)
    }
}

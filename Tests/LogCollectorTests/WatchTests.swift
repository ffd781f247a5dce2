import CoderAPI
import CoderTestSupport
import Foundation
import HTTPClient
import Logging
import Messages
import Secrets
import ServiceLifecycle
import StageKit
import Synchronization
import Testing

@testable import LogCollector

/// Following workspaces, against the simulator's process.
@Suite(.timeLimit(.minutes(3))) struct WatchTests {
    private static let quick = LogCollectorConfiguration(
        tick: .milliseconds(50),
        buildLogEvery: .milliseconds(200),
        quietAfterEnd: .milliseconds(200),
        quietAfterGrowth: .milliseconds(200),
        takenOverAfter: .seconds(600),
        logPatience: .seconds(10),
        exitCodePatience: .milliseconds(500),
        disconnectedPatience: .milliseconds(300),
        timeoutMargin: .zero,
        silencePatience: .milliseconds(1)
    )

    private func logger() -> Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }

    private func withCollector<Result: Sendable>(
        _ simulator: CoderSimulator,
        key: TokenSeal.PrivateKey? = nil,
        trouble: Trouble = Trouble(),
        configuration: LogCollectorConfiguration = quick,
        _ body: (LogCollector) async throws -> Result
    ) async throws -> Result {
        let collector = LogCollector(
            coder: simulator.client(),
            openingKey: key,
            trouble: trouble,
            configuration: configuration,
            logger: logger()
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await collector.watcher.run() }
            let result = try await body(collector)
            group.cancelAll()
            return result
        }
    }

    private func create(
        _ simulator: CoderSimulator,
        _ context: DeliveryContext,
        token: String? = nil
    ) async throws -> Delivery {
        let coder = simulator.client()
        var parameters = ["incident_id": context.incident.incidentID, "playbook": "p"]
        parameters["target_service_token"] = token
        let workspace = try await coder.createWorkspace(
            NewWorkspace(
                name: context.workspaceName,
                templateID: try await coder.templateID(named: "remediation"),
                parameters: parameters,
                ttlMilliseconds: 3_600_000
            )
        )
        return try TestDelivery.make(
            WorkspaceCreated(
                workspaceID: workspace.id,
                workspaceName: workspace.name,
                url: "u",
                buildID: workspace.latestBuild.id,
                template: "remediation",
                adopted: false
            ),
            context
        )
    }

    private func follow(
        _ collector: LogCollector,
        _ delivery: Delivery,
        _ hand: TestHand = TestHand()
    ) async throws -> RemediationFinished {
        let events = try await collector.handle(delivery, hand.hand)
        #expect(events.map(\.type) == [.remediationFinished])
        return try #require(events.first).data.decoded()
    }

    private func watch(
        _ arguments: [String] = [],
        script: String?,
        plan: Plan = TestDelivery.plan(),
        hand: TestHand = TestHand(),
        faults: String? = nil,
        meanwhile: (CoderSimulator, WorkspaceCreated) async throws -> Void = { _, _ in }
    ) async throws -> RemediationFinished {
        try await CoderSimulator.with(arguments, script: script) { simulator in
            try await withCollector(simulator) { collector in
                let delivery = try await create(simulator, TestDelivery.context("INC-1", plan: plan))
                async let finished = follow(collector, delivery, hand)
                if let faults { try await simulator.setFaults(faults) }
                try await meanwhile(simulator, delivery.event.content())
                return try await finished
            }
        }
    }

    /// Waits until the script has said something.
    private func untilLine(_ hand: TestHand, _ text: String) async throws {
        while try !hand.lines().contains(where: { $0.text.contains(text) }) {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func `a script that ends with 0 has succeeded, with its last lines`() async throws {
        let hand = TestHand()
        let finished = try await watch(script: "for n in {1..30}; do echo line $n; done; echo oops >&2", hand: hand)
        #expect(finished.verdict == .succeeded && finished.exitCode == 0 && finished.diagnosis == nil)
        #expect(finished.lastLines.count == 20)
        #expect(Set(finished.lastLines).contains("line 30"))
        #expect(finished.provisionSeconds != nil && finished.runSeconds != nil)
        #expect(finished.workspace?.workspaceID != nil)
        let lines = try hand.lines()
        let agent = lines.filter { $0.log.hasPrefix("agent/") }
        #expect(agent.count == 31)
        #expect(Set(agent.map(\.line)).count == 31)
        #expect(agent.filter { $0.level == "error" }.map(\.text) == ["oops"])
        #expect(agent.allSatisfy { $0.source == "Startup Script" })
        #expect(lines.contains { $0.log.hasPrefix("build/") && $0.text == "Apply complete!" })
        let changes = try hand.progress(WorkspaceChanged.self)
        #expect(changes.last?.lifecycleState == "ready" && changes.last?.buildStatus == "running")
        #expect(Set(changes).count == changes.count)
    }

    @Test(arguments: [("now", 3 as Int?), ("late", 3), ("never", nil)])
    func `a script that fails tells its exit code, if it comes`(timings: String, exitCode: Int?) async throws {
        let finished = try await watch(
            ["--timings", timings, "--timings-delay", "100ms"],
            script: "echo no good; exit 3"
        )
        #expect(finished.verdict == .scriptFailed && finished.exitCode == exitCode)
        #expect(finished.lastLines == ["no good"])
        #expect(finished.diagnosis?.summary.contains(exitCode == nil ? "did not report" : "exit code 3") == true)
    }

    @Test func `a build that fails is explained by its log`() async throws {
        let finished = try await watch(["--fail-build"], script: nil)
        #expect(finished.verdict == .provisioningFailed && finished.exitCode == nil)
        #expect(finished.diagnosis?.summary.contains("service account") == true)
        #expect(finished.diagnosis?.evidence.contains { $0.contains("is forbidden") } == true)
        #expect(finished.diagnosis?.evidence.first == "job: terraform apply: exit status 1")
    }

    @Test func `an agent that never connects is unreachable`() async throws {
        let finished = try await watch(["--no-agent"], script: nil, plan: TestDelivery.plan(provision: 1))
        #expect(finished.verdict == .agentUnreachable)
        #expect(finished.diagnosis?.evidence.first?.contains("status connecting") == true)
    }

    @Test func `a build that does not end is provisioning failed`() async throws {
        let finished = try await watch(["--build-time", "never"], script: nil, plan: TestDelivery.plan(provision: 1))
        #expect(finished.verdict == .provisioningFailed)
    }

    @Test func `a lost agent is unreachable`() async throws {
        let hand = TestHand()
        let finished = try await watch(script: "echo begun; sleep 300", hand: hand) { simulator, workspace in
            try await untilLine(hand, "begun")
            try await simulator.blow("lose-agent", to: workspace.workspaceID)
        }
        #expect(finished.verdict == .agentUnreachable && finished.lastLines == ["begun"])
    }

    @Test func `a script that runs too long has timed out`() async throws {
        let finished = try await watch(script: "echo begun; sleep 300", plan: TestDelivery.plan(timeout: 1))
        #expect(finished.verdict == .scriptTimedOut)
    }

    @Test func `a restarted workspace does not run its script again, and nobody claims to know`() async throws {
        let hand = TestHand()
        let script = "mkdir \"$MENDLINE_HOME/mark\" || { echo interrupted; exit 75; }; echo begun; sleep 300"
        let finished = try await watch(script: script, hand: hand) { simulator, workspace in
            try await untilLine(hand, "begun")
            try await simulator.blow("restart-agent", to: workspace.workspaceID)
        }
        #expect(finished.verdict == .unknown && finished.exitCode == 75)
        #expect(finished.lastLines.last == "interrupted")
    }

    @Test(arguments: ["vanish", "stop", "delete"])
    func `a workspace that somebody ends is lost`(how: String) async throws {
        let hand = TestHand()
        let finished = try await watch(script: "echo begun; sleep 300", hand: hand) { simulator, workspace in
            try await untilLine(hand, "begun")
            if how == "vanish" {
                try await simulator.blow("vanish", to: workspace.workspaceID)
            } else {
                _ = try await simulator.client().requestBuild(
                    how == "stop" ? .stop : .delete,
                    of: workspace.workspaceID
                )
            }
        }
        #expect(finished.verdict == .workspaceLost && finished.lastLines == ["begun"])
    }

    @Test func `tokens are masked in everything`() async throws {
        try await CoderSimulator.with(
            script: "echo \"use $TARGET_SERVICE_TOKEN\"; echo $TARGET_SERVICE_TOKEN | base64; exit 1"
        ) {
            simulator in
            let key = TokenSeal.PrivateKey()
            let sealed = try TokenSeal.seal("s3cret-canary", incidentID: "INC-1", for: key.publicKey)
            let context = TestDelivery.context("INC-1", sealedToken: sealed)
            let hand = TestHand()
            let finished = try await withCollector(simulator, key: key) { collector in
                let delivery = try await create(simulator, context, token: "s3cret-canary")
                return try await follow(collector, delivery, hand)
            }
            #expect(finished.lastLines.first == "use [masked]")
            let all = "\(finished)\(hand.progress)"
            #expect(!all.contains("canary"))
            #expect(!all.contains("czNjcmV0LWNhbm"))
        }
    }

    @Test func `without the key nothing is shipped that could not be masked`() async throws {
        try await CoderSimulator.with { simulator in
            let key = TokenSeal.PrivateKey()
            let sealed = try TokenSeal.seal("s3cret-canary", incidentID: "INC-1", for: key.publicKey)
            let trouble = Trouble()
            try await withCollector(simulator, trouble: trouble) { collector in
                let delivery = try await create(simulator, TestDelivery.context("INC-1", sealedToken: sealed))
                await #expect(throws: StageError.self) { try await collector.handle(delivery, TestHand().hand) }
            }
            #expect(trouble.sentence?.contains("opening key") == true)
        }
    }

    @Test func `a delivery that is handed out again ships the same lines`() async throws {
        try await CoderSimulator.with(script: "echo one; echo two") { simulator in
            try await withCollector(simulator) { collector in
                let delivery = try await create(simulator, TestDelivery.context("INC-1"))
                let first = TestHand()
                let second = TestHand()
                let finished = try await follow(collector, delivery, first)
                #expect(try await follow(collector, delivery, second) == finished)
                #expect(try Set(first.lines()) == Set(second.lines()))
            }
        }
    }

    @Test func `whoever takes over what has ended waits for nothing that has passed`() async throws {
        try await CoderSimulator.with(script: "echo one; exit 3") { simulator in
            var delivery = try await create(simulator, TestDelivery.context("INC-1"))
            let first = try await withCollector(simulator) { try await follow($0, delivery) }
            delivery.handle.attempt = Attempt(epoch: 1, number: 2)
            // It never lists: what it finds at once must do.
            var configuration = Self.quick
            configuration.tick = .seconds(3600)
            let second = try await withCollector(simulator, configuration: configuration) {
                try await follow($0, delivery)
            }
            #expect(second == first && second.lastLines == ["one"])
        }
    }

    @Test func `failing lists end nothing, and silence is trouble until it is over`() async throws {
        let end = FileManager.default.temporaryDirectory.appending(path: "end-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: end) }
        let script = "echo begun; until [[ -e \(end.path) ]]; do sleep 0.05; done; exit 4"
        try await CoderSimulator.with(script: script) { simulator in
            let trouble = Trouble()
            try await withCollector(simulator, trouble: trouble) { collector in
                let delivery = try await create(simulator, TestDelivery.context("INC-1"))
                let hand = TestHand()
                async let finished = follow(collector, delivery, hand)
                try await untilLine(hand, "begun")
                try await simulator.setFaults("{\"error_rate\": 1, \"error_status\": 503}")
                while trouble.sentence == nil { try await Task.sleep(for: .milliseconds(20)) }
                #expect(trouble.sentence?.contains("could not be listed") == true)
                try await simulator.setFaults("{\"unauthorized\": true, \"error_rate\": 0}")
                while trouble.sentence?.contains("session token") != true {
                    try await Task.sleep(for: .milliseconds(20))
                }
                try await simulator.setFaults("{\"unauthorized\": false}")
                try Data().write(to: end)
                #expect(try await finished.exitCode == 4)
            }
            #expect(trouble.sentence == nil)
        }
    }

    @Test func `a drain gives the delivery back`() async throws {
        try await CoderSimulator.with(script: "sleep 300") { simulator in
            try await withCollector(simulator) { collector in
                let delivery = try await create(simulator, TestDelivery.context("INC-1"))
                let hand = TestHand()
                let task = Task { try await collector.handle(delivery, hand.hand) }
                while hand.progress.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
        }
    }

    @Test func `many are followed by one list call a tick`() async throws {
        try await CoderSimulator.with { simulator in
            var configuration = Self.quick
            configuration.tick = .milliseconds(250)
            let count = 200
            let finished = try await withCollector(simulator, configuration: configuration) { collector in
                try await withThrowingTaskGroup(of: RemediationFinished.self) { group in
                    for number in 0..<count {
                        let delivery = try await create(simulator, TestDelivery.context("INC-\(number)"))
                        group.addTask { try await follow(collector, delivery) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            #expect(finished.count == count && finished.allSatisfy { $0.verdict == .succeeded })
            let counts = try await simulator.counts()
            // Far fewer lists than looks at workspaces, and no single look.
            #expect((1..<count).contains(counts.requests("GET /api/v2/workspaces")))
            #expect(counts.requests("GET /api/v2/workspaces/{workspace}") == 0)
        }
    }

    @Test func `nothing is asked while nothing is held`() async throws {
        try await CoderSimulator.with { simulator in
            try await withCollector(simulator) { collector in
                try await Task.sleep(for: .milliseconds(300))
                #expect(try await simulator.counts().requests("/workspaces") == 0)
                let delivery = try await create(simulator, TestDelivery.context("INC-1"))
                #expect(try await follow(collector, delivery).verdict == .succeeded)
            }
        }
    }

    @Test func `other events and missing plans are refused`() async throws {
        try await CoderSimulator.with { simulator in
            try await withCollector(simulator) { collector in
                let other = try TestDelivery.make(SweepDue(number: 1), TestDelivery.context("INC-1"))
                await #expect(throws: StageError.self) { try await collector.handle(other, TestHand().hand) }
                let delivery = try await create(simulator, TestDelivery.context("INC-1", plan: nil))
                await #expect(throws: StageError.self) { try await collector.handle(delivery, TestHand().hand) }
            }
        }
    }
}

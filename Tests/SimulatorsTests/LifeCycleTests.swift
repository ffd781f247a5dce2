import Foundation
import SimulatorKit
import Testing

@testable import CoderSimulator

/// The life cycle as a value: no clock, no process, no socket.
@Suite struct LifeCycleTests {
    private let start = Timestamp(microseconds: 1_765_274_400_000_000)

    private func world(_ faults: CoderFaults = .fast, runsScripts: Bool = true) -> World {
        World(
            templates: ["remediation"],
            extraParameters: ["extra"],
            runsScripts: runsScripts,
            faults: faults,
            seed: 7
        )
    }

    private func request(_ name: String, in world: World, ttl: Int64? = nil) -> CreateRequest {
        CreateRequest(
            name: name,
            templateID: world.templates[0].id.text,
            parameters: [Parameter(name: "incident_id", value: name), Parameter(name: "playbook", value: "p")],
            ttlMilliseconds: ttl
        )
    }

    private func latest(_ id: UUID, _ world: World) throws -> Build {
        try #require(world.latestBuild(of: try world.workspace(id)))
    }

    private func milliseconds(_ count: Int) -> Timestamp { start.adding(.milliseconds(count)) }

    @Test(arguments: [
        // started, completed, canceled, error, the status
        (false, false, false, false, JobStatus.pending), (true, false, false, false, .running),
        (true, true, false, false, .succeeded), (true, true, false, true, .failed),
        (true, true, true, false, .canceled),
        (true, true, true, true, .failed), (true, false, true, false, .canceling), (true, false, false, true, .failed),
        (false, true, true, false, .canceled),
    ])
    func `a job's status follows from its times`(
        started: Bool,
        completed: Bool,
        canceled: Bool,
        error: Bool,
        status: JobStatus
    ) {
        #expect(JobStatus(started: started, completed: completed, canceled: canceled, error: error) == status)
    }

    @Test(arguments: [
        (JobStatus.pending, ["pending", "pending", "pending"]), (.running, ["starting", "stopping", "deleting"]),
        (.succeeded, ["running", "stopped", "deleted"]), (.failed, ["failed", "failed", "failed"]),
        (.canceling, ["canceling", "canceling", "canceling"]), (.canceled, ["canceled", "canceled", "canceled"]),
    ])
    func `a workspace's status follows from job and transition`(job: JobStatus, words: [String]) {
        #expect(Transition.allCases.map(job.workspaceStatus) == words)
    }

    @Test func `a start goes from waiting to ready, one step at its time`() throws {
        var world = world()
        let id = try world.create(request("one", in: world), now: start)
        #expect(try latest(id, world).status == "starting")
        #expect(try latest(id, world).agent == nil)
        world.advance(to: milliseconds(199))
        #expect(try latest(id, world).status == "starting")
        world.advance(to: milliseconds(200))
        // Running, and the agent is not there yet.
        #expect(try latest(id, world).status == "running")
        #expect(try latest(id, world).agent?.status(at: milliseconds(200)) == .connecting)
        #expect(try latest(id, world).agent?.lifecycle == .created)
        world.advance(to: milliseconds(300))
        let agent = try #require(try latest(id, world).agent)
        #expect(agent.status(at: milliseconds(300)) == .connected)
        #expect(agent.lifecycle == .starting)
        let runs = world.takeEffects().compactMap { if case .startScript(let run) = $0 { run } else { nil } }
        #expect(runs.map(\.environment["INCIDENT_ID"]) == ["one"])
        #expect(
            runs.map { $0.environment.keys.sorted() } == [
                [
                    "DESCRIPTION", "EXTRA", "INCIDENT_ID", "INSTALLATION", "PLAYBOOK", "SERVICE_NAME", "SEVERITY",
                    "TARGET_SERVICE_TOKEN", "TIMEOUT_SECONDS",
                ]
            ]
        )
        world.endScript(run: runs[0].id, of: runs[0].buildID, outcome: .exited(3), now: milliseconds(900))
        #expect(try latest(id, world).agent?.lifecycle == .startError)
        #expect(try latest(id, world).agent?.readyAt == milliseconds(900))
        #expect(
            try latest(id, world).scriptTimings == [
                ScriptTiming(startedAt: milliseconds(300), endedAt: milliseconds(900), outcome: .exited(3))
            ]
        )
        #expect(world.incidents["one"]?.creates == 1)
        #expect(world.incidents["one"]?.scriptStarts == 1)
    }

    @Test(arguments: [
        (ScriptOutcome.exited(0), AgentLifecycle.ready, 0, "ok"), (.exited(3), .startError, 3, "exit_failure"),
        (.timedOut, .startTimeout, 255, "timed_out"), (.pipesLeftOpen, .startError, 255, "pipes_left_open"),
        (.signaled, .startError, -1, "exit_failure"), (.notStarted, .startError, 255, "exit_failure"),
    ])
    func `an outcome decides lifecycle, exit code and word`(
        outcome: ScriptOutcome,
        lifecycle: AgentLifecycle,
        code: Int,
        word: String
    ) {
        #expect(outcome.lifecycle == lifecycle)
        #expect(outcome.exitCode == code)
        #expect(outcome.status == word)
    }

    @Test func `no more builds run than there are builders, the oldest first`() throws {
        var faults = CoderFaults.fast
        faults.builders = 2
        var world = world(faults)
        var ids: [UUID] = []
        for name in ["a", "b", "c", "d"] { ids.append(try world.create(request(name, in: world), now: start)) }
        func statuses() throws -> [String] { try ids.map { try latest($0, world).status } }
        #expect(try statuses() == ["starting", "starting", "pending", "pending"])
        let third = try latest(ids[2], world).id
        let fourth = try latest(ids[3], world).id
        #expect(world.queuePositions == [third: 1, fourth: 2])
        world.advance(to: milliseconds(200))
        #expect(try statuses() == ["running", "running", "starting", "starting"])
        world.advance(to: milliseconds(400))
        #expect(try statuses() == ["running", "running", "running", "running"])
    }

    @Test func `without builders a build waits for ever`() throws {
        var faults = CoderFaults.fast
        faults.builders = 0
        var world = world(faults)
        let id = try world.create(request("one", in: world), now: start)
        world.advance(to: start.adding(.seconds(3600)))
        #expect(try latest(id, world).status == "pending")
        world.faults.builders = 1
        world.faultsChanged(now: start.adding(.seconds(3600)))
        #expect(try latest(id, world).status == "starting")
    }

    @Test func `what takes for ever goes on when that changes`() throws {
        var faults = CoderFaults.fast
        faults.buildTime = .never
        faults.agentTime = .never
        var world = world(faults)
        let id = try world.create(request("one", in: world), now: start)
        let later = start.adding(.seconds(60))
        world.advance(to: later)
        #expect(try latest(id, world).status == "starting")
        world.faults.buildTime = .none
        world.faultsChanged(now: later)
        world.advance(to: later)
        #expect(try latest(id, world).status == "running")
        #expect(try latest(id, world).agent?.status(at: later) == .connecting)
        world.faults.agentTime = .none
        world.faultsChanged(now: later)
        world.advance(to: later)
        #expect(try latest(id, world).agent?.status(at: later) == .connected)
    }

    @Test func `a failed build has an error in its log, no resources, and keeps the name`() throws {
        var faults = CoderFaults.fast
        faults.failBuild = true
        var world = world(faults)
        let id = try world.create(request("one", in: world), now: start)
        world.advance(to: milliseconds(200))
        let build = try latest(id, world)
        #expect(build.status == "failed")
        #expect(build.job.error == "terraform apply: exit status 1")
        #expect(build.agent == nil)
        #expect(build.log.lines.contains { $0.level == .error && $0.output.contains("is forbidden") })
        #expect(throws: APIError.self) { try world.create(request("ONE", in: world), now: milliseconds(300)) }
        _ = try world.requestBuild(workspace: id, transition: "delete", parameters: [], now: milliseconds(300))
        world.advance(to: milliseconds(500))
        #expect(try latest(id, world).status == "deleted")
        _ = try world.create(request("ONE", in: world), now: milliseconds(600))
    }

    @Test func `cancel ends a waiting build at once and a running one a little later`() throws {
        var faults = CoderFaults.fast
        faults.builders = 1
        var world = world(faults)
        let first = try latest(try world.create(request("a", in: world), now: start), world).id
        let second = try latest(try world.create(request("b", in: world), now: start), world).id
        try world.cancel(second, expecting: "pending", now: milliseconds(10))
        #expect(world.builds[second]?.status == "canceled")
        #expect(throws: APIError(412, "Job is not in the expected state.")) {
            try world.cancel(first, expecting: "pending", now: milliseconds(10))
        }
        try world.cancel(first, expecting: nil, now: milliseconds(10))
        #expect(world.builds[first]?.status == "canceling")
        world.advance(to: milliseconds(60))
        #expect(world.builds[first]?.status == "canceled")
        #expect(throws: APIError(400, "Job has already completed!")) {
            try world.cancel(first, expecting: nil, now: milliseconds(70))
        }
        // The job that was done all the same, had it not been canceled, changes nothing.
        world.advance(to: milliseconds(500))
        #expect(world.builds[first]?.status == "canceled")
    }

    @Test func `an agent that does not connect times out, and may connect later all the same`() throws {
        var faults = CoderFaults.fast
        faults.noAgent = true
        var world = world(faults)
        let id = try world.create(request("one", in: world), now: start)
        let late = start.adding(.seconds(121))
        world.advance(to: start.adding(.seconds(100)))
        #expect(try latest(id, world).agent?.status(at: start.adding(.seconds(100))) == .connecting)
        world.advance(to: late)
        #expect(try latest(id, world).agent?.status(at: late) == .timeout)
        #expect(try latest(id, world).agent?.illness(at: late) == "agent is taking too long to connect")
        #expect(world.incidents["one"]?.scriptStarts == 0)
        world.faults.noAgent = false
        world.faultsChanged(now: late)
        world.advance(to: late.adding(.milliseconds(100)))
        #expect(try latest(id, world).agent?.status(at: late.adding(.seconds(1))) == .connected)
        #expect(world.incidents["one"]?.scriptStarts == 1)
    }

    @Test func `a restarted agent runs its script again, and the first report stays`() throws {
        var world = world()
        let id = try world.create(request("one", in: world), now: start)
        world.advance(to: milliseconds(300))
        let build = try latest(id, world)
        world.endScript(run: try #require(build.agent?.run), of: build.id, outcome: .exited(3), now: milliseconds(400))
        try world.restartAgent(of: id, now: milliseconds(500))
        #expect(try latest(id, world).agent?.status(at: milliseconds(500)) == .disconnected)
        // The last reported state stays while the pod is away.
        #expect(try latest(id, world).agent?.lifecycle == .startError)
        world.advance(to: milliseconds(600))
        let agent = try #require(try latest(id, world).agent)
        #expect(agent.status(at: milliseconds(600)) == .connected)
        #expect(agent.lifecycle == .starting)
        #expect(world.incidents["one"]?.scriptStarts == 2)
        world.endScript(run: try #require(agent.run), of: build.id, outcome: .exited(75), now: milliseconds(700))
        let text = String(decoding: try latest(id, world).timingsJSON.bytes, as: UTF8.self)
        #expect(text.contains("\"exit_code\":3"))
        #expect(!text.contains("\"exit_code\":75"))
    }

    @Test func `no more scripts run than there is room for`() throws {
        var faults = CoderFaults.fast
        faults.scriptsAtOnce = 2
        var world = world(faults)
        var ids: [UUID] = []
        for name in ["a", "b", "c", "d"] { ids.append(try world.create(request(name, in: world), now: start)) }
        func states() throws -> [AgentLifecycle?] { try ids.map { try latest($0, world).agent?.lifecycle } }
        world.advance(to: milliseconds(1000))
        #expect(try states() == [.starting, .starting, .created, .created])
        let first = try latest(ids[0], world)
        world.endScript(
            run: try #require(first.agent?.run),
            of: first.id,
            outcome: .exited(0),
            now: milliseconds(1000)
        )
        #expect(try states() == [.ready, .starting, .starting, .created])
        // A pod that dies makes room too.
        try world.loseAgent(of: ids[1], now: milliseconds(1100))
        #expect(try states() == [.ready, .starting, .starting, .starting])
        let lost = try latest(ids[1], world)
        world.endScript(run: try #require(lost.agent?.run), of: lost.id, outcome: .exited(0), now: milliseconds(1200))
        #expect(world.runs.count == 2)
    }

    @Test func `with that fault each agent restarts once`() throws {
        var faults = CoderFaults.fast
        faults.restartAgent = true
        var world = world(faults)
        let id = try world.create(request("one", in: world), now: start)
        world.advance(to: milliseconds(499))
        #expect(world.incidents["one"]?.scriptStarts == 1)
        _ = world.takeEffects()
        world.advance(to: milliseconds(500))
        #expect(world.takeEffects().contains(.killScripts(workspace: id)))
        world.advance(to: start.adding(.seconds(60)))
        #expect(world.incidents["one"]?.scriptStarts == 2)
    }

    @Test func `a report of a run whose pod is gone is lost`() throws {
        var world = world()
        let id = try world.create(request("one", in: world), now: start)
        world.advance(to: milliseconds(300))
        let build = try latest(id, world)
        let run = try #require(build.agent?.run)
        try world.loseAgent(of: id, now: milliseconds(400))
        world.appendLog(run: run, of: build.id, lines: [(.info, "late")], now: milliseconds(410))
        world.endScript(run: run, of: build.id, outcome: .exited(0), now: milliseconds(410))
        #expect(try latest(id, world).agent?.lifecycle == .starting)
        #expect(try latest(id, world).agent?.log.lines.isEmpty == true)
        #expect(try latest(id, world).agent?.illness(at: milliseconds(420)) == "agent has lost connection")
    }

    @Test func `a script that only seems to run ends when its time is over`() throws {
        var faults = CoderFaults.fast
        faults.scriptTime = .after(.seconds(60))
        var world = world(faults, runsScripts: false)
        let id = try world.create(request("one", in: world), now: start)
        world.advance(to: milliseconds(60_299))
        #expect(try latest(id, world).agent?.lifecycle == .starting)
        #expect(world.incidents["one"]?.scriptEndedAt == nil)
        // Late, and all the same it has ended when it should have.
        world.advance(to: milliseconds(60_450))
        #expect(try latest(id, world).agent?.lifecycle == .ready)
        #expect(
            try latest(id, world).scriptTimings == [
                ScriptTiming(startedAt: milliseconds(300), endedAt: milliseconds(60_300), outcome: .exited(0))
            ]
        )
        #expect(world.incidents["one"]?.scriptEndedAt == milliseconds(60_300))
        let text = String(decoding: world.effectsJSON.incidents.bytes, as: UTF8.self)
        #expect(text.contains("\"script_ended_at\":\"2025-12-09T10:01:00.300Z\""), "\(text)")
    }

    @Test(arguments: ["stop", "delete"])
    func `a script that only seems to run ends with its workspace`(transition: String) throws {
        var faults = CoderFaults.fast
        faults.scriptTime = .after(.seconds(60))
        var world = world(faults, runsScripts: false)
        let id = try world.create(request("one", in: world), now: start)
        world.advance(to: milliseconds(1000))
        let build = try latest(id, world).id
        _ = try world.requestBuild(workspace: id, transition: transition, parameters: [], now: milliseconds(1000))
        world.advance(to: start.adding(.seconds(120)))
        #expect(world.builds[build]?.agent?.lifecycle == .starting)
        #expect(world.builds[build]?.scriptTimings.isEmpty == true)
        #expect(world.incidents["one"]?.scriptEndedAt == nil)
    }

    @Test func `a script that only seems to run begins anew with its agent`() throws {
        var faults = CoderFaults.fast
        faults.scriptTime = .after(.seconds(60))
        var world = world(faults, runsScripts: false)
        let id = try world.create(request("one", in: world), now: start)
        world.advance(to: milliseconds(30_000))
        try world.restartAgent(of: id, now: milliseconds(30_000))
        world.advance(to: milliseconds(90_099))
        #expect(try latest(id, world).agent?.lifecycle == .starting)
        world.advance(to: milliseconds(90_100))
        #expect(world.incidents["one"]?.scriptEndedAt == milliseconds(90_100))
    }

    @Test(arguments: [TimingsMode.now, .late, .never])
    func `timings come at once, late or never`(mode: TimingsMode) throws {
        var faults = CoderFaults.fast
        faults.timings = mode
        var world = world(faults, runsScripts: false)
        let id = try world.create(request("one", in: world), now: start)
        world.advance(to: milliseconds(300))
        #expect(try latest(id, world).agent?.lifecycle == .ready)
        #expect(try latest(id, world).scriptTimings.count == (mode == .now ? 1 : 0))
        world.advance(to: start.adding(.seconds(60)))
        #expect(try latest(id, world).scriptTimings.count == (mode == .never ? 0 : 1))
    }

    @Test func `delete waits for the active build, frees the name and removes the folder`() throws {
        var world = world()
        let id = try world.create(request("One", in: world), now: start)
        #expect(throws: APIError(409, "A workspace build is already active.")) {
            try world.requestBuild(workspace: id, transition: "delete", parameters: [], now: milliseconds(10))
        }
        world.advance(to: milliseconds(300))
        _ = world.takeEffects()
        _ = try world.requestBuild(workspace: id, transition: "delete", parameters: [], now: milliseconds(400))
        #expect(world.takeEffects().contains(.killScripts(workspace: id)))
        world.advance(to: milliseconds(600))
        #expect(world.takeEffects().contains(.removeFolder(workspace: id)))
        #expect(world.names.isEmpty)
        #expect(throws: APIError.notFound) { try world.workspace(named: "one", includeDeleted: false) }
        #expect(try world.workspace(named: "one", includeDeleted: true).id == id)
        #expect(world.incidents["One"]?.deletes == 1)
        #expect(throws: APIError(409, "Cannot start a deleted workspace!")) {
            try world.requestBuild(workspace: id, transition: "start", parameters: [], now: milliseconds(700))
        }
    }

    @Test func `a workspace stops by itself when its time to live is over`() throws {
        var world = world()
        let id = try world.create(request("one", in: world, ttl: 90_000), now: start)
        // Cut down to whole minutes.
        #expect(try world.workspace(id).ttlMilliseconds == 60_000)
        world.advance(to: start.adding(.seconds(59)))
        #expect(try latest(id, world).status == "running")
        world.advance(to: start.adding(.seconds(62)))
        #expect(try latest(id, world).status == "stopped")
        #expect(try latest(id, world).reason == "autostop")
    }

    @Test func `clearing the time to live clears the deadline`() throws {
        var world = world()
        let id = try world.create(request("one", in: world, ttl: 60_000), now: start)
        world.advance(to: milliseconds(300))
        try world.setTTL(nil, of: id, now: milliseconds(300))
        world.advance(to: start.adding(.seconds(3600)))
        #expect(try latest(id, world).status == "running")
    }

    @Test func `the same seed gives the same ids`() throws {
        var one = world()
        var other = world()
        let first = try one.create(request("a", in: one), now: start)
        let second = try other.create(request("a", in: other), now: start)
        #expect(first == second)
    }

    @Test func `what is due happens in order, and nothing before its time`() {
        var agenda = Agenda<String>()
        for (event, time) in [("c", 30), ("a", 10), ("b", 20), ("a2", 10)] { agenda.add(event, at: milliseconds(time)) }
        #expect(agenda.next == milliseconds(10))
        #expect(agenda.take(dueBy: milliseconds(9)) == nil)
        var order: [String] = []
        while let (_, event) = agenda.take(dueBy: milliseconds(25)) { order.append(event) }
        #expect(order == ["a", "a2", "b"])
        #expect(agenda.next == milliseconds(30))
    }
}

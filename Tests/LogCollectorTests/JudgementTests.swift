import CoderAPI
import CoderTestSupport
import Messages
import TestSupport
import Testing

@testable import LogCollector

@Suite struct JudgementTests {
    private static let limits = WatchLimits(
        provision: .seconds(300),
        timeout: .seconds(600),
        LogCollectorConfiguration()
    )

    /// One earlier look and a present one.
    private func judge(
        _ builds: [(at: Int, build: [String: Any])],
        timings: [ScriptTiming] = [],
        readAt: Int? = nil
    ) throws -> Judgement {
        var memory = WatchMemory()
        var judgement = Judgement.goOn
        for (at, build) in builds {
            let workspace = try Sample.workspace(build: build)
            memory.note(workspace, at: .seconds(at))
            let reports = ScriptReports(timings: timings, readAt: .seconds(readAt ?? at))
            judgement = Judgement(workspace, reports: reports, memory: memory, limits: Self.limits, at: .seconds(at))
        }
        return judgement
    }

    private func finding(_ judgement: Judgement) throws -> Finding {
        guard case .finish(let finding) = judgement else { throw TestFailure("\(judgement)") }
        return finding
    }

    private static func running(
        _ status: String = "connected",
        _ lifecycle: String = "starting",
        scripts: Int = 1
    )
        -> [String: Any]
    {
        Sample.build(agents: [Sample.agent(status, lifecycle, scripts: scripts)])
    }

    @Test(arguments: ["pending", "running", "canceling", "paused"])
    func `a build that runs goes on until its time is over`(status: String) throws {
        let build = Sample.build("start", status)
        #expect(try judge([(300, build)]) == .goOn)
        #expect(try finding(judge([(301, build)])).verdict == .provisioningFailed)
    }

    @Test func `a build that waits too long says for what`() throws {
        let unmatched = try finding(judge([(301, Sample.build("start", "pending", provisioners: 0))]))
        #expect(unmatched.diagnosis?.summary.contains("No provisioner") == true)
        let queued = try finding(judge([(301, Sample.build("start", "pending", position: 7))]))
        #expect(queued.diagnosis?.summary.contains("place 7") == true)
    }

    @Test(arguments: ["failed", "canceled"])
    func `a build that failed is provisioning failed, and its log is asked for`(status: String) throws {
        let finding = try finding(judge([(5, Sample.build("start", status, error: "terraform apply: exit status 1"))]))
        #expect(finding.verdict == .provisioningFailed)
        #expect(finding.failedBuild?.job.error == "terraform apply: exit status 1")
    }

    @Test func `running is not ready`() throws {
        let build = Sample.build(agents: [Sample.agent("connecting", "created", connectedAt: nil)])
        #expect(try judge([(10, build)]) == .goOn)
        #expect(try finding(judge([(301, build)])).verdict == .agentUnreachable)
        // One that timed out may connect later.
        let late = Sample.build(agents: [Sample.agent("timeout", "created", connectedAt: nil)])
        #expect(try judge([(200, late)]) == .goOn)
        #expect(try judge([(200, late), (310, Self.running())]) == .goOn)
    }

    @Test func `every main agent counts, and none inside another`() throws {
        let second = Sample.agent("connecting", "created", id: "a2", connectedAt: nil)
        #expect(
            try finding(judge([(301, Sample.build(agents: [Sample.agent(), second]))])).verdict == .agentUnreachable
        )
        let inner = Sample.agent("connecting", "created", id: "a2", parent: "a1", connectedAt: nil)
        #expect(try judge([(301, Sample.build(agents: [Sample.agent(), inner]))]) == .goOn)
    }

    @Test func `a template without agent or script is said to be so`() throws {
        #expect(try finding(judge([(5, Sample.build())])).verdict == .agentUnreachable)
        #expect(try finding(judge([(5, Self.running("connected", "ready", scripts: 0))])).verdict == .unknown)
    }

    @Test func `an agent may be away for a while`() throws {
        let away = Self.running("disconnected", "starting")
        #expect(try judge([(10, Self.running()), (20, away), (139, away)]) == .goOn)
        #expect(try judge([(10, away), (20, Self.running()), (139, away)]) == .goOn)
        #expect(try finding(judge([(10, Self.running()), (20, away), (140, away)])).verdict == .agentUnreachable)
    }

    @Test func `a script that runs too long by our clock has timed out`() throws {
        #expect(try judge([(10, Self.running()), (640, Self.running())]) == .goOn)
        #expect(try finding(judge([(10, Self.running()), (641, Self.running())])).verdict == .scriptTimedOut)
    }

    @Test(arguments: [
        ("ready", [("ok", 0)], Verdict.succeeded, 0 as Int?), ("start_error", [("exit_failure", 3)], .scriptFailed, 3),
        ("start_error", [("exit_failure", 255)], .scriptFailed, nil),
        ("start_error", [("exit_failure", -1)], .scriptFailed, -1),
        ("start_error", [("exit_failure", 75)], .unknown, 75),
        ("start_timeout", [("timed_out", 255)], .scriptTimedOut, nil),
        ("start_error", [("pipes_left_open", 255)], .succeeded, 0),
    ])
    func `timings decide`(lifecycle: String, scripts: [(String, Int)], verdict: Verdict, exitCode: Int?) throws {
        let finding = try finding(
            judge([(20, Self.running("connected", lifecycle))], timings: Sample.timings(scripts))
        )
        #expect(finding.verdict == verdict)
        #expect(finding.exitCode == exitCode)
        #expect(finding.awaitsLines)
        #expect((finding.diagnosis == nil) == (scripts[0].0 == "ok"))
    }

    @Test(arguments: [("ready", Verdict.succeeded), ("start_error", .scriptFailed), ("start_timeout", .scriptTimedOut)])
    func `timings that never come leave it to the lifecycle`(lifecycle: String, verdict: Verdict) throws {
        let build = Self.running("connected", lifecycle)
        #expect(try judge([(20, build), (49, build)]) == .readTimings)
        // Time in which they could not be read does not count.
        #expect(try judge([(20, build), (500, build)], readAt: 49) == .readTimings)
        let finding = try finding(judge([(20, build), (50, build)]))
        #expect(finding.verdict == verdict && finding.exitCode == nil && finding.diagnosis != nil)
    }

    @Test func `all scripts must have been reported, and the worst decides`() throws {
        let build = Self.running("connected", "start_error", scripts: 2)
        let one = try Sample.timings([("ok", 0)])
        #expect(try judge([(20, build)], timings: one) == .readTimings)
        #expect(try finding(judge([(20, build), (50, build)], timings: one)).verdict == .scriptFailed)
        let both = try Sample.timings([("ok", 0), ("exit_failure", 4)])
        #expect(try finding(judge([(20, build)], timings: both)).exitCode == 4)
        let other = try Sample.timings([("ok", 0), ("ok", 0)], stage: "stop")
        #expect(try judge([(20, build)], timings: other) == .readTimings)
    }

    @Test(arguments: ["starting", "shutting_down", "off", "created", "shutdown_error"])
    func `other lifecycles end nothing`(lifecycle: String) throws {
        #expect(try judge([(20, Self.running("connected", lifecycle))]) == .goOn)
    }

    @Test(arguments: ["stop", "delete"], ["pending", "running", "succeeded", "failed"])
    func `a workspace that somebody else ends is lost`(transition: String, status: String) throws {
        let build = Sample.build(transition, status, id: "b2", number: 2, by: "bob")
        let finding = try finding(judge([(10, Self.running()), (20, build)]))
        #expect(finding.verdict == .workspaceLost)
        #expect(finding.diagnosis?.summary.contains("by bob") == true)
    }

    @Test func `what ended before the stop counts`() throws {
        let stop = Sample.build("stop", "running", id: "b2", number: 2)
        let ended = Self.running("connected", "ready")
        #expect(
            try finding(judge([(10, ended), (20, stop)], timings: Sample.timings([("ok", 0)]))).verdict == .succeeded
        )
        #expect(try finding(judge([(10, ended), (20, stop)])).verdict == .succeeded)
    }

    @Test func `a newer start is followed anew`() throws {
        var memory = WatchMemory()
        memory.note(try Sample.workspace(build: Self.running("disconnected", "ready")), at: .seconds(10))
        #expect(memory.ended != nil && memory.lostSince == .seconds(10))
        memory.note(
            try Sample.workspace(build: Sample.build("start", "running", id: "b2", number: 2)),
            at: .seconds(20)
        )
        #expect(memory.buildID == "b2" && memory.ended == nil && memory.lostSince == nil)
    }
}

import Testing

@testable import CommandLineTool

@Suite struct SupervisionTests {
    private let rules = Supervision.Rules()

    /// A simulator, a sink, intake and two stages.
    private func machine() -> Supervision {
        Supervision(
            waves: [
                [.init(name: "sim", announces: true)], [.init(name: "sink", announces: false)],
                [.init(name: "intake", announces: false)],
                [.init(name: "validator", announces: false), .init(name: "reporter", announces: false)],
            ],
            stopOrder: [["reporter"], ["validator"], ["intake"], ["sink"], ["sim"]]
        )
    }

    /// A machine with everything running since 1 s.
    private func running() -> Supervision {
        var machine = machine()
        machine.begin(at: .zero)
        for (pid, name) in ["sim", "sink", "intake", "validator", "reporter"].enumerated() {
            machine.started(name, pid: Int32(pid + 1), at: .seconds(1))
            machine.announced(name, at: .seconds(1))
        }
        _ = machine.takeActions()
        _ = machine.takeNotices()
        return machine
    }

    private func state(_ machine: Supervision, _ name: String) -> Supervision.State? {
        machine.statuses.first { $0.name == name }?.state
    }

    @Test func othersWaitForTheOneThatAnnouncesItself() {
        var machine = machine()
        machine.begin(at: .zero)
        #expect(machine.takeActions() == [.start("sim")])
        machine.started("sim", pid: 7, at: .seconds(1))
        #expect(machine.takeActions() == [])
        #expect(!machine.hasStartedAll)
        machine.announced("sim", at: .seconds(2))
        #expect(machine.takeActions() == [.start("sink"), .start("intake"), .start("validator"), .start("reporter")])
        #expect(machine.takeNotices() == [.started("sim"), .ready("sim")])
        for name in ["sink", "intake", "validator", "reporter"] { machine.started(name, pid: 8, at: .seconds(2)) }
        #expect(machine.hasStartedAll)
    }

    @Test func whoNeverAnnouncesItselfIsNotWaitedForForEver() {
        var machine = machine()
        machine.begin(at: .zero)
        machine.started("sim", pid: 7, at: .zero)
        _ = machine.takeActions()
        _ = machine.takeNotices()
        machine.tick(at: rules.readyWithin - .milliseconds(1))
        #expect(machine.takeActions() == [])
        machine.tick(at: rules.readyWithin)
        #expect(machine.takeActions().count == 4)
        #expect(machine.takeNotices() == [.notReady("sim", within: rules.readyWithin)])
    }

    @Test func waitsDoubleUpToABound() {
        let waits = (1...9).map { Supervision.delay(failures: $0, rules) }
        let expected = [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000].map { Duration.milliseconds($0) }
        #expect(waits == expected)
        #expect(Supervision.delay(failures: 1_000_000, rules) == .seconds(10))
    }

    @Test func whatEndsIsStartedAgainAfterItsWait() {
        var machine = running()
        machine.ended("validator", .exit(code: 1), at: .seconds(2))
        #expect(machine.takeActions() == [])
        #expect(
            machine.takeNotices() == [
                .ended("validator", .exit(code: 1), after: .seconds(1), againIn: .milliseconds(200))
            ]
        )
        #expect(state(machine, "validator") == .backingOff(until: .milliseconds(2200)))
        machine.tick(at: .milliseconds(2199))
        #expect(machine.takeActions() == [])
        machine.tick(at: .milliseconds(2200))
        #expect(machine.takeActions() == [.start("validator")])
        machine.ended("validator", .failure("no such file"), at: .milliseconds(2300))
        #expect(
            machine.takeNotices() == [
                .ended("validator", .failure("no such file"), after: .zero, againIn: .milliseconds(400))
            ]
        )
    }

    @Test func whoLivedLongStartsAnewWithShortWaits() {
        var machine = running()
        var now = Duration.seconds(2)
        for _ in 0..<3 {
            machine.ended("intake", .signal(9), at: now)
            now += .seconds(11)
            machine.tick(at: now)
            machine.started("intake", pid: 9, at: now)
        }
        _ = machine.takeNotices()
        machine.ended("intake", .signal(9), at: now + rules.steadyAfter)
        #expect(
            machine.takeNotices() == [
                .ended("intake", .signal(9), after: rules.steadyAfter, againIn: .milliseconds(200))
            ]
        )
    }

    @Test func aCrashLoopIsSaidOnceAndTheOthersGoOn() {
        var machine = running()
        var now = Duration.seconds(2)
        var loops: [Supervision.Notice] = []
        for _ in 0..<8 {
            machine.ended("validator", .exit(code: 3), at: now)
            loops += machine.takeNotices().filter { if case .crashLoop = $0 { true } else { false } }
            now += .milliseconds(100)
            machine.tick(at: now + .seconds(10))
            machine.started("validator", pid: 9, at: now)
        }
        #expect(loops == [.crashLoop("validator", ends: 5, within: .seconds(60))])
        #expect(machine.statuses.first { $0.name == "validator" }?.isLooping == true)
        #expect(state(machine, "reporter") == .running(pid: 5))
        // It recovers: the loop is over, and the next one is said again.
        machine.tick(at: now + rules.steadyAfter)
        #expect(machine.statuses.first { $0.name == "validator" }?.isLooping == false)
    }

    @Test func slowCrashesAreNoLoop() {
        var machine = running()
        var now = Duration.seconds(2)
        for _ in 0..<10 {
            machine.ended("validator", .exit(code: 3), at: now)
            machine.tick(at: now + .seconds(10))
            now += .seconds(20)
            machine.started("validator", pid: 9, at: now)
        }
        #expect(machine.statuses.first { $0.name == "validator" }?.isLooping == false)
    }

    @Test func theStopGoesGroupByGroup() {
        var machine = running()
        machine.stop(at: .seconds(5))
        var order: [Supervision.Action] = machine.takeActions()
        for name in ["reporter", "validator", "intake", "sink", "sim"] {
            #expect(!machine.isFinished)
            machine.ended(name, .exit(code: 0), at: .seconds(6))
            order += machine.takeActions()
        }
        #expect(order == ["reporter", "validator", "intake", "sink", "sim"].map { .terminate($0) })
        #expect(machine.isFinished)
        #expect(machine.statuses.allSatisfy { $0.state == .ended })
    }

    @Test func whatDoesNotEndIsNamedAndKilled() {
        var machine = running()
        machine.stop(at: .seconds(5))
        _ = machine.takeNotices()
        machine.tick(at: .seconds(9))
        #expect(machine.takeNotices() == [])
        machine.tick(at: .seconds(10))
        #expect(machine.takeNotices() == [.stillRunning(["sim", "sink", "intake", "validator", "reporter"])])
        _ = machine.takeActions()
        machine.tick(at: .seconds(5) + rules.grace)
        #expect(machine.takeActions() == [.kill("reporter")])
        machine.tick(at: .seconds(6) + rules.grace)
        #expect(machine.takeActions() == [], "killed once")
        machine.ended("reporter", .signal(9), at: .seconds(30))
        #expect(machine.takeActions() == [.terminate("validator")])
    }

    @Test func aSecondStopKillsAll() {
        var machine = running()
        machine.stop(at: .seconds(5))
        _ = machine.takeActions()
        machine.stop(at: .seconds(6))
        #expect(
            machine.takeActions() == ["sim", "sink", "intake", "validator", "reporter"].map { .kill($0) }
        )
    }

    @Test func theStopForgetsWhatWaitsAndCatchesWhatIsBeingStarted() {
        var machine = machine()
        machine.begin(at: .zero)
        machine.started("sim", pid: 1, at: .zero)
        machine.announced("sim", at: .zero)
        machine.started("sink", pid: 2, at: .zero)
        machine.ended("sink", .exit(code: 1), at: .seconds(1))
        machine.started("intake", pid: 3, at: .zero)
        machine.started("reporter", pid: 5, at: .zero)
        _ = machine.takeActions()
        // The sink waits for its restart, the validator has been asked for and is not there yet.
        machine.stop(at: .seconds(2))
        #expect(machine.takeActions() == [.terminate("reporter")])
        machine.ended("reporter", .exit(code: 0), at: .seconds(2))
        #expect(machine.takeActions() == [])
        machine.started("validator", pid: 4, at: .seconds(3))
        #expect(machine.takeActions() == [.terminate("validator")])
        machine.ended("validator", .signal(15), at: .seconds(3))
        machine.ended("intake", .exit(code: 0), at: .seconds(3))
        #expect(machine.takeActions() == [.terminate("intake"), .terminate("sim")])
        machine.tick(at: .seconds(10))
        #expect(machine.takeActions() == [], "nothing is started after the stop")
        machine.ended("sim", .exit(code: 0), at: .seconds(10))
        #expect(machine.isFinished)
    }

    @Test func theStopBeforeAnythingRunsIsTheEnd() {
        var machine = Supervision(waves: [[.init(name: "a", announces: false)]], stopOrder: [["a"]])
        machine.stop(at: .zero)
        #expect(machine.isFinished)
    }
}

@Suite struct SupervisionTextTests {
    private let statuses: [Supervision.Status] = [
        .init(name: "intake", state: .running(pid: 4121), isReady: true),
        .init(name: "log-collector", state: .backingOff(until: .seconds(1)), restarts: 5, isLooping: true),
    ]

    private func lines(_ notice: Supervision.Notice) -> [String] {
        SupervisionText.lines(
            notice,
            statuses: statuses,
            log: { "var/logs/\($0).log" },
            lastLines: { ["line of \($0)", "\($1) wanted\u{1B}"] },
            .none
        )
    }

    @Test func everyNoticeHasWords() {
        #expect(lines(.started("intake")) == ["  intake         pid 4121     ready       restarts 0"])
        #expect(
            lines(.ended("log-collector", .signal(9), after: .seconds(2), againIn: .milliseconds(400))) == [
                "log-collector ended after 2.000 s: signal 9 (KILL); starting it again in 0.400 s. Log: var/logs/log-collector.log",
                "    | line of log-collector", "    | 5 wanted\\u{1B}",
                "  log-collector  -            restarting, crash loop  restarts 5",
            ]
        )
        #expect(lines(.crashLoop("intake", ends: 5, within: .seconds(60))).first?.contains("crash loop") == true)
        #expect(lines(.crashLoop("intake", ends: 5, within: .seconds(60))).contains("    | 20 wanted\\u{1B}"))
        #expect(lines(.stillRunning(["a", "b"])) == ["still running: a, b"])
        #expect(
            lines(.killing("intake")) == ["intake does not end by itself: killing it. Log: var/logs/intake.log"]
        )
        #expect(lines(.stopping) == ["ending everything, in order; Ctrl-C again ends it at once"])
        #expect(lines(.stopped("intake", .exit(code: 0))).count == 1)
        #expect(lines(.stopped("intake", .exit(code: 1))).last == "    exit code 1")
        #expect(
            lines(.notReady("intake", within: .seconds(15))).first
                == "intake has not said within 15.0 s that it listens; the others start without it. Log: var/logs/intake.log"
        )
    }
}

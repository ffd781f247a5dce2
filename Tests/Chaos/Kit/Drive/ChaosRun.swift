import Foundation
import HTTPClient
import Messages
import TestSupport

/// One run: start all, send, break things, let it settle, compare the ledgers.
struct ChaosRun: Sendable {
    var seed: UInt64
    /// How long faults are done for.
    var seconds: Int
    /// Incidents a second.
    var rate: Double
    /// Where its folder is made.
    var parent: String
    /// Whether it has a mount namespace of its own.
    var isIsolated: Bool
    var say: @Sendable (String) -> Void

    /// How long all may take, at most, from the last fault to where nothing is under way or left.
    ///
    /// Half a minute is usual, most of it the hold; a machine that has other things to do needs longer.
    private var settleWithin: Duration { .seconds(seconds < 120 ? 180 : 600) }
    /// Time without faults before the first.
    static let peace = Duration.seconds(6)
    /// From one single kill to the next.
    static let betweenSingles = Duration.seconds(9)

    private var measuresSingles: Bool { seconds >= 120 }
    private var singles: [String] { measuresSingles ? Cast.stages.map { $0 + "-1" } + [Cast.sink, Cast.intake] : [] }
    /// The single kills are part of the time that was asked for.
    private var schedule: Schedule {
        let before = Double(singles.count) * Self.betweenSingles.inSeconds
        return Schedule(seed: seed, length: seconds * 1000 - Int(before * 1000))
    }

    /// Runs; the folder is kept where something is wrong, and goes where the run was cancelled before that.
    func run() async throws -> ChaosReport {
        let stand = try await Stand(in: parent, mayMount: isIsolated, megabytes: 96 + seconds / 5)
        let http = HTTPClient(configuration: .init(maximumConcurrentTransfers: 32, maximumConnectionsPerHost: 16))
        let result: Result<ChaosReport, any Error>
        do {
            result = .success(try await run(stand, http))
        } catch {
            result = .failure(error)
        }
        await http.close()
        switch result {
        case .success(let report) where report.isClean: await stand.remove()
        case .failure where Task.isCancelled: await stand.remove()
        default: say("what the processes said is in \(stand.logs)")
        }
        return try result.get()
    }

    private func run(_ stand: Stand, _ http: HTTPClient) async throws -> ChaosReport {
        let simulators = try await startSimulators(stand, http)
        let ports = try LoopbackPorts.find(2)
        let schedule = schedule
        try stand.write(RunTopology.policyText, to: stand.folder + "/policy.yaml")
        try stand.write(
            RunTopology(
                coder: simulators[.coder]?.web.base ?? "",
                incidents: simulators[.incidents]?.web.base ?? "",
                intakePort: ports[0],
                sinkPort: ports[1],
                reporting: schedule.reporting,
                policy: stand.folder + "/policy.yaml"
            ).text,
            to: stand.topology
        )
        let common = ["--topology", stand.topology, "--data", stand.data, "--log-level", "notice"]
        let fleet = Fleet(stand, arguments: Dictionary(uniqueKeysWithValues: Cast.members.map { ($0, common) }))
        let intake = Web(base: "http://127.0.0.1:\(ports[0])", http: http)
        async let fleetEnd: Void = fleet.run()
        let result: Result<ChaosReport, any Error>
        do {
            result = .success(try await drive(stand, fleet, intake, simulators, schedule))
        } catch {
            result = .failure(error)
        }
        fleet.end()
        await fleetEnd
        for simulator in simulators.values { await simulator.program.end() }
        return try result.get()
    }

    private func startSimulators(
        _ stand: Stand,
        _ http: HTTPClient
    ) async throws -> [Fault.Outside: (program: Program, web: Web)] {
        let reporting = schedule.reporting
        let coder = try stand.start(
            "coder-simulator",
            [
                "--listen", "127.0.0.1:0", "--token-file", "\(stand.data)/secrets/coder-token", "--scripts", "none",
                "--work", "\(stand.folder)/workspaces",
            ],
            output: "\(stand.logs)/coder-simulator"
        )
        let incidents = try stand.start(
            "incident-simulator",
            [
                "--listen", "127.0.0.1:0", "--api-key-file", "\(stand.data)/secrets/incident-api-key", "--idempotency",
                reporting == .key ? "on" : "off",
            ],
            output: "\(stand.logs)/incident-simulator"
        )
        return [
            .coder: (coder, Web(base: try await coder.address(), http: http)),
            .incidents: (incidents, Web(base: try await incidents.address(), http: http)),
        ]
    }

    // MARK: - The course of a run

    /// Begins to send when all is ready, and ends the senders at last.
    private func drive(
        _ stand: Stand,
        _ fleet: Fleet,
        _ intake: Web,
        _ simulators: [Fault.Outside: (program: Program, web: Web)],
        _ schedule: Schedule
    ) async throws -> ChaosReport {
        try await eventually("intake is ready") {
            if let surprise = fleet.surprises.first {
                throw TestFailure("\(surprise.member) ended by itself: \(surprise.end)\n\(surprise.output)")
            }
            return await intake.status("/ready") == 200
        }
        let whyNoClocks = try await ClockRehearsal.whyNot(stand, intake)
        let wrecker = Wrecker(stand, fleet, simulators, whyNoClocks: whyNoClocks, say: say)
        let sending = Double(seconds) + Self.peace.inSeconds
        let traffic = try Traffic(stand, intake: intake.base, rate: rate, seconds: sending)
        say("all runs; sending for \(Int(sending)) s")
        return try await doing {
            try await wreck(fleet, intake, simulators, wrecker, schedule, traffic)
        } finally: {
            await traffic.end()
        }
    }

    /// Breaks things while incidents are sent, and judges what has come of them.
    private func wreck(
        _ fleet: Fleet,
        _ intake: Web,
        _ simulators: [Fault.Outside: (program: Program, web: Web)],
        _ wrecker: Wrecker,
        _ schedule: Schedule,
        _ traffic: Traffic
    ) async throws -> ChaosReport {
        let peace = Wrecker.wallTime...(Wrecker.wallTime + Int64(Self.peace.inSeconds * 1000))
        try await Task.sleep(for: Self.peace)
        var windows: [(member: String, window: ClosedRange<Int64>, restart: Int64?)] = []
        for member in singles { windows.append(try await killOne(member, fleet, intake)) }
        await wrecker.run(schedule)
        try Task.checkCancellation()

        say("the faults are over")
        let over = ContinuousClock.now
        let gathering = Gathering(
            intake: intake,
            coder: simulators[.coder]?.web ?? intake,
            incidents: simulators[.incidents]?.web ?? intake
        )
        let (histories, violations) = try await settle(gathering, traffic)
        let settled = ContinuousClock.now - over
        let tally = wrecker.tally
        let usual = Measure.usual(histories.ledger.values, in: peace.lowerBound...(peace.upperBound + 3000))
        return ChaosReport(
            seed: seed,
            seconds: seconds,
            reporting: schedule.reporting,
            histories: histories,
            violations: violations,
            kills: fleet.kills,
            faults: tally.done,
            missed: tally.missed,
            notTried: tally.notTried,
            failed: tally.failed,
            recoveries: Spread(Measure.recoveries(after: tally.ends, histories.sender.values)),
            usual: usual,
            singles: windows.map { member, window, restart in
                ChaosReport.Single(
                    member: member,
                    delay: Measure.delay(of: histories.ledger.values, in: window, usual: usual ?? 0),
                    bound: RunTopology.lease + (restart ?? 1000),
                    restart: restart
                )
            },
            settled: Int64(settled.inSeconds * 1000),
            surprises: fleet.surprises.map { "\($0.member) ended by itself: \($0.end)\n\($0.output)" },
            excusedEnds: fleet.excusedEnds
        )
    }

    /// Kills one process in peace, and gives the time in which incidents felt it.
    private func killOne(
        _ member: String,
        _ fleet: Fleet,
        _ intake: Web
    ) async throws -> (member: String, window: ClosedRange<Int64>, restart: Int64?) {
        say("    alone  kill \(member)")
        let next = ContinuousClock.now + Self.betweenSingles
        let began = Wrecker.wallTime
        let pid = fleet.pid(of: member)
        fleet.kill([member])
        var restart: Int64?
        if member == Cast.intake {
            try await fleet.successor(of: pid, member)
            try await eventually("intake answers again") { await intake.status("/health") == 200 }
            restart = Wrecker.wallTime - began
        }
        try await Task.sleep(until: next)
        return (member, began...(began + (restart ?? 500)), restart)
    }

    /// Waits until nothing is under way any more and everything is as promised, or the time for it is over.
    private func settle(
        _ gathering: Gathering,
        _ traffic: Traffic
    ) async throws -> (Histories, [Oracle.Violation]) {
        let limit = ContinuousClock.now + settleWithin
        while ContinuousClock.now < limit, try await isBusy(gathering, traffic) {
            try await Task.sleep(for: .seconds(1))
        }
        while true {
            let histories = try await gathering.histories(try traffic.records())
            let violations = Oracle.judge(histories)
            guard !violations.isEmpty, ContinuousClock.now < limit else { return (histories, violations) }
            try await Task.sleep(for: .seconds(3))
        }
    }

    private func isBusy(_ gathering: Gathering, _ traffic: Traffic) async throws -> Bool {
        if traffic.isRunning { return true }
        let counts = try await gathering.coder.json("/_simulator/counts")
        return counts["effects"]?["existing"]?.integer != 0
    }
}

extension Duration {
    var inSeconds: Double { self / .seconds(1) }
}

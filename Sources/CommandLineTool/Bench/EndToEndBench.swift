import Foundation
import HTTPClient
import Messages
import Topology

/// Measures the whole pipeline: incidents go in by HTTP, and are waited for until the incident system has been told.
struct EndToEndBench: Sendable {
    /// How incidents are sent.
    enum Mode: Hashable, Sendable, CustomStringConvertible {
        /// So many senders, each with its next one as soon as the one before is accepted.
        case concurrency(Int)
        /// So many a second, whatever intake does.
        case rate(Double)

        var description: String {
            switch self {
            case .concurrency(let senders): "concurrency \(senders)"
            case .rate(let rate): "rate \(Int(rate))/s"
            }
        }
    }

    let bench: BenchTopology
    let client: IntakeClient
    let incidents: Int
    let mode: Mode
    /// How long the last one may take after the last acceptance.
    let patience: Duration

    private static func id(_ number: Int) -> String { "BENCH-\(number)" }

    /// Sends all, waits for the end of all, and reads what the timelines say.
    ///
    /// - Throws: `CommandFailure` where intake is not ready, refuses, or not all end in time.
    func run() async throws -> EndToEndResult {
        try await waitUntilReady()
        let before = usages()
        let began = ContinuousClock.now
        try await send(began)
        let accepted = ContinuousClock.now - began
        // The stub has no way to tell by itself.
        let finished = try await waitForReports(began, every: .milliseconds(20)) {
            try await bench.counts()["patch_incident"] ?? 0
        }
        let after = usages()
        let calls = try await bench.counts().filter { Self.coderCalls.contains($0.key) }.values.reduce(0, +)
        return try await result(
            Course(before: before, after: after, accepted: accepted, finished: finished, coderCalls: calls)
        )
    }

    /// Waits until intake and all stages are able to work.
    func waitUntilReady() async throws {
        let ready = SampleRun(client: client, terminal: .none, print: { _ in })
        if let missing = await ready.waitUntilReady() { throw CommandFailure("the topology is not ready: \(missing)") }
    }

    /// What a run has found, with what the timelines say.
    func result(_ course: Course) async throws -> EndToEndResult {
        let timelines = try await timelines()
        let incidents = Double(incidents)
        return EndToEndResult(
            incidents: self.incidents,
            mode: "\(mode)",
            acceptedPerSecond: incidents / (course.accepted / .seconds(1)),
            finishedPerSecond: course.finished.map { incidents / ($0 / .seconds(1)) } ?? 0,
            toVerdictMilliseconds: timelines.toVerdict,
            splitMilliseconds: timelines.split,
            coderCallsPerIncident: Double(course.coderCalls) / incidents,
            processes: bench.programs.compactMap { program in
                guard let pid = program.life.value.pid, let end = course.after[program.spec.name] else { return nil }
                let start = course.before[program.spec.name]?.cpuSeconds ?? 0
                return EndToEndResult.Process(
                    name: program.spec.name,
                    cpuMillisecondsPerIncident: (end.cpuSeconds - start) * 1000 / incidents,
                    rssMebibytes: Double(end.residentBytes) / Double(1 << 20),
                    pssMebibytes: Double(ProcessUsage.proportionalBytes(of: pid) ?? 0) / Double(1 << 20)
                )
            }
        )
    }

    /// The calls of Coder's API among those that the stub counts.
    private static let coderCalls: Set<String> = [
        "create_workspace", "find_workspace", "get_workspace", "list_workspaces", "request_build", "cancel_build",
        "build_logs", "build_parameters", "build_timings", "agent_logs", "templates", "user", "build_info",
    ]

    /// What each process uses now, by its name.
    func usages() -> [String: ProcessUsage] {
        var usages: [String: ProcessUsage] = [:]
        for program in bench.programs { usages[program.spec.name] = program.usage }
        return usages
    }

    /// Sends all, and returns when each is accepted.
    func send(_ began: ContinuousClock.Instant) async throws {
        let (senders, rate): (Int, Double?) =
            switch mode {
            case .concurrency(let count): (count, nil)
            case .rate(let perSecond): (64, perSecond)
            }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<senders {
                group.addTask {
                    for number in stride(from: sender, to: incidents, by: senders) {
                        if let rate { try await Task.sleep(until: began + .seconds(Double(number) / rate)) }
                        try await send(number)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func send(_ number: Int) async throws {
        let incident = IncidentRequest(
            incidentID: Self.id(number),
            serviceName: "service-\(number % 100)",
            severity: "critical",
            description: "High CPU on service-\(number % 100)"
        )
        do throws(IntakeError) {
            _ = try await client.remediate(incident, answersAtOnce: true)
        } catch {
            throw CommandFailure("incident \(number) was not accepted: \(error.message)")
        }
    }

    /// Waits until the incident system has got the last status of each.
    ///
    /// - Parameters:
    ///   - began: when the first one was sent.
    ///   - pause: how long to wait before it is asked again.
    ///   - reported: tells of how many it has got it.
    /// - Returns: how long it took since then.
    /// - Throws: `CommandFailure` where no more are reported for too long.
    func waitForReports(
        _ began: ContinuousClock.Instant,
        every pause: Duration,
        count reported: () async throws -> Int
    ) async throws -> Duration {
        try await Self.wait(until: incidents, every: pause, patience: patience, count: reported) { count in
            "\(count) of \(incidents) incidents were reported, and none more within \(TimeText.length(patience)); "
                + "logs: \(bench.topology.data)/logs"
        }
        return ContinuousClock.now - began
    }

    /// Waits until a count is as high as wanted.
    ///
    /// - Parameters:
    ///   - wanted: how high.
    ///   - pause: how long to wait before it is counted again.
    ///   - patience: how long it may stay where it is.
    ///   - count: counts.
    ///   - stuck: what is said where it stays, of the highest that it was.
    /// - Throws: `CommandFailure` with that; what counting throws.
    static func wait(
        until wanted: Int,
        every pause: Duration,
        patience: Duration,
        count: () async throws -> Int,
        stuck: (Int) -> String
    ) async throws {
        var most = (count: 0, at: ContinuousClock.now)
        while true {
            let count = try await count()
            let now = ContinuousClock.now
            if count >= wanted { return }
            if count > most.count { most = (count, now) }
            guard now - most.at < patience else { throw CommandFailure(stuck(most.count)) }
            try await Task.sleep(for: pause)
        }
    }

    /// What intake knows of an incident.
    func incident(_ id: String) async throws -> IncidentDetail {
        try client.decode(IncidentDetail.self, try await client.incident(id), "GET /incidents/{id}")
    }

    /// What the timelines of some of the incidents say, evenly spread over all.
    private func timelines() async throws -> (toVerdict: EndToEndResult.Times, split: EndToEndResult.Split) {
        var parts: [EventType: [Double]] = [:]
        var toVerdict: [Double] = []
        for number in stride(from: 0, to: incidents, by: max(1, incidents / 1000)) {
            let incident = try await incident(Self.id(number))
            func time(_ type: EventType) -> Timestamp? { incident.timeline.last { $0.type == type }?.time }
            let steps: [EventType] = [
                .incidentAccepted, .incidentApproved, .workspaceCreated, .remediationFinished, .incidentReported,
            ]
            for (step, next) in zip(steps, steps.dropFirst()) {
                guard let from = time(step), let to = time(next) else { continue }
                parts[next, default: []].append(Double((to - from).milliseconds))
            }
            if let from = time(.incidentAccepted), let to = time(.remediationFinished) {
                toVerdict.append(Double((to - from).milliseconds))
            }
        }
        let whole = EndToEndResult.Pair(toVerdict)
        return (
            EndToEndResult.Times(p50: whole.p50, p99: whole.p99, max: toVerdict.max() ?? 0),
            EndToEndResult.Split(
                wait: .init(parts[.incidentApproved] ?? []),
                provision: .init(parts[.workspaceCreated] ?? []),
                run: .init(parts[.remediationFinished] ?? []),
                report: .init(parts[.incidentReported] ?? [])
            )
        )
    }
}

import Messages
import Topology

/// Measures the whole pipeline while many workspaces are active.
struct ActiveBench: Sendable {
    /// Sends the incidents, and knows how each has gone.
    let sender: EndToEndBench
    let load: ActiveLoad

    private var bench: BenchTopology { sender.bench }

    /// Sends all, and measures while as many workspaces are active as there are to be.
    ///
    /// - Throws: `CommandFailure` where intake is not ready, refuses, not so many become active, or not all end in time.
    func run() async throws -> EndToEndResult {
        try await sender.waitUntilReady()
        return load.isHeld ? try await held() : try await steady()
    }

    // MARK: A steady state

    /// The time in which as many begin as end.
    private struct SteadyPart: Sendable {
        let from: Timestamp
        let to: Timestamp
        let collector: CollectorLoad
        let running: Int
    }

    private func steady() async throws -> EndToEndResult {
        let before = sender.usages()
        let began = ContinuousClock.now
        async let measured = steadyPart(began)
        try await sender.send(began)
        let accepted = ContinuousClock.now - began
        let part = try await measured
        // What the simulators tell has a line for each incident, so they are asked seldom.
        let finished = try await sender.waitForReports(began, every: .seconds(1)) { try await bench.reported() }
        let after = sender.usages()
        let counts = try await bench.coderCounts()
        let course = EndToEndBench.Course(
            before: before,
            after: after,
            accepted: accepted,
            finished: finished,
            coderCalls: counts.calls
        )
        let delays = try await delays(part, counts)
        guard !delays.isEmpty else {
            throw CommandFailure(
                "no script ended and was reported in the \(TimeText.length(part.to - part.from)) after the warm-up; logs: "
                    + "\(bench.topology.data)/logs"
            )
        }
        var result = try await sender.result(course)
        result.mode = load.description
        result.active = ActiveResult(
            active: load.active,
            scriptSeconds: load.scriptTime.inSeconds,
            running: part.running,
            delayMilliseconds: EndToEndResult.Pair(delays),
            coderCallsPerIncident: result.coderCallsPerIncident,
            busiestPath: counts.busiestPath,
            logCollector: part.collector
        )
        return result
    }

    /// From when the first scripts end until no more incidents are sent.
    private func steadyPart(_ began: ContinuousClock.Instant) async throws -> SteadyPart {
        try await Task.sleep(until: began + load.scriptTime)
        let from = Timestamp.now
        let (collector, last) = try await CollectorWatch(bench: bench).watch(for: load.length - load.scriptTime)
        return SteadyPart(from: from, to: .now, collector: collector, running: last.running)
    }

    /// From the end of a script to the incident system having been told, in milliseconds, of some of those that ended in
    /// the steady part, evenly spread over it.
    private func delays(_ part: SteadyPart, _ counts: CoderCounts) async throws -> [Double] {
        var ends: [(id: String, at: Timestamp)] = []
        for (id, incident) in counts.incidents {
            guard let end = incident.scriptEndedAt, part.from <= end, end <= part.to else { continue }
            ends.append((id, end))
        }
        ends.sort { $0.at < $1.at }
        var delays: [Double] = []
        for index in stride(from: 0, to: ends.count, by: max(1, ends.count / 1000)) {
            let incident = try await sender.incident(ends[index].id)
            let report = incident.timeline.last { event in
                event.type == .incidentReported
                    && event.data?["told"]?.string == EventType.remediationFinished.rawValue
            }
            if let report { delays.append(Double((report.time - ends[index].at).milliseconds)) }
        }
        return delays
    }

    // MARK: All at once

    private func held() async throws -> EndToEndResult {
        let before = sender.usages()
        let began = ContinuousClock.now
        try await sender.send(began)
        let accepted = ContinuousClock.now - began
        try await waitUntilActive()
        let (found, last) = try await CollectorWatch(bench: bench).watch(for: load.length)
        var collector = found
        collector.listBytes = try await bench.listBytes()
        let course = EndToEndBench.Course(
            before: before,
            after: sender.usages(),
            accepted: accepted,
            finished: nil,
            coderCalls: last.calls
        )
        var result = try await sender.result(course)
        result.mode = load.description
        result.active = ActiveResult(
            active: load.active,
            scriptSeconds: load.scriptTime.inSeconds,
            running: last.running,
            busiestPath: last.busiestPath,
            logCollector: collector
        )
        return result
    }

    /// Waits until as many scripts run as are to be active.
    private func waitUntilActive() async throws {
        let patience = Duration.seconds(60)
        try await EndToEndBench.wait(
            until: load.active,
            every: .seconds(1),
            patience: patience,
            count: { try await bench.coderCounts().running },
            stuck: { most in
                "\(most) of \(load.active) workspaces were active, and no more within \(TimeText.length(patience)): give a "
                    + "longer --script-time, or fewer; logs: \(bench.topology.data)/logs"
            }
        )
    }
}

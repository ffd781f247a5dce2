import Topology

/// Looks at the log-collector while it follows many workspaces.
struct CollectorWatch: Sendable {
    /// The stage's name.
    static let stage = "log-collector"

    let bench: BenchTopology

    /// Looks at it every second.
    ///
    /// - Parameter length: for how long.
    /// - Returns: what it took, and what Coder had counted at the end.
    /// - Throws: `CommandFailure` where it does not run.
    func watch(for length: Duration) async throws -> (load: CollectorLoad, last: CoderCounts) {
        let first = try await bench.coderCounts()
        let began = ContinuousClock.now
        let before = try usage()
        var resident: [Double] = []
        while true {
            let left = length - (ContinuousClock.now - began)
            guard left > .zero else { break }
            try await Task.sleep(for: min(left, .seconds(1)))
            resident.append(Double(try usage().residentBytes) / Double(1 << 20))
        }
        let after = try usage()
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let last = try await bench.coderCounts()
        let calls = last.listCalls - first.listCalls
        let load = CollectorLoad(
            seconds: seconds,
            cpuPercent: (after.cpuSeconds - before.cpuSeconds) / seconds * 100,
            rssMeanMebibytes: resident.reduce(0, +) / Double(max(1, resident.count)),
            rssMaxMebibytes: resident.max() ?? 0,
            listCalls: calls,
            listCallsPerSecond: Double(calls) / seconds,
            meanTickMilliseconds: calls > 0 ? seconds * 1000 / Double(calls) : nil
        )
        return (load, last)
    }

    /// Of all its processes.
    private func usage() throws(CommandFailure) -> ProcessUsage {
        let usages: [ProcessUsage] = bench.programs.compactMap { program in
            let name = program.spec.name
            return name == Self.stage || name.hasPrefix("\(Self.stage)-") ? program.usage : nil
        }
        guard !usages.isEmpty else {
            throw CommandFailure("no \(Self.stage) runs; logs: \(bench.topology.data)/logs")
        }
        return .sum(usages)
    }
}

/// What the log-collector took.
struct CollectorLoad: Sendable, Encodable, Hashable {
    /// For how long it was looked at.
    var seconds: Double
    /// Of one core.
    var cpuPercent: Double
    var rssMeanMebibytes: Double
    var rssMaxMebibytes: Double
    /// How often workspaces were listed.
    var listCalls: Int
    var listCallsPerSecond: Double
    /// From one list call to the next; nil where there was none.
    var meanTickMilliseconds: Double?
    /// How long the answer to one is that shows all; nil where it was not asked for.
    var listBytes: Int?

    private enum CodingKeys: String, CodingKey {
        case seconds
        case cpuPercent = "cpu_percent"
        case rssMeanMebibytes = "rss_mean_mib"
        case rssMaxMebibytes = "rss_max_mib"
        case listCalls = "list_calls"
        case listCallsPerSecond = "list_calls_per_second"
        case meanTickMilliseconds = "mean_tick_ms"
        case listBytes = "list_bytes"
    }
}

/// What a run of the whole pipeline found.
struct EndToEndResult: Sendable, Encodable, Hashable {
    /// The 50th and the 99th of a hundred, in milliseconds.
    struct Pair: Sendable, Encodable, Hashable {
        var p50: Double
        var p99: Double

        init(_ values: [Double]) {
            let sorted = values.sorted()
            func at(_ share: Double) -> Double {
                sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
            }
            p50 = at(0.5)
            p99 = at(0.99)
        }
    }

    /// From the acceptance to the last report, by what was waited for.
    struct Split: Sendable, Encodable, Hashable {
        /// From the acceptance to the plan.
        var wait: Pair
        /// From the plan to the workspace.
        var provision: Pair
        /// From the workspace to the verdict.
        var run: Pair
        /// From the verdict to the incident system having been told.
        var report: Pair
    }

    struct Process: Sendable, Encodable, Hashable {
        var name: String
        var cpuMillisecondsPerIncident: Double
        var rssMebibytes: Double
        var pssMebibytes: Double

        private enum CodingKeys: String, CodingKey {
            case name
            case cpuMillisecondsPerIncident = "cpu_ms_per_incident"
            case rssMebibytes = "rss_mib"
            case pssMebibytes = "pss_mib"
        }
    }

    struct Times: Sendable, Encodable, Hashable {
        var p50: Double
        var p99: Double
        var max: Double
    }

    var incidents: Int
    /// `concurrency 64`, `rate 100/s` or `500 active, scripts of 60s`.
    var mode: String
    var acceptedPerSecond: Double
    /// 0 where the end of none was waited for.
    var finishedPerSecond: Double
    var toVerdictMilliseconds: Times
    var splitMilliseconds: Split
    var coderCallsPerIncident: Double
    var processes: [Process]
    /// Only of a run with many active workspaces.
    var active: ActiveResult?

    private enum CodingKeys: String, CodingKey {
        case incidents, mode, processes, active
        case acceptedPerSecond = "accepted_per_second"
        case finishedPerSecond = "finished_per_second"
        case toVerdictMilliseconds = "to_verdict_ms"
        case splitMilliseconds = "split_ms"
        case coderCallsPerIncident = "coder_calls_per_incident"
    }
}

extension EndToEndBench {
    /// What a run has taken, from which its result is made.
    struct Course: Sendable {
        /// What each process used before the first incident was sent, and what it used at the end.
        let before: [String: ProcessUsage]
        let after: [String: ProcessUsage]
        /// Until the last one was accepted.
        let accepted: Duration
        /// Until the last one was reported; nil where that was not waited for.
        let finished: Duration?
        let coderCalls: Int
    }
}

/// What a run with many active workspaces found, beside what every run finds.
struct ActiveResult: Sendable, Encodable, Hashable {
    /// How many were to be active.
    var active: Int
    var scriptSeconds: Double
    /// How many scripts ran as the measuring ended.
    var running: Int
    /// From the end of a script to the incident system having been told; nil where no end was waited for.
    var delayMilliseconds: EndToEndResult.Pair?
    /// Nil where no end was waited for.
    var coderCallsPerIncident: Double?
    var busiestPath: CoderCounts.BusiestPath?
    var logCollector: CollectorLoad

    private enum CodingKeys: String, CodingKey {
        case active, running
        case scriptSeconds = "script_seconds"
        case delayMilliseconds = "delay_ms"
        case coderCallsPerIncident = "coder_calls_per_incident"
        case busiestPath = "busiest_path"
        case logCollector = "log_collector"
    }

    /// The result as lines for people.
    var lines: [String] {
        var lines = ["\(active) active for \(Self.text(scriptSeconds)) s each; \(running) as the measuring ended"]
        if let delayMilliseconds {
            let (p50, p99) = (Int(delayMilliseconds.p50), Int(delayMilliseconds.p99))
            lines.append("from the end of a script to the report: p50 \(p50) p99 \(p99) ms")
        }
        if let coderCallsPerIncident {
            lines.append("Coder calls per finished incident: \(Self.text(coderCallsPerIncident))")
        }
        if let busiestPath {
            let requests = busiestPath.requestsPerMinute
            lines.append("Coder's busiest path: \(busiestPath.path), \(requests) requests a minute")
        }
        let load = logCollector
        lines.append(
            "log-collector for \(Self.text(load.seconds)) s: \(Self.text(load.cpuPercent)) % of a core, "
                + "\(Self.text(load.rssMeanMebibytes)) MiB RSS, at most \(Self.text(load.rssMaxMebibytes))"
        )
        let tick = load.meanTickMilliseconds.map { ", one each \(Int($0)) ms" } ?? ""
        let bytes = load.listBytes.map { ", \($0) bytes each" } ?? ""
        let pace = "\(Self.text(load.listCallsPerSecond)) a second"
        lines.append("lists of workspaces: \(load.listCalls), \(pace)\(tick)\(bytes)")
        return lines
    }

    private static func text(_ number: Double) -> String { TimeText.decimal(number, 1) }
}

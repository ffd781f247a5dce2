import Messages

/// What `mendline send` prints at the end.
struct SendReport: Encodable, Hashable, Sendable {
    struct Latency: Encodable, Hashable, Sendable {
        var p50: Double
        var p95: Double
        var p99: Double
        var max: Double
    }

    var count: Int
    var accepted: Int
    var declined: Int
    var cancelled: Int
    var refused: Int
    var lost: Int
    var withoutVerdict: Int
    var verdicts: [String: Int]
    var repeated: [String: Int]
    /// From the first POST to the verdict, or to the answer where no verdict was waited for; nil where there was none.
    var latencyMilliseconds: Latency?
    var seconds: Double
    var perSecond: Double
    /// Whether the verdicts were waited for.
    var waited: Bool
    var complaints: [String]

    private enum CodingKeys: String, CodingKey {
        case count, accepted, declined, cancelled, refused, lost, verdicts, repeated, seconds, waited, complaints
        case withoutVerdict = "without_verdict"
        case latencyMilliseconds = "latency_ms"
        case perSecond = "per_second"
    }

    init(_ tally: SendTally, elapsed: Duration, waited: Bool) {
        count = tally.done
        accepted = tally.accepted
        declined = tally.declined
        cancelled = tally.cancelled
        refused = tally.refused
        lost = tally.lost
        withoutVerdict = tally.withoutVerdict
        verdicts = tally.verdicts
        repeated = tally.repeated
        let sorted = tally.latencies.sorted()
        func milliseconds(_ percent: Int) -> Double {
            // Called only where there is a latency.
            (Percentile.of(sorted, percent)?.inSeconds ?? 0) * 1000
        }
        latencyMilliseconds =
            sorted.isEmpty
            ? nil : Latency(p50: milliseconds(50), p95: milliseconds(95), p99: milliseconds(99), max: milliseconds(100))
        seconds = elapsed.inSeconds
        perSecond = elapsed > .zero ? Double(tally.latencies.count) / elapsed.inSeconds : 0
        self.waited = waited
        complaints = tally.complaints
    }

    func lines(_ terminal: Terminal) -> [String] {
        let noun = count == 1 ? "incident" : "incidents"
        var lines = ["\(count) \(noun) in \(TimeText.decimal(seconds, 2)) s, \(TimeText.decimal(perSecond, 1))/s"]
        var table = Table()
        func row(_ name: Table.Cell, _ value: String, _ tone: Terminal.Tone = .plain) {
            table.rows.append(["", name, Table.Cell(value, tone)])
        }
        row("accepted", "\(accepted)")
        row("declined", "\(declined)")
        if cancelled > 0 { row("cancelled", "\(cancelled)") }
        if waited || !verdicts.isEmpty { row("finished", verdicts.isEmpty ? "0" : Self.list(verdicts)) }
        if refused > 0 { row("refused", "\(refused)", .bad) }
        row("lost", "\(lost)", lost > 0 ? .bad : .plain)
        if withoutVerdict > 0 { row("no verdict", "\(withoutVerdict)", .bad) }
        if !repeated.isEmpty { row("repeated", Self.list(repeated)) }
        if let latency = latencyMilliseconds {
            let values = [("p50", latency.p50), ("p95", latency.p95), ("p99", latency.p99), ("max", latency.max)]
            row(
                waited ? "POST to verdict" : "POST to answer",
                values.map { "\($0) \(TimeText.latency(.seconds($1 / 1000)))" }.joined(separator: "  ")
            )
        }
        lines += table.lines(terminal)
        lines += complaints.map { terminal.paint("  ! \($0)", .bad) }
        return lines
    }

    /// `500 succeeded, 2 script_failed`, the most frequent first.
    private static func list(_ counts: [String: Int]) -> String {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.value) \(SafeText.line($0.key))" }.joined(separator: ", ")
    }
}

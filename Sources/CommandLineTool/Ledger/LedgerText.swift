import Ledger
import Messages

/// A ledger's summary for people.
enum LedgerText {
    static func lines(_ summary: LedgerSummary, now: Timestamp, _ terminal: Terminal) -> [String] {
        var lines = [
            "\(terminal.paint(SafeText.line(summary.file), .strong)): \(bytes(summary.bytes)), "
                + "\(bytes(summary.freeBytes)) of it free, log \(bytes(summary.logBytes))",
            "installation \(summary.installation.map { SafeText.line($0) } ?? "none yet"), start number \(summary.epoch)",
            "",
        ]
        let total = summary.incidents.values.reduce(0, +)
        var table = Table()
        table.rows.append([Table.Cell("incidents", .strong), Table.Cell("\(total)")])
        for state in IncidentState.all {
            table.rows.append([Table.Cell("  \(state)"), Table.Cell("\(summary.incidents[state] ?? 0)")])
        }
        table.rows.append(row("  oldest", summary.oldest, now))
        table.rows.append(row("  oldest open", summary.oldestOpen, now))
        table.rows.append([Table.Cell("events", .strong), Table.Cell("\(summary.events)")])
        table.rows.append([Table.Cell("log lines", .strong), Table.Cell("\(summary.logLines)")])
        let open = summary.deliveries.reduce(0) { $0 + $1.open }
        table.rows.append([Table.Cell("open deliveries", .strong), Table.Cell("\(open)")])
        for stage in summary.deliveries {
            table.rows.append([
                Table.Cell("  \(SafeText.line(stage.stage))"),
                Table.Cell("\(stage.open)   the oldest from \(TimeText.ago(stage.oldest, now: now))"),
            ])
        }
        table.rows.append([
            Table.Cell("dead letters", .strong),
            Table.Cell("\(summary.deadLetters)", summary.deadLetters > 0 ? .doubtful : .plain),
        ])
        if let letter = summary.newestDeadLetter {
            let text = "\(TimeText.ago(letter.time, now: now)) from \(letter.source): \(letter.reason)"
            table.rows.append(["  newest", Table.Cell(SafeText.line(text))])
        }
        lines += table.lines(terminal)
        return lines
    }

    private static func row(_ name: String, _ oldest: LedgerSummary.Oldest?, _ now: Timestamp) -> [Table.Cell] {
        guard let oldest else { return [Table.Cell(name), "none"] }
        return [
            Table.Cell(name),
            Table.Cell("\(SafeText.line(oldest.incident)), \(TimeText.ago(oldest.acceptedAt, now: now))"),
        ]
    }

    /// `812 B`, `4.0 KiB`, `1.5 GiB`.
    static func bytes(_ count: Int) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count) / 1024
        var unit = 0
        let units = ["KiB", "MiB", "GiB", "TiB"]
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(TimeText.decimal(value, 1)) \(units[unit])"
    }
}

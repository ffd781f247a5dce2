import Messages

/// An incident's events as lines.
enum TimelineText {
    /// One event: `   +0.012 s  approved            playbook high-cpu, …`, and what belongs below it.
    static func lines(_ event: TimelineEvent, receivedAt: Timestamp, _ terminal: Terminal) -> [String] {
        let text = EventText.of(event, receivedAt: receivedAt)
        let time = padded(left: TimeText.offset(event.time, from: receivedAt), 11)
        var detail = text.detail
        if let attempt = event.operatorAttempt, attempt > 1 { detail += " [attempt \(attempt)]" }
        let title = terminal.paint(padded(right: text.title, 18), text.tone)
        let line = "\(terminal.paint(time, .faint))  \(title)" + (detail.isEmpty ? "" : "  \(detail)")
        let indent = String(repeating: " ", count: 33)
        return [line] + text.more.map { indent + terminal.paint("| \($0)", .faint) }
    }

    static func padded(left text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    static func padded(right text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

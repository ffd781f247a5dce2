import Messages

/// An incident as `mendline show` prints it.
enum IncidentText {
    static func lines(_ incident: IncidentDetail, now: Timestamp, _ terminal: Terminal) -> [String] {
        var lines = head(incident, now: now, terminal)
        lines += section("timeline, relative to the acceptance", terminal)
        for event in incident.timeline.sorted(by: { $0.seq < $1.seq }) {
            lines += TimelineText.lines(event, receivedAt: incident.receivedAt, terminal)
        }
        if let diagnosis = incident.diagnosis {
            lines += section("diagnosis", terminal)
            lines.append("  \(terminal.paint(SafeText.line(diagnosis.summary), .strong))")
            lines += diagnosis.evidence.map { "  | \(SafeText.line($0))" }
        }
        let open = (incident.deliveries ?? []).filter(isOpen)
        if !open.isEmpty {
            lines += section("not done yet", terminal)
            lines += open.map { "  " + line($0, now: now) }
        }
        return lines
    }

    /// How it stands: `succeeded (exit code 0)`, `running`.
    static func outcome(_ incident: IncidentDetail) -> String {
        SafeText.line(incident.outcome) + (incident.exitCode.map { " (exit code \($0))" } ?? "")
    }

    private static func head(_ incident: IncidentDetail, now: Timestamp, _ terminal: Terminal) -> [String] {
        let outcome = terminal.paint(outcome(incident), VerdictTone.of(incident.outcome))
        var lines = ["\(terminal.paint(SafeText.line(incident.incidentID), .strong))  \(outcome)"]
        var table = Table()
        func row(_ name: Table.Cell, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            table.rows.append(["", name, Table.Cell(SafeText.line(value))])
        }
        row("service", incident.serviceName)
        row("severity", incident.severity)
        row("description", incident.description)
        row("labels", pairs(incident.labels))
        row("annotations", pairs(incident.annotations))
        row("workspace", [incident.workspaceName, incident.url].compactMap { $0 }.joined(separator: "  "))
        row("received", "\(incident.receivedAt), \(TimeText.ago(incident.receivedAt, now: now))")
        if let finishedAt = incident.finishedAt {
            row("ended", "after \(TimeText.length(finishedAt - incident.receivedAt))")
        } else if let deadline = incident.deadline {
            row(
                "deadline",
                deadline > now ? "in \(TimeText.length(deadline - now))" : "passed \(TimeText.ago(deadline, now: now))"
            )
        }
        row("ending", incident.pendingEnd)
        if incident.unreported == true { row("unreported", "the incident system could not be told how it ended") }
        lines += table.lines(terminal)
        return lines
    }

    private static func isOpen(_ delivery: DeliveryView) -> Bool {
        !["settled", "done", "void", "exhausted"].contains(delivery.state)
    }

    private static func line(_ delivery: DeliveryView, now: Timestamp) -> String {
        var text = "\(delivery.stage)  \(delivery.event)  \(delivery.state)"
        if let failures = delivery.failures, failures > 0 { text += ", failed \(failures) times" }
        if let notBefore = delivery.notBefore, notBefore > now {
            text += ", due in \(TimeText.length(notBefore - now))"
        }
        if let error = delivery.lastError { text += ": \(error)" }
        return SafeText.line(text)
    }

    private static func section(_ title: String, _ terminal: Terminal) -> [String] {
        ["", terminal.paint(title, .faint)]
    }

    private static func pairs(_ pairs: [String: String]?) -> String? {
        pairs.map { $0.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "  ") }
    }
}

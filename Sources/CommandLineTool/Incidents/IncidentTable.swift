import Messages

/// Incidents as `mendline incidents` prints them.
enum IncidentTable {
    static func lines(_ incidents: [IncidentSummary], now: Timestamp, _ terminal: Terminal) -> [String] {
        guard !incidents.isEmpty else { return ["no incidents"] }
        var table = Table()
        table.rows.append(
            ["INCIDENT", "SERVICE", "SEVERITY", "STATE", "VERDICT", "RECEIVED", "TOOK", "WORKSPACE"].map {
                .init($0, .faint)
            }
        )
        for incident in incidents {
            table.rows.append([
                .init(SafeText.short(SafeText.line(incident.incidentID), 48), .strong),
                .init(SafeText.short(SafeText.line(incident.serviceName), 32)),
                .init(SafeText.short(SafeText.line(incident.severity), 12)),
                .init(SafeText.line(incident.state), VerdictTone.of(incident.state)),
                .init(verdict(incident), incident.verdict.map(VerdictTone.of) ?? .faint),
                .init(TimeText.ago(incident.receivedAt, now: now)),
                .init(incident.finishedAt.map { TimeText.length($0 - incident.receivedAt) } ?? "-"),
                .init(incident.workspaceName.map { SafeText.line($0) } ?? "-"),
            ])
        }
        return table.lines(terminal)
    }

    private static func verdict(_ incident: IncidentSummary) -> String {
        (incident.verdict.map { SafeText.line($0) } ?? "-") + (incident.unreported == true ? " (unreported)" : "")
    }
}

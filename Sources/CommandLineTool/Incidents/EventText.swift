import Foundation
import Messages

/// What an event says, in words.
struct EventText: Hashable, Sendable {
    /// One or two words.
    var title: String
    /// The rest on one line; may be empty.
    var detail: String
    var tone = Terminal.Tone.plain
    /// Lines that belong below, such as a script's last ones.
    var more: [String] = []

    private init(_ title: String, _ detail: String, _ tone: Terminal.Tone = .plain, more: [String] = []) {
        self.title = title
        self.detail = SafeText.line(detail)
        self.tone = tone
        self.more = more.map { SafeText.line($0) }
    }

    /// The text of an event; times in it are relative to the acceptance of its incident.
    static func of(_ event: TimelineEvent, receivedAt: Timestamp) -> EventText {
        known(event, receivedAt: receivedAt) ?? unknown(event)
    }

    private static func known(_ event: TimelineEvent, receivedAt: Timestamp) -> EventText? {
        switch event.type {
        case .incidentAccepted: read(event, IncidentAccepted.self).map { EventText("accepted", "from \($0.sender)") }
        case .incidentApproved: read(event, IncidentApproved.self).map { approved($0.plan, receivedAt) }
        case .incidentDeclined:
            read(event, IncidentDeclined.self).map { declined in
                EventText(
                    "declined",
                    declined.reasons.map { "\($0.message) (\($0.code))" }.joined(separator: "; "),
                    .doubtful
                )
            }
        case .incidentRetried:
            read(event, IncidentRetried.self).map { EventText("retried", "by \($0.by): \($0.reason)", .doubtful) }
        case .incidentCancelled:
            read(event, IncidentCancelled.self).map { EventText("cancelled", "by \($0.by): \($0.reason)", .doubtful) }
        case .incidentReported:
            read(event, IncidentReported.self).map { report in
                EventText("reported", "\(report.told) to \(report.system): \(report.actions.joined(separator: ", "))")
            }
        case .workspaceCreated:
            read(event, WorkspaceCreated.self).map { created in
                EventText(
                    "workspace created",
                    "\(created.workspaceName)\(created.adopted ? " (found)" : "")  \(created.url)"
                )
            }
        case .workspaceChanged: read(event, WorkspaceChanged.self).map(changed)
        case .workspaceExpiring:
            read(event, WorkspaceExpiring.self).map { expiring in
                EventText("workspace expires", expiring.step == .stop ? "it is to be stopped" : "it is to be deleted")
            }
        case .workspaceDispose: read(event, WorkspaceDispose.self).map { EventText("workspace must go", $0.reason) }
        case .workspaceReleased:
            read(event, WorkspaceReleased.self).map { released in
                EventText(
                    "workspace released",
                    released.deleted ? "deleted" : "left: \(released.reason ?? "no reason given")"
                )
            }
        case .remediationFinished: read(event, RemediationFinished.self).map(finished)
        case .logAppended:
            read(event, LogAppended.self).map { log in
                EventText("log", "\(log.lines.count) lines; \(log.lines.last?.text ?? "")", .faint)
            }
        case .deliveryExhausted:
            read(event, DeliveryExhausted.self).map { gaveUp in
                EventText(
                    "gave up",
                    "\(gaveUp.stage) on \(gaveUp.event) after \(gaveUp.failures) failures: \(gaveUp.lastError)",
                    .bad
                )
            }
        default: nil
        }
    }

    /// An event of a stage that Mendline does not know, or of a newer version.
    private static func unknown(_ event: TimelineEvent) -> EventText {
        let data = event.data.map { CompactJSON.text($0) } ?? ""
        return EventText(SafeText.line(event.type.rawValue), SafeText.short(data, 160))
    }

    private static func approved(_ plan: Plan, _ receivedAt: Timestamp) -> EventText {
        EventText(
            "approved",
            "playbook \(plan.playbook), template \(plan.template); the script may take "
                + "\(TimeText.length(.seconds(plan.timeoutSeconds))), verdict by \(TimeText.offset(plan.deadline, from: receivedAt))"
        )
    }

    private static func changed(_ workspace: WorkspaceChanged) -> EventText {
        var parts = ["build \(workspace.buildStatus)"]
        if let position = workspace.queuePosition { parts.append("place \(position) in the queue") }
        if let status = workspace.agentStatus { parts.append("agent \(status)") }
        if let state = workspace.lifecycleState { parts.append("lifecycle \(state)") }
        if !workspace.healthy { parts.append("unhealthy" + (workspace.healthReason.map { ": \($0)" } ?? "")) }
        return EventText("workspace", parts.joined(separator: ", "), workspace.healthy ? .faint : .doubtful)
    }

    private static func finished(_ end: RemediationFinished) -> EventText {
        var text = end.verdict.rawValue
        if let code = end.exitCode { text += ", exit code \(code)" }
        var times: [String] = []
        if let seconds = end.provisionSeconds { times.append("ready after \(TimeText.decimal(seconds, 1)) s") }
        if let seconds = end.runSeconds { times.append("ran \(TimeText.decimal(seconds, 1)) s") }
        if !times.isEmpty { text += " (\(times.joined(separator: ", ")))" }
        if let diagnosis = end.diagnosis { text += ": \(diagnosis.summary)" }
        return EventText("finished", text, VerdictTone.of(end.verdict.rawValue), more: end.lastLines.suffix(5))
    }

    /// The event's data as its type says; nil where it is something else.
    private static func read<Data: EventData>(_ event: TimelineEvent, _ type: Data.Type) -> Data? {
        guard let data = event.data, let json = try? JSONEncoder().encode(data) else { return nil }
        return try? JSONDecoder().decode(type, from: json)
    }
}

/// What an outcome means to a person.
enum VerdictTone {
    static func of(_ outcome: String) -> Terminal.Tone {
        switch outcome {
        case "succeeded": .good
        case "declined", "cancelled", "unknown": .doubtful
        case "waiting", "provisioning", "running", "finished": .plain
        default: .bad
        }
    }
}

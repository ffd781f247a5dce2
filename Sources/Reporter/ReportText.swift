import Messages

/// The texts that people read: facts first, one a line, bounded; pure.
enum ReportText {
    /// The most bytes of last log lines.
    static let mostLogBytes = 4096
    private static let mostEvidenceBytes = 2048
    private static let mostReasonBytes = 8192
    private static let mostSentenceBytes = 1000
    private static let mostNameBytes = 800
    private static let mostURLBytes = 2000

    /// Why nothing was done.
    static func declined(_ declined: IncidentDeclined) -> [String] {
        var lines = ["Mendline leaves this incident to you: it may not be remediated by machine."]
        var room = mostReasonBytes
        for (index, reason) in declined.reasons.enumerated() {
            let line =
                "- \(PlainText.line(reason.message, most: mostSentenceBytes)) (\(PlainText.line(reason.code, most: 60)))"
            room -= line.utf8.count
            guard room >= 0 else {
                lines.append("- … and \(declined.reasons.count - index) more reasons")
                break
            }
            lines.append(line)
        }
        return lines
    }

    /// Where the work happens.
    static func created(_ created: WorkspaceCreated, plan: Plan?) -> [String] {
        ["Remediation has begun in workspace \(PlainText.line(created.workspaceName, most: mostNameBytes))."]
            + [
                fact("Look at it", created.url, most: mostURLBytes), fact("Playbook", plan?.playbook),
                fact("Template", created.template),
            ].compactMap { $0 }
    }

    /// How it ended.
    static func finished(_ finished: RemediationFinished, plan: Plan?) -> [String] {
        var lines = [headline(finished)]
        let exit = finished.exitCode.map { "exit code \($0)" } ?? "no exit code seen"
        lines.append("Verdict: \(finished.verdict.rawValue), \(exit)")
        if let diagnosis = finished.diagnosis {
            lines += [fact("Why", diagnosis.summary, most: mostSentenceBytes)].compactMap { $0 }
            if !diagnosis.evidence.isEmpty {
                lines += ["Evidence:"] + PlainText.head(diagnosis.evidence, most: mostEvidenceBytes)
            }
        }
        lines += [
            fact("Took", durations(finished)), fact("Playbook", plan?.playbook),
            fact("Workspace", finished.workspace?.workspaceName),
            fact("Look at it", finished.workspace?.url, most: mostURLBytes),
        ].compactMap { $0 }
        return lines
            + (finished.lastLines.isEmpty
                ? ["Log: no line of the script was seen."]
                : ["Last log lines:"] + PlainText.tail(finished.lastLines, most: mostLogBytes))
    }

    /// That a person, or the end of the alert, has ended it.
    static func cancelled(_ cancelled: IncidentCancelled) -> [String] {
        ["Not remediated: cancelled by \(PlainText.line(cancelled.by, most: mostNameBytes))."]
            + [
                fact("Why", cancelled.reason, most: mostSentenceBytes),
                fact("Workspace", cancelled.workspace?.workspaceName),
                fact("Look at it", cancelled.workspace?.url, most: mostURLBytes),
            ].compactMap { $0 }
    }

    /// That something happened of which only the topology knows what it means.
    ///
    /// Its content is not shown, for nobody has said that it may be.
    static func other(_ event: Message) -> [String] {
        let type = PlainText.line(event.type.rawValue, most: mostNameBytes)
        return ["Mendline reports \(type) for \(PlainText.line(event.subject ?? "no incident", most: mostNameBytes))."]
            + [fact("At", event.time.description), fact("From", event.source)].compactMap { $0 }
    }

    private static func headline(_ finished: RemediationFinished) -> String {
        switch finished.verdict {
        case .succeeded: "Remediated: the script succeeded."
        case .scriptFailed:
            "Not remediated: the script failed" + (finished.exitCode.map { " with exit code \($0)." } ?? ".")
        case .scriptTimedOut: "Not remediated: the script ran longer than its playbook allows."
        case .provisioningFailed: "Not remediated: there was no workspace to run the script in."
        case .agentUnreachable: "Not remediated: the workspace's agent could not be reached."
        case .workspaceLost: "Not remediated: the workspace vanished or was stopped by somebody else."
        case .deadlineExceeded: "Not remediated: the deadline passed first."
        case .cancelled: "Not remediated: it was cancelled."
        case .unknown: "Outcome unknown: the script may have run; check the service before anything is repeated."
        }
    }

    private static func fact(_ name: String, _ value: String?, most: Int = mostNameBytes) -> String? {
        guard let value else { return nil }
        let text = PlainText.line(value, most: most)
        return text.isEmpty ? nil : "\(name): \(text)"
    }

    private static func durations(_ finished: RemediationFinished) -> String? {
        let parts = [
            finished.provisionSeconds.map { "\(DurationWords.text($0)) until the workspace was ready" },
            finished.runSeconds.map { "\(DurationWords.text($0)) for the script" },
        ].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}

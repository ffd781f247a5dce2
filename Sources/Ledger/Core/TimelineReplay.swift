package import Messages

/// What a timeline by itself says of its incident: replaying its events gives what the record has (I3).
package struct TimelineReplay: Sendable, Hashable {
    /// The attempt that began last.
    package private(set) var operatorAttempt = 0
    /// The verdict of that attempt.
    package private(set) var verdict: Verdict?
    /// The workspace whose creation that attempt was told of first.
    package private(set) var workspaceID: String?
    private var ending: IncidentState?

    /// The types of event that count here.
    package static let types: [EventType] = [
        .incidentAccepted, .incidentDeclined, .incidentCancelled, .workspaceCreated, .remediationFinished,
    ]

    /// An incident of which nothing is known.
    package init() {}

    /// Takes the next event of the timeline.
    ///
    /// Of an attempt's ends the first counts (I8), and what comes of an earlier attempt changes nothing.
    package mutating func take(_ type: EventType, operatorAttempt attempt: Int, data: JSONValue) {
        if type == .incidentAccepted {
            self = TimelineReplay()
            operatorAttempt = attempt
        }
        guard attempt == operatorAttempt else { return }
        switch type {
        case .workspaceCreated: workspaceID = workspaceID ?? data["workspace_id"]?.string
        case .incidentDeclined: end(.declined, nil)
        case .incidentCancelled: end(.cancelled, .cancelled)
        case .remediationFinished: end(.finished, data["verdict"]?.string.flatMap(Verdict.init(rawValue:)))
        default: break
        }
    }

    private mutating func end(_ state: IncidentState, _ verdict: Verdict?) {
        guard ending == nil else { return }
        ending = state
        self.verdict = verdict
    }

    /// What the record says otherwise, in words; nil where both say the same.
    package func difference(from record: IncidentRecord) -> String? {
        func told(_ what: String, _ timeline: String?, _ recorded: String?) -> String? {
            timeline == recorded
                ? nil : "\(what) \(timeline ?? "none") by its timeline, \(recorded ?? "none") by its record"
        }
        return told("attempt", "\(operatorAttempt)", "\(record.operatorAttempt)")
            ?? told("end", ending?.rawValue, record.state.isTerminal ? record.state.rawValue : nil)
            ?? told("verdict", verdict?.rawValue, record.verdict?.rawValue)
            ?? told("workspace", workspaceID, record.workspace?.workspaceID)
    }
}

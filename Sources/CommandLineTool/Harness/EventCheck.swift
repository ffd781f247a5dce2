import Messages

/// Whether an event that a stage caused is one of the contract.
enum EventCheck {
    /// What is wrong with it, in one sentence; nil where nothing is.
    ///
    /// An event of a type that only the topology knows may have any content.
    static func flaw(of event: CausedEvent, emits: Set<String>) -> String? {
        guard let content = contents[event.type] else {
            if emits.contains(event.type.rawValue) { return nil }
            return EventType.events.contains(event.type)
                ? "it caused \(event.type), which only intake may"
                : "it caused \(event.type), which is no type of the contract and not in the stage's `emits`"
        }
        do throws(MessageError) {
            try content(event.data)
            return nil
        } catch {
            return "its \(event.type) is not as the contract says: \(error)"
        }
    }

    /// Reads the content of each type that a stage may cause.
    private static let contents: [EventType: @Sendable (JSONValue) throws(MessageError) -> Void] = [
        .incidentApproved: { data throws(MessageError) in _ = try data.decoded(as: IncidentApproved.self) },
        .incidentDeclined: { data throws(MessageError) in
            if try data.decoded(as: IncidentDeclined.self).reasons.isEmpty {
                throw MessageError(what: "incident.declined needs a reason")
            }
        },
        .incidentReported: { data throws(MessageError) in _ = try data.decoded(as: IncidentReported.self) },
        .workspaceCreated: { data throws(MessageError) in _ = try data.decoded(as: WorkspaceCreated.self) },
        .workspaceChanged: { data throws(MessageError) in _ = try data.decoded(as: WorkspaceChanged.self) },
        .workspaceExpiring: { data throws(MessageError) in _ = try data.decoded(as: WorkspaceExpiring.self) },
        .workspaceReleased: { data throws(MessageError) in _ = try data.decoded(as: WorkspaceReleased.self) },
        .workspacesSeen: { data throws(MessageError) in _ = try data.decoded(as: WorkspacesSeen.self) },
        .remediationFinished: { data throws(MessageError) in _ = try data.decoded(as: RemediationFinished.self) },
        .logAppended: { data throws(MessageError) in
            let lines = try data.decoded(as: LogAppended.self).lines
            if lines.count > LogAppended.maximumLines {
                throw MessageError(what: "it carries \(lines.count) lines, more than \(LogAppended.maximumLines)")
            }
        },
    ]
}

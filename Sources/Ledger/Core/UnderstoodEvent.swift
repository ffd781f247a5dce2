import Messages

/// An event that a stage caused, with the content that the ledger acts on read and checked.
///
/// All events of a message are understood before the first of them changes anything.
struct UnderstoodEvent {
    enum Content {
        case approved(Plan)
        case declined
        case created(WorkspaceCreated)
        case changed(WorkspaceChanged)
        case log([LogLine])
        case finished(RemediationFinished)
        case expiring(WorkspaceExpiring)
        case released(WorkspaceReleased)
        case seen([WorkspacesSeen.Seen])
        /// Recorded and routed as the topology says.
        case other
    }

    let event: CausedEvent
    let content: Content

    /// Reads the event's content.
    ///
    /// - Throws: ``MessageError`` when a known type has another shape, or is one that only the ledger causes.
    init(_ event: CausedEvent) throws(MessageError) {
        self.event = event
        switch event.type {
        case .incidentApproved: content = .approved(try (event.data.decoded() as IncidentApproved).plan)
        case .incidentDeclined:
            let refusal: IncidentDeclined = try event.data.decoded()
            guard !refusal.reasons.isEmpty else { throw MessageError(what: "incident.declined needs a reason") }
            content = .declined
        case .workspaceCreated: content = .created(try event.data.decoded())
        case .workspaceChanged: content = .changed(try event.data.decoded())
        case .logAppended:
            let lines = try (event.data.decoded() as LogAppended).lines
            guard lines.count <= LogAppended.maximumLines else {
                throw MessageError(
                    what: "log.appended carries \(lines.count) lines; send at most \(LogAppended.maximumLines)"
                )
            }
            content = .log(lines)
        case .remediationFinished: content = .finished(try event.data.decoded())
        case .workspaceExpiring: content = .expiring(try event.data.decoded())
        case .workspaceReleased: content = .released(try event.data.decoded())
        case .workspacesSeen: content = .seen(try (event.data.decoded() as WorkspacesSeen).workspaces)
        case .incidentAccepted, .incidentCancelled, .incidentRetried, .deliveryExhausted, .workspaceDispose, .sweepDue,
            .stageHeartbeat,
            .deliveryProgress, .deliverySettled:
            throw MessageError(what: "a stage cannot cause \(event.type)")
        default: content = .other
        }
    }

    /// Reads all events of one message, at most ``most``.
    static func all(_ events: [CausedEvent]) throws(MessageError) -> [UnderstoodEvent] {
        guard events.count <= most else {
            throw MessageError(what: "a message may carry \(most) events, not \(events.count)")
        }
        var result: [UnderstoodEvent] = []
        for event in events { result.append(try UnderstoodEvent(event)) }
        return result
    }

    private static let most = 100
}

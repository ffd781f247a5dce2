import Messages

/// Whether an event that a stage caused is one of the contract.
enum EventCheck {
    /// What is wrong with it, in one sentence; nil where nothing is.
    ///
    /// An event of a type that only the topology knows may have any content.
    static func flaw(of event: CausedEvent, emits: Set<String>) -> String? {
        let content = MessageContract.events.first { $0.type == event.type }
        guard let content, !onlyIntakes.contains(event.type) else {
            if emits.contains(event.type.rawValue) { return nil }
            return content != nil
                ? "it caused \(event.type), which only intake may"
                : "it caused \(event.type), which is no type of the contract and not in the stage's `emits`"
        }
        do throws(MessageError) {
            try check(event.data, as: content)
            return nil
        } catch {
            return "its \(event.type) is not as the contract says: \(error)"
        }
    }

    private static let onlyIntakes: Set<EventType> = [
        .incidentAccepted, .incidentCancelled, .incidentRetried, .deliveryExhausted, .workspaceDispose, .sweepDue,
    ]

    private static func check<Content: EventData>(_ data: JSONValue, as _: Content.Type) throws(MessageError) {
        let content: Content = try data.decoded()
        if let refusal = content as? IncidentDeclined, refusal.reasons.isEmpty {
            throw MessageError(what: "incident.declined needs a reason")
        }
        if let lines = (content as? LogAppended)?.lines, lines.count > LogAppended.maximumLines {
            throw MessageError(what: "it carries \(lines.count) lines, more than \(LogAppended.maximumLines)")
        }
    }
}

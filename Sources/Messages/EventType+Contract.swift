extension EventType {
    /// The types of events in version 1 of the contract; control messages and samples are none.
    public static let events: Set<EventType> = [
        .incidentAccepted, .incidentApproved, .incidentDeclined, .incidentCancelled, .incidentRetried,
        .incidentReported, .workspaceCreated, .workspaceChanged, .workspaceExpiring, .workspaceDispose,
        .workspaceReleased, .logAppended, .remediationFinished, .deliveryExhausted, .sweepDue, .workspacesSeen,
    ]
}

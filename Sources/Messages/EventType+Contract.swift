/// The types of version 1 of the contract, each with what its `data` is.
public enum MessageContract {
    /// Events.
    public static let events: [any EventData.Type] = [
        IncidentAccepted.self, IncidentApproved.self, IncidentDeclined.self, IncidentCancelled.self,
        IncidentRetried.self, IncidentReported.self, WorkspaceCreated.self, WorkspaceChanged.self,
        WorkspaceExpiring.self, WorkspaceDispose.self, WorkspaceReleased.self, LogAppended.self,
        RemediationFinished.self, DeliveryExhausted.self, SweepDue.self, WorkspacesSeen.self,
    ]
    /// Events and the control messages of stages; what samples contain belongs to the metrics.
    public static let all: [any EventData.Type] =
        events + [StageHeartbeat.self, DeliveryProgress.self, DeliverySettled.self]
}

extension EventType {
    /// The types of events in version 1 of the contract; control messages and samples are none.
    public static let events = Set(MessageContract.events.map { $0.type })
}

/// The type of an event or of a control message: `incident.accepted`.
///
/// Open on purpose: an extra stage may cause events of types that Mendline does not know, and they are routed like
/// any other.
public struct EventType: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    /// The text of the `type` attribute.
    public var rawValue: String

    /// The type of that name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The text of the `type` attribute.
    public var description: String { rawValue }

    /// An incident has been taken in. ``IncidentAccepted``
    public static let incidentAccepted = EventType(rawValue: "incident.accepted")
    /// A machine may deal with it. ``IncidentApproved``
    public static let incidentApproved = EventType(rawValue: "incident.approved")
    /// A machine may not. ``IncidentDeclined``
    public static let incidentDeclined = EventType(rawValue: "incident.declined")
    /// A cancel has taken effect. ``IncidentCancelled``
    public static let incidentCancelled = EventType(rawValue: "incident.cancelled")
    /// A person has asked for another attempt. ``IncidentRetried``
    public static let incidentRetried = EventType(rawValue: "incident.retried")
    /// Somebody has been told. ``IncidentReported``
    public static let incidentReported = EventType(rawValue: "incident.reported")
    /// The workspace exists. ``WorkspaceCreated``
    public static let workspaceCreated = EventType(rawValue: "workspace.created")
    /// Its state as Coder shows it has changed. ``WorkspaceChanged``
    public static let workspaceChanged = EventType(rawValue: "workspace.changed")
    /// A workspace's time ends. ``WorkspaceExpiring``
    public static let workspaceExpiring = EventType(rawValue: "workspace.expiring")
    /// A workspace must go. ``WorkspaceDispose``
    public static let workspaceDispose = EventType(rawValue: "workspace.dispose")
    /// A workspace is gone, or left and why. ``WorkspaceReleased``
    public static let workspaceReleased = EventType(rawValue: "workspace.released")
    /// Lines of a log. ``LogAppended``
    public static let logAppended = EventType(rawValue: "log.appended")
    /// The verdict. ``RemediationFinished``
    public static let remediationFinished = EventType(rawValue: "remediation.finished")
    /// A stage gave up. ``DeliveryExhausted``
    public static let deliveryExhausted = EventType(rawValue: "delivery.exhausted")
    /// Workspaces are to be listed, to find those that nobody owns. ``SweepDue``
    public static let sweepDue = EventType(rawValue: "sweep.due")
    /// What a sweep saw. ``WorkspacesSeen``
    public static let workspacesSeen = EventType(rawValue: "workspaces.seen")

    /// Control message of a stage: it lives, and what it holds. ``StageHeartbeat``
    public static let stageHeartbeat = EventType(rawValue: "stage.heartbeat")
    /// Control message of a stage: events of a delivery that is still held. ``DeliveryProgress``
    public static let deliveryProgress = EventType(rawValue: "delivery.progress")
    /// Control message of a stage: the answer to a delivery. ``DeliverySettled``
    public static let deliverySettled = EventType(rawValue: "delivery.settled")
    /// Message to the metrics-sink: the samples of one process.
    public static let metricsSample = EventType(rawValue: "metrics.sample")
}

/// The `data` of one type of event.
public protocol EventData: Codable, Sendable, Hashable {
    /// The type whose `data` this is.
    static var type: EventType { get }
}

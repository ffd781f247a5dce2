/// What a stage is told of the incident beside the event itself.
///
/// It is made at the moment of the hand-out, so it is newer than the event may be.
public struct DeliveryContext: Sendable, Hashable, Codable {
    /// The incident as it came in.
    public var incident: Incident
    /// Keeps two Mendlines on one Coder user apart; part of the workspace's name.
    public var installation: String
    /// 1 for the first remediation, one more for each retry asked for by a person.
    public var operatorAttempt: Int
    /// True once a cancel or the deadline asks for an end: look, never create.
    public var cancelled: Bool
    /// The plan, once there is one.
    public var plan: Plan?
    /// The workspace, once its creation has been settled.
    public var workspace: WorkspaceReference?
    /// When the incident, or the attempt that a person asked for, was accepted; deadlines count from then.
    public var acceptedAt: Timestamp
    /// How long a stopped workspace keeps its name before it is erased, in seconds.
    public var holdSeconds: Int
    /// True where no process can have seen the delivery before, so that nothing of it has been begun.
    ///
    /// Missing where somebody may have.
    public var isFirstHandOut: Bool?
    /// The sealed `target_service_token`, base64, for stages that hold the private key.
    public var sealedToken: String?

    /// A context.
    public init(
        incident: Incident,
        installation: String,
        operatorAttempt: Int,
        cancelled: Bool,
        plan: Plan?,
        workspace: WorkspaceReference?,
        acceptedAt: Timestamp,
        holdSeconds: Int,
        isFirstHandOut: Bool? = nil,
        sealedToken: String?
    ) {
        self.incident = incident
        self.installation = installation
        self.operatorAttempt = operatorAttempt
        self.cancelled = cancelled
        self.plan = plan
        self.workspace = workspace
        self.acceptedAt = acceptedAt
        self.holdSeconds = holdSeconds
        self.isFirstHandOut = isFirstHandOut
        self.sealedToken = sealedToken
    }

    /// The name of the workspace that this attempt has or would have.
    public var workspaceName: String {
        WorkspaceName.derive(
            installation: installation,
            incident: incident.incidentID,
            operatorAttempt: operatorAttempt
        )
    }

    private enum CodingKeys: String, CodingKey {
        case incident, installation, cancelled, plan, workspace
        case operatorAttempt = "operator_attempt"
        case acceptedAt = "accepted_at"
        case holdSeconds = "hold_s"
        case isFirstHandOut = "first_hand_out"
        case sealedToken = "sealed_token"
    }
}

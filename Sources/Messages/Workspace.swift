/// A workspace as events name it.
public struct WorkspaceReference: Sendable, Hashable, Codable {
    /// Coder's id; nil where the workspace's creation was asked for but its answer never seen.
    public var workspaceID: String?
    /// Its name.
    public var workspaceName: String
    /// Where a person can look at it.
    public var url: String?

    /// A reference.
    public init(workspaceID: String?, workspaceName: String, url: String? = nil) {
        self.workspaceID = workspaceID
        self.workspaceName = workspaceName
        self.url = url
    }

    private enum CodingKeys: String, CodingKey {
        case url
        case workspaceID = "workspace_id"
        case workspaceName = "workspace_name"
    }
}

/// `workspace.created`: the workspace exists (made now, or found made by an earlier hand-out).
public struct WorkspaceCreated: EventData {
    /// The type is `workspace.created`.
    public static let type = EventType.workspaceCreated
    /// Coder's id.
    public var workspaceID: String
    /// Its name.
    public var workspaceName: String
    /// Where a person can look at it.
    public var url: String
    /// Coder's id of the start build, which carries the logs and timings.
    public var buildID: String
    /// The template it was made from.
    public var template: String
    /// Whether an earlier hand-out had made it.
    public var adopted: Bool

    /// A created workspace.
    public init(
        workspaceID: String,
        workspaceName: String,
        url: String,
        buildID: String,
        template: String,
        adopted: Bool
    ) {
        self.workspaceID = workspaceID
        self.workspaceName = workspaceName
        self.url = url
        self.buildID = buildID
        self.template = template
        self.adopted = adopted
    }

    /// The workspace as other events name it.
    public var reference: WorkspaceReference {
        WorkspaceReference(workspaceID: workspaceID, workspaceName: workspaceName, url: url)
    }

    private enum CodingKeys: String, CodingKey {
        case url, template, adopted
        case workspaceID = "workspace_id"
        case workspaceName = "workspace_name"
        case buildID = "build_id"
    }
}

/// `workspace.changed`: what `/status` answers from.
public struct WorkspaceChanged: EventData {
    /// The type is `workspace.changed`.
    public static let type = EventType.workspaceChanged
    /// Coder's `latest_build.status`.
    public var buildStatus: String
    /// The place in the provisioners' queue, while it waits there.
    public var queuePosition: Int?
    /// Coder's `agent.status`: connecting, connected, disconnected, timeout; nil before there is an agent.
    public var agentStatus: String?
    /// Coder's `agent.lifecycle_state`.
    public var lifecycleState: String?
    /// Coder's `health.healthy`.
    public var healthy: Bool
    /// Coder's reason where it is not healthy.
    public var healthReason: String?

    /// A state as Coder showed it.
    public init(
        buildStatus: String,
        queuePosition: Int? = nil,
        agentStatus: String? = nil,
        lifecycleState: String? = nil,
        healthy: Bool,
        healthReason: String? = nil
    ) {
        self.buildStatus = buildStatus
        self.queuePosition = queuePosition
        self.agentStatus = agentStatus
        self.lifecycleState = lifecycleState
        self.healthy = healthy
        self.healthReason = healthReason
    }

    private enum CodingKeys: String, CodingKey {
        case healthy
        case buildStatus = "build_status"
        case queuePosition = "queue_position"
        case agentStatus = "agent_status"
        case lifecycleState = "lifecycle_state"
        case healthReason = "health_reason"
    }
}

/// `workspace.expiring`, with `not_before`: the retention or the hold of a workspace ends.
public struct WorkspaceExpiring: EventData {
    /// The type is `workspace.expiring`.
    public static let type = EventType.workspaceExpiring
    /// What is due.
    public enum Step: String, Sendable, Hashable, Codable {
        /// The retention ends: the workspace is stopped, its name stays taken.
        case stop
        /// The hold ends: the workspace is deleted.
        case erase
    }
    /// What is due.
    public var step: Step
    /// Whose time ends.
    public var workspace: WorkspaceReference

    /// A workspace's time ends.
    public init(step: Step, workspace: WorkspaceReference) {
        self.step = step
        self.workspace = workspace
    }
}

/// `workspace.dispose`: a workspace must be stopped now, and erased after the hold.
public struct WorkspaceDispose: EventData {
    /// The type is `workspace.dispose`.
    public static let type = EventType.workspaceDispose
    /// Which one.
    public var workspace: WorkspaceReference
    /// Why.
    public var reason: String

    /// A request to dispose of a workspace.
    public init(workspace: WorkspaceReference, reason: String) {
        self.workspace = workspace
        self.reason = reason
    }
}

/// `workspace.released`: nothing of the workspace is left, or it is left and why.
public struct WorkspaceReleased: EventData {
    /// The type is `workspace.released`.
    public static let type = EventType.workspaceReleased
    /// Which one.
    public var workspace: WorkspaceReference
    /// Whether Coder has confirmed that it is gone.
    public var deleted: Bool
    /// Why it is left, where it is.
    public var reason: String?

    /// A release.
    public init(workspace: WorkspaceReference, deleted: Bool, reason: String? = nil) {
        self.workspace = workspace
        self.deleted = deleted
        self.reason = reason
    }
}

/// `sweep.due`: the workspaces of this installation are to be listed.
public struct SweepDue: EventData {
    /// The type is `sweep.due`.
    public static let type = EventType.sweepDue
    /// The sweep's number since the ledger was made.
    public var number: Int

    /// A sweep.
    public init(number: Int) { self.number = number }
}

/// `workspaces.seen`: what a sweep found in Coder.
public struct WorkspacesSeen: EventData {
    /// The type is `workspaces.seen`.
    public static let type = EventType.workspacesSeen
    /// One workspace with the parameters that say whose it is.
    public struct Seen: Sendable, Hashable, Codable {
        /// Which one.
        public var workspace: WorkspaceReference
        /// The incident it was made for.
        public var incidentID: String

        /// A workspace that was seen.
        public init(workspace: WorkspaceReference, incidentID: String) {
            self.workspace = workspace
            self.incidentID = incidentID
        }

        private enum CodingKeys: String, CodingKey {
            case workspace
            case incidentID = "incident_id"
        }
    }
    /// All that carry this installation's mark.
    public var workspaces: [Seen]

    /// What was seen.
    public init(workspaces: [Seen]) { self.workspaces = workspaces }
}

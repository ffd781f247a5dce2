/// How far the job of a build is (codersdk/provisionerdaemons.go).
public enum JobStatus: String, Sendable, Hashable, Decodable {
    case pending, running, succeeded, canceling, canceled, failed, unknown

    /// Reads the word; one that is not known here is ``unknown``.
    public init(from decoder: any Decoder) throws {
        self = JobStatus(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .unknown
    }

    /// Whether Coder still works on it, so that no other build of the workspace can begin.
    public var isActive: Bool { [.pending, .running, .canceling, .unknown].contains(self) }
}

/// One start, stop or delete of a workspace.
public struct Build: Sendable, Hashable {
    /// Its uuid.
    public var id: String
    /// From 1.
    public var number: Int
    /// What it does.
    public var transition: Transition
    /// `latest_build.status`, computed from job and transition alone: pending, starting, running, stopping, stopped,
    /// failed, canceling, canceled, deleting, deleted.
    public var status: String
    /// Why it was made: initiator, autostart, autostop, dormancy, or another word.
    public var reason: String
    /// Whose doing it was.
    public var initiatorName: String
    /// RFC 3339.
    public var createdAt: String
    /// The job that carries it out.
    public var job: Job
    /// The agents of its resources; none until the job has succeeded.
    public var agents: [Agent]
    /// How many provisioners could take the job, alive or not; nil where Coder does not say.
    public var matchedProvisioners: Int?

    /// The agents that are not inside another one (dev containers are).
    public var mainAgents: [Agent] { agents.filter { $0.parentID == nil } }
}

/// The job of a build.
public struct Job: Sendable, Hashable, Decodable {
    /// How far it is.
    public var status: JobStatus
    /// What failed, as `terraform apply: exit status 1`; the cause is in the build's log only.
    public var error: String?
    /// A word for the error, such as `REQUIRED_TEMPLATE_VARIABLES`.
    public var errorCode: String?
    /// Its place among the waiting jobs, from 1; 0 when it does not wait.
    public var queuePosition: Int?
    /// RFC 3339, once a provisioner has taken it.
    public var startedAt: String?
    /// RFC 3339, once it has ended.
    public var completedAt: String?

    private enum CodingKeys: String, CodingKey {
        case status, error
        case errorCode = "error_code"
        case queuePosition = "queue_position"
        case startedAt = "started_at"
        case completedAt = "completed_at"
    }
}

extension Build: Decodable {
    private enum CodingKeys: String, CodingKey {
        case id, transition, status, reason, job, resources
        case number = "build_number"
        case initiatorName = "initiator_name"
        case createdAt = "created_at"
        case matchedProvisioners = "matched_provisioners"
    }

    private struct Resource: Decodable {
        var agents: [Agent]?
    }

    private struct Provisioners: Decodable {
        var count: Int?
    }

    /// Reads Coder's JSON.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        number = try container.decode(Int.self, forKey: .number)
        transition = try container.decode(Transition.self, forKey: .transition)
        status = try container.decode(String.self, forKey: .status)
        reason = try container.decodeIfPresent(String.self, forKey: .reason) ?? ""
        initiatorName = try container.decodeIfPresent(String.self, forKey: .initiatorName) ?? ""
        createdAt = try container.decode(String.self, forKey: .createdAt)
        job = try container.decode(Job.self, forKey: .job)
        agents = try container.decodeIfPresent([Resource].self, forKey: .resources)?.flatMap { $0.agents ?? [] } ?? []
        matchedProvisioners = try container.decodeIfPresent(Provisioners.self, forKey: .matchedProvisioners)?.count
    }
}

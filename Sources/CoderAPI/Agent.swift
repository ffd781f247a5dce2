/// A workspace's agent (codersdk/workspaceagents.go).
public struct Agent: Sendable, Hashable {
    /// Its uuid.
    public var id: String
    /// Its name, `main`.
    public var name: String
    /// The agent that this one is inside of, for dev containers.
    public var parentID: String?
    /// connecting, connected, disconnected, timeout.
    public var status: String
    /// The last reported state, which a dead pod keeps.
    ///
    /// created, starting, start_timeout, start_error, ready, shutting_down, shutdown_timeout, shutdown_error, off.
    public var lifecycleState: String
    /// Coder's `health.healthy`.
    public var isHealthy: Bool
    /// Why not.
    public var healthReason: String?
    /// RFC 3339, once it has connected.
    public var firstConnectedAt: String?
    /// How much log there is; it grows only.
    public var logsLength: Int
    /// Whether the log is full, so that nothing later is kept.
    public var logsOverflowed: Bool
    /// Display names by log source id.
    public var logSources: [String: String]
    /// The display names of the scripts that run at each start.
    public var startScripts: [String]
}

extension Agent: Decodable {
    private enum CodingKeys: String, CodingKey {
        case id, name, status, health, scripts
        case parentID = "parent_id"
        case lifecycleState = "lifecycle_state"
        case firstConnectedAt = "first_connected_at"
        case logsLength = "logs_length"
        case logsOverflowed = "logs_overflowed"
        case logSources = "log_sources"
    }

    private struct Health: Decodable {
        var healthy: Bool?
        var reason: String?
    }

    private struct Source: Decodable {
        var id: String
        var displayName: String

        private enum CodingKeys: String, CodingKey {
            case id
            case displayName = "display_name"
        }
    }

    private struct Script: Decodable {
        var displayName: String
        var runsOnStart: Bool

        private enum CodingKeys: String, CodingKey {
            case displayName = "display_name"
            case runsOnStart = "run_on_start"
        }
    }

    /// Reads Coder's JSON.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        name = try container.decodeIfPresent(String.self, forKey: .name) ?? ""
        parentID = try container.decodeIfPresent(String.self, forKey: .parentID)
        status = try container.decode(String.self, forKey: .status)
        lifecycleState = try container.decode(String.self, forKey: .lifecycleState)
        let health = try container.decodeIfPresent(Health.self, forKey: .health)
        isHealthy = health?.healthy ?? true
        healthReason = health?.reason
        firstConnectedAt = try container.decodeIfPresent(String.self, forKey: .firstConnectedAt)
        logsLength = try container.decodeIfPresent(Int.self, forKey: .logsLength) ?? 0
        logsOverflowed = try container.decodeIfPresent(Bool.self, forKey: .logsOverflowed) ?? false
        let sources = try container.decodeIfPresent([Source].self, forKey: .logSources) ?? []
        logSources = Dictionary(sources.map { ($0.id, $0.displayName) }, uniquingKeysWith: { $1 })
        let scripts = try container.decodeIfPresent([Script].self, forKey: .scripts) ?? []
        startScripts = scripts.filter(\.runsOnStart).map(\.displayName)
    }
}

/// How one script ran: only its first run in a build is told (coderd/workspacebuilds.go buildTimings).
public struct ScriptTiming: Sendable, Hashable, Decodable {
    /// RFC 3339, by the pod's clock.
    public var startedAt: String
    /// RFC 3339, by the pod's clock.
    public var endedAt: String
    /// 255 where the script had no exit status, -1 where a signal ended it.
    public var exitCode: Int
    /// start, stop, cron.
    public var stage: String
    /// ok, exit_failure, timed_out, pipes_left_open.
    public var status: String
    /// The script.
    public var displayName: String
    /// The agent that ran it.
    public var agentID: String

    private enum CodingKeys: String, CodingKey {
        case stage, status
        case startedAt = "started_at"
        case endedAt = "ended_at"
        case exitCode = "exit_code"
        case displayName = "display_name"
        case agentID = "workspace_agent_id"
    }
}

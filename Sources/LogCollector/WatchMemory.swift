import CoderAPI

/// The limits that a watch judges by.
struct WatchLimits: Sendable, Equatable {
    /// From the creation until the agents have connected.
    var provision: Duration
    /// How long the script may run; zero is no limit.
    var timeout: Duration
    /// Added to `timeout`.
    var timeoutMargin: Duration
    /// How long an agent may be disconnected.
    var disconnected: Duration
    /// How long an exit code is waited for.
    var exitCode: Duration

    init(provision: Duration, timeout: Duration, _ configuration: LogCollectorConfiguration) {
        self.provision = provision
        self.timeout = timeout
        timeoutMargin = configuration.timeoutMargin
        disconnected = configuration.disconnectedPatience
        exitCode = configuration.exitCodePatience
    }
}

/// How the scripts of a start ended, as the agents reported it.
enum ScriptEnd: Sendable, Equatable {
    case ready, startError, startTimeout

    /// nil while a script still runs, and where the agent reports anything else.
    init?(lifecycleState: String) {
        switch lifecycleState {
        case "ready": self = .ready
        case "start_error": self = .startError
        case "start_timeout": self = .startTimeout
        default: return nil
        }
    }

    /// That of all agents together; nil while one of them has not ended.
    init?(_ agents: [Agent]) {
        let ends = agents.map { ScriptEnd(lifecycleState: $0.lifecycleState) }
        guard !ends.isEmpty, ends.allSatisfy({ $0 != nil }) else { return nil }
        self = ends.contains(.startError) ? .startError : ends.contains(.startTimeout) ? .startTimeout : .ready
    }
}

/// What a watch must remember of earlier looks.
///
/// All times count from the workspace's creation.
struct WatchMemory: Equatable {
    /// How the scripts of the start ended that is followed, and when that was first seen.
    struct End: Equatable {
        var end: ScriptEnd
        var since: Duration
        /// Of each agent how many scripts ran.
        var scripts: [String: Int]
    }

    /// The start build that is followed; a newer one begins anew.
    private(set) var buildID: String?
    /// When all agents had first been seen connected.
    private(set) var runningSince: Duration?
    /// Since when an agent has been disconnected.
    private(set) var lostSince: Duration?
    /// The scripts' end.
    private(set) var ended: End?
    /// Since when Coder has said that there is no such workspace.
    private(set) var unknownSince: Duration?

    /// Takes a look in.
    mutating func note(_ workspace: Workspace, at time: Duration) {
        unknownSince = nil
        let build = workspace.latestBuild
        guard build.transition == .start else { return }
        if build.id != buildID { self = WatchMemory(buildID: build.id) }
        let agents = build.mainAgents
        guard build.job.status == .succeeded, !agents.isEmpty else { return }
        if runningSince == nil, agents.allSatisfy(\.hasConnected) { runningSince = time }
        lostSince = agents.contains { $0.status == "disconnected" } ? lostSince ?? time : nil
        // An agent that restarts runs its scripts again; the end of their first run stays what it was.
        if ended == nil, let end = ScriptEnd(agents) {
            let scripts = Dictionary(agents.map { ($0.id, $0.startScripts.count) }, uniquingKeysWith: { $1 })
            ended = End(end: end, since: time, scripts: scripts)
        }
    }

    /// Takes in that Coder says that there is no such workspace.
    mutating func noteUnknown(at time: Duration) { unknownSince = unknownSince ?? time }

    init() {}

    private init(buildID: String) { self.buildID = buildID }
}

extension Agent {
    /// Whether it has ever been there.
    var hasConnected: Bool { firstConnectedAt != nil || status == "connected" || status == "disconnected" }
}

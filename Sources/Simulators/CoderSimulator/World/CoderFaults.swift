import SimulatorKit

/// When the exit code of a script can be read.
enum TimingsMode: String, Codable, Sendable, CaseIterable {
    case now, late, never
}

/// How the imitated Coder is set up and what goes wrong in it; the body of `GET` and `PATCH /_simulator/faults`.
struct CoderFaults: Codable, Equatable, Sendable {
    /// How long a build takes once a provisioner has it.
    var buildTime: Delay
    /// How long an agent takes from the end of the build to its first connection.
    var agentTime: Delay
    /// How many builds run at once.
    var builders: Int
    /// Requests a minute for each client address and path; 0 is no limit.
    var rateLimit: Int
    /// How long a script seems to run where none is run; counts for those that start from now on.
    var scriptTime = Delay.none
    /// How many scripts run at once; 0 is no limit.
    ///
    /// A cluster has room for so many pods: agents beyond that connect later.
    var scriptsAtOnce = 32
    /// How often an agent sends the lines its script has written.
    var logInterval: Delay
    /// Start builds end with a Terraform error.
    var failBuild = false
    /// Agents do not connect.
    var noAgent = false
    /// Each agent restarts once, `restartAfter` its first connection, and runs its script again.
    var restartAgent = false
    var restartAfter = Delay.after(.milliseconds(200))
    /// When script timings can be read: at once, `timingsDelay` later, or never.
    var timings = TimingsMode.now
    var timingsDelay = Delay.after(.seconds(2))
    /// Seconds until an agent that has not connected counts as `timeout`.
    var connectionTimeout = 120
    /// So many lines of noise in the log of every build.
    var buildLogLines = 0
    /// What happens to requests and answers.
    var answers = AnswerFaults()

    private enum CodingKeys: String, CodingKey {
        case buildTime = "build_time"
        case agentTime = "agent_time"
        case builders
        case rateLimit = "rate_limit"
        case scriptTime = "script_time"
        case scriptsAtOnce = "scripts_at_once"
        case logInterval = "log_interval"
        case failBuild = "fail_build"
        case noAgent = "no_agent"
        case restartAgent = "restart_agent"
        case restartAfter = "restart_after"
        case timings
        case timingsDelay = "timings_delay"
        case connectionTimeout = "connection_timeout"
        case buildLogLines = "build_log_lines"
    }

    /// Quick, many builders, no rate limit: for a run on one machine.
    static let fast = CoderFaults(
        buildTime: .after(.milliseconds(200)),
        agentTime: .after(.milliseconds(100)),
        builders: 16,
        rateLimit: 0,
        logInterval: .after(.milliseconds(50))
    )

    /// Coder's own limits.
    static let coder = CoderFaults(
        buildTime: .after(.seconds(5)),
        agentTime: .after(.seconds(1)),
        builders: 3,
        rateLimit: 512,
        logInterval: .after(.seconds(1))
    )

    private init(buildTime: Delay, agentTime: Delay, builders: Int, rateLimit: Int, logInterval: Delay) {
        self.buildTime = buildTime
        self.agentTime = agentTime
        self.builders = builders
        self.rateLimit = rateLimit
        self.logInterval = logInterval
    }

    /// Reads the members of `answers` from beside the others.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        buildTime = try container.decode(Delay.self, forKey: .buildTime)
        agentTime = try container.decode(Delay.self, forKey: .agentTime)
        builders = try container.decode(Int.self, forKey: .builders)
        rateLimit = try container.decode(Int.self, forKey: .rateLimit)
        scriptTime = try container.decode(Delay.self, forKey: .scriptTime)
        scriptsAtOnce = try container.decode(Int.self, forKey: .scriptsAtOnce)
        logInterval = try container.decode(Delay.self, forKey: .logInterval)
        failBuild = try container.decode(Bool.self, forKey: .failBuild)
        noAgent = try container.decode(Bool.self, forKey: .noAgent)
        restartAgent = try container.decode(Bool.self, forKey: .restartAgent)
        restartAfter = try container.decode(Delay.self, forKey: .restartAfter)
        timings = try container.decode(TimingsMode.self, forKey: .timings)
        timingsDelay = try container.decode(Delay.self, forKey: .timingsDelay)
        connectionTimeout = try container.decode(Int.self, forKey: .connectionTimeout)
        buildLogLines = try container.decode(Int.self, forKey: .buildLogLines)
        answers = try AnswerFaults(from: decoder)
    }

    /// Writes the members of `answers` beside the others.
    func encode(to encoder: any Encoder) throws {
        try answers.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(buildTime, forKey: .buildTime)
        try container.encode(agentTime, forKey: .agentTime)
        try container.encode(builders, forKey: .builders)
        try container.encode(rateLimit, forKey: .rateLimit)
        try container.encode(scriptTime, forKey: .scriptTime)
        try container.encode(scriptsAtOnce, forKey: .scriptsAtOnce)
        try container.encode(logInterval, forKey: .logInterval)
        try container.encode(failBuild, forKey: .failBuild)
        try container.encode(noAgent, forKey: .noAgent)
        try container.encode(restartAgent, forKey: .restartAgent)
        try container.encode(restartAfter, forKey: .restartAfter)
        try container.encode(timings, forKey: .timings)
        try container.encode(timingsDelay, forKey: .timingsDelay)
        try container.encode(connectionTimeout, forKey: .connectionTimeout)
        try container.encode(buildLogLines, forKey: .buildLogLines)
    }

    /// What is wrong with the values, as sentences; empty where nothing is.
    var problems: [String] {
        var problems = answers.problems
        if builders < 0 { problems.append("builders must not be negative") }
        if scriptsAtOnce < 0 { problems.append("scripts_at_once must not be negative; 0 is no limit") }
        if rateLimit < 0 { problems.append("rate_limit must not be negative; 0 is no limit") }
        if !(0...86_400).contains(connectionTimeout) { problems.append("connection_timeout must be from 0 to 86400") }
        if !(0...1_000_000).contains(buildLogLines) { problems.append("build_log_lines must be from 0 to 1000000") }
        if logInterval == .never { problems.append("log_interval must be a duration") }
        return problems
    }
}

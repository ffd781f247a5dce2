/// How a script ended, in the terms of agent/agentscripts/agentscripts.go.
enum ScriptOutcome: Equatable, Sendable {
    case exited(Int)
    /// Killed by a signal; reported with exit code -1.
    case signaled
    case timedOut
    /// It exited, but a process it left behind held its output open for more than ten seconds.
    case pipesLeftOpen
    /// It could not be started.
    case notStarted

    /// 255 where there is no exit status of the script's own.
    var exitCode: Int {
        switch self {
        case .exited(let code): code
        case .signaled: -1
        case .timedOut, .pipesLeftOpen, .notStarted: 255
        }
    }

    /// The word of the timings.
    var status: String {
        switch self {
        case .exited(0): "ok"
        case .exited, .signaled, .notStarted: "exit_failure"
        case .timedOut: "timed_out"
        case .pipesLeftOpen: "pipes_left_open"
        }
    }

    /// The lifecycle that the agent reports after it.
    var lifecycle: AgentLifecycle {
        switch self {
        case .exited(0): .ready
        case .timedOut: .startTimeout
        default: .startError
        }
    }
}

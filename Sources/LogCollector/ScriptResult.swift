import CoderAPI

/// How the start scripts of a workspace ended, from the timings that the agents reported.
enum ScriptResult: Equatable {
    /// All ended with 0.
    case succeeded
    /// All ended with 0, but one left a process behind that kept its output open (agent/agentscripts: ErrOutputPipesOpen).
    case leftPipesOpen
    /// One ended with another code; -1 where a signal ended it, nil where it had no exit status.
    case failed(exitCode: Int?)
    /// One found the mark of an earlier run.
    case interrupted
    /// One ran into its own time limit.
    case timedOut

    /// What the template's wrapper exits with where it finds its run-once mark.
    static let markFound = 75
    /// What agents report where there is no exit status (agent/agentscripts/agentscripts.go).
    private static let noStatus = 255

    /// The worst of all start scripts; nil where none is reported.
    init?(_ timings: [ScriptTiming]) {
        let results = timings.filter { $0.stage == "start" }.map(Self.one)
        guard let worst = results.max(by: { $0.badness < $1.badness }) else { return nil }
        self = worst
    }

    private static func one(_ timing: ScriptTiming) -> ScriptResult {
        switch timing.status {
        case "timed_out": return .timedOut
        // Go reports open pipes only where the process itself ended with 0 (os/exec ErrWaitDelay).
        case "pipes_left_open": return .leftPipesOpen
        case "ok": return .succeeded
        default:
            if timing.exitCode == 0 { return .succeeded }
            if timing.exitCode == markFound { return .interrupted }
            return .failed(exitCode: timing.exitCode == noStatus ? nil : timing.exitCode)
        }
    }

    private var badness: Int {
        switch self {
        case .succeeded: 0
        case .leftPipesOpen: 1
        case .timedOut: 2
        case .failed: 3
        case .interrupted: 4
        }
    }
}

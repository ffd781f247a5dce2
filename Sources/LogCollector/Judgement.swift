import CoderAPI
import Messages

/// What a look at a workspace means.
enum Judgement: Equatable {
    /// It goes on.
    case goOn
    /// The scripts have ended: ask for their exit codes.
    case readTimings
    /// It has ended like this.
    case finish(Finding)
}

/// What has been reported of the scripts.
struct ScriptReports: Equatable {
    var timings: [ScriptTiming] = []
    /// When they were last read with success, since the workspace's creation.
    var readAt: Duration?
}

/// How a remediation ended, before the logs are quoted.
struct Finding: Equatable {
    var verdict: Verdict
    var exitCode: Int?
    var diagnosis: Diagnosis?
    /// The start build that failed: its log says why.
    var failedBuild: Build?
    /// Whether scripts ended, so that their last lines may still be on their way.
    var awaitsLines = false
}

extension Judgement {
    /// Judges a look; `memory` has taken it in already.
    ///
    /// - Parameters:
    ///   - workspace: What Coder shows.
    ///   - reports: What has been reported of the scripts so far.
    ///   - memory: What earlier looks showed.
    ///   - limits: How long things may take.
    ///   - time: Since the workspace's creation.
    init(
        _ workspace: Workspace,
        reports: ScriptReports,
        memory: WatchMemory,
        limits: WatchLimits,
        at time: Duration
    ) {
        let build = workspace.latestBuild
        if let ended = memory.ended {
            self = Self.afterEnd(ended, reports, stillThere: build.transition == .start, limits)
        } else if build.transition != .start {
            self = .finish(.ended(by: build))
        } else if build.job.status.isActive {
            self = time > limits.provision ? .finish(.slowBuild(build, after: limits.provision)) : .goOn
        } else if build.job.status != .succeeded {
            self = .finish(
                Finding(verdict: .provisioningFailed, failedBuild: build)
            )
        } else {
            self = Self.whileRunning(build.mainAgents, memory, limits, time)
        }
    }

    private static func whileRunning(
        _ agents: [Agent],
        _ memory: WatchMemory,
        _ limits: WatchLimits,
        _ time: Duration
    ) -> Judgement {
        guard !agents.isEmpty else { return .finish(.noAgent) }
        if let absent = agents.first(where: { !$0.hasConnected }) {
            return time > limits.provision ? .finish(.neverConnected(absent, after: limits.provision)) : .goOn
        }
        if let since = memory.lostSince, time - since >= limits.disconnected,
            let lost = agents.first(where: { $0.status == "disconnected" })
        {
            return .finish(.disconnected(lost, for: time - since))
        }
        if limits.timeout > .zero, let since = memory.runningSince,
            time - since > limits.timeout + limits.timeoutMargin
        {
            return .finish(.overdue(agents[0], limit: limits.timeout))
        }
        return .goOn
    }

    private static func afterEnd(
        _ ended: WatchMemory.End,
        _ reports: ScriptReports,
        stillThere: Bool,
        _ limits: WatchLimits
    ) -> Judgement {
        let scripts = ended.scripts.values.reduce(0, +)
        guard scripts > 0 else { return .finish(.noScript) }
        let isComplete = ended.scripts.allSatisfy { agent, count in
            reports.timings.count { $0.agentID == agent && $0.stage == "start" } >= count
        }
        // The time in which they cannot be read does not count. A workspace that somebody has stopped reports no more.
        let isOver = reports.readAt.map { $0 - ended.since >= limits.exitCode || !stillThere } ?? false
        guard isComplete || isOver else { return .readTimings }
        guard let result = ScriptResult(reports.timings), isComplete || result != .succeeded || ended.end == .ready
        else {
            return .finish(.byLifecycle(ended.end))
        }
        return .finish(.byExitCode(result, isComplete: isComplete))
    }
}

import Foundation
import SimulatorKit

extension World {
    /// The build has succeeded: its agent exists now, but has not connected.
    mutating func addAgent(to id: UUID, now: Timestamp) {
        guard let build = builds[id] else { return }
        let agent = Agent(
            id: newID(),
            sourceID: newID(),
            scriptID: newID(),
            createdAt: now,
            connectionTimeout: faults.connectionTimeout,
            scriptTimeout: max(0, Int(build.parameter("timeout_seconds") ?? "") ?? 0)
        )
        let ttl = workspaces[build.workspaceID]?.ttlMilliseconds
        let deadline = ttl.map { now.adding(.milliseconds($0)) }
        change(id, at: now) {
            $0.agent = agent
            $0.deadline = deadline
        }
        index(agent: agent.id, of: id)
        if let ttl { plan(.deadline(build: id), after: .after(.milliseconds(ttl)), from: now) }
        if faults.agentTime == .never { change(id, at: now) { $0.agent?.isHeldBack = true } }
        plan(.agentConnects(build: id), after: faults.agentTime, from: now)
        if faults.connectionTimeout > 0 {
            plan(.agentOverdue(build: id), after: .after(.seconds(faults.connectionTimeout)), from: now)
        }
    }

    /// The agent connects, for the first time or after a restart, and starts its script.
    mutating func connectAgent(_ id: UUID, at now: Timestamp) {
        guard let build = builds[id], let agent = build.agent, isCurrent(build),
            agent.firstConnectedAt == nil || agent.disconnectedAt != nil
        else { return }
        if faults.noAgent {
            change(id, at: now) { $0.agent?.isHeldBack = true }
            return
        }
        if runsScripts, faults.scriptsAtOnce > 0, runs.count >= faults.scriptsAtOnce {
            waiting.append(id)
            return
        }
        let isFirst = agent.firstConnectedAt == nil
        let run = newID()
        change(id, at: now) {
            $0.agent?.isHeldBack = false
            $0.agent?.firstConnectedAt = agent.firstConnectedAt ?? now
            $0.agent?.connectedAt = now
            $0.agent?.disconnectedAt = nil
            $0.agent?.startedAt = now
            $0.agent?.readyAt = nil
            $0.agent?.lifecycle = .starting
            $0.agent?.run = run
            $0.agent?.runStartedAt = now
        }
        count(id) { $0.scriptStarts += 1 }
        if isFirst, faults.restartAgent { plan(.agentRestarts(build: id), after: faults.restartAfter, from: now) }
        guard runsScripts else {
            appendLog(run: run, of: id, lines: [(.info, "scripts are off: nothing was run")], now: now)
            seemToRun(run, of: id, now: now)
            return
        }
        runs.insert(run)
        effect(.startScript(scriptRun(run, of: build, agent: agent)))
    }

    /// A script without a process ends at once, or when its time is over; as a real one, only where its pod is there still.
    private mutating func seemToRun(_ run: UUID, of id: UUID, now: Timestamp) {
        guard !faults.scriptTime.isNone else { return endScript(run: run, of: id, outcome: .exited(0), now: now) }
        plan(.scriptEnds(build: id, run: run), after: faults.scriptTime, from: now)
    }

    private func scriptRun(_ run: UUID, of build: Build, agent: Agent) -> ScriptRun {
        var environment: [String: String] = [:]
        for parameter in build.parameters { environment[parameter.name.uppercased()] = parameter.value }
        let interval = if case .after(let duration) = faults.logInterval { duration } else { Duration.zero }
        return ScriptRun(
            id: run,
            workspaceID: build.workspaceID,
            buildID: build.id,
            environment: environment,
            timeout: agent.scriptTimeout > 0 ? .seconds(agent.scriptTimeout) : nil,
            logInterval: interval
        )
    }

    /// A script runs no more: there is room for the next.
    private mutating func release(run: UUID, now: Timestamp) {
        guard runs.remove(run) != nil else { return }
        connectWaiting(now: now)
    }

    private mutating func connectWaiting(now: Timestamp) {
        while !waiting.isEmpty, faults.scriptsAtOnce == 0 || runs.count < faults.scriptsAtOnce {
            connectAgent(waiting.removeFirst(), at: now)
        }
    }

    /// Lines of a script have arrived.
    ///
    /// Lines of a run whose pod is gone are lost with it.
    mutating func appendLog(run: UUID, of id: UUID, lines: [(level: LogLevel, output: String)], now: Timestamp) {
        guard let build = builds[id], build.agent?.disconnectedAt == nil, build.agent?.run == run else { return }
        let batch = lines.map { line in
            AgentLogLine(id: newLogID(), at: now, level: line.level, output: LogLimit.stored(line.output))
        }
        change(id, at: now) { $0.agent?.log.append(batch) }
    }

    /// A script has ended: the lifecycle is reported now, the exit code when the faults say.
    mutating func endScript(run: UUID, of id: UUID, outcome: ScriptOutcome, now: Timestamp) {
        guard let build = builds[id], let agent = build.agent, agent.run == run, agent.disconnectedAt == nil,
            let startedAt = agent.runStartedAt, agent.readyAt == nil
        else { return }
        change(id, at: now) {
            $0.agent?.lifecycle = outcome.lifecycle
            $0.agent?.readyAt = now
        }
        count(id) { $0.scriptEndedAt = now }
        release(run: run, now: now)
        let timing = ScriptTiming(startedAt: startedAt, endedAt: now, outcome: outcome)
        switch faults.timings {
        case .now: change(id, at: now) { $0.scriptTimings.append(timing) }
        case .late: plan(.timingArrives(build: id, timing), after: faults.timingsDelay, from: now)
        case .never: break
        }
    }

    /// The pod dies: the script with it, and no report is sent.
    ///
    /// The last reported lifecycle stays.
    mutating func endAgent(of workspace: UUID, now: Timestamp) {
        for id in workspaces[workspace]?.builds ?? [] {
            guard let agent = builds[id]?.agent, agent.firstConnectedAt != nil, agent.disconnectedAt == nil else {
                continue
            }
            change(id, at: now) { $0.agent?.disconnectedAt = now }
            if let run = agent.run { release(run: run, now: now) }
        }
        effect(.killScripts(workspace: workspace))
    }

    /// The pod dies and is made anew: the agent comes back and runs its script again.
    mutating func restartAgent(of workspaceID: UUID, now: Timestamp) throws(APIError) {
        let workspace = try workspace(workspaceID)
        guard let build = latestBuild(of: workspace), let agent = build.agent, agent.firstConnectedAt != nil else {
            throw APIError(409, "The workspace has no agent that has connected.")
        }
        endAgent(of: workspaceID, now: now)
        change(build.id, at: now) { $0.agent?.restarts += 1 }
        plan(.agentConnects(build: build.id), after: faults.agentTime, from: now)
    }

    /// The pod dies and stays away.
    mutating func loseAgent(of workspaceID: UUID, now: Timestamp) throws(APIError) {
        guard let build = latestBuild(of: try workspace(workspaceID)), build.agent?.firstConnectedAt != nil else {
            throw APIError(409, "The workspace has no agent that has connected.")
        }
        endAgent(of: workspaceID, now: now)
    }

    mutating func restartAgentIfStillThere(_ id: UUID, at now: Timestamp) {
        guard let build = builds[id], isCurrent(build), build.agent?.restarts == 0 else { return }
        try? restartAgent(of: build.workspaceID, now: now)
    }

    /// New faults are in force: what was stuck goes on, agents that were held back connect, builders that were added
    /// take work.
    mutating func faultsChanged(now: Timestamp) {
        releaseStuck(now: now)
        assignBuilders(now: now)
        connectWaiting(now: now)
        guard !faults.noAgent, faults.agentTime != .never else { return }
        for (id, build) in builds where build.agent?.isHeldBack == true {
            change(id, at: now) { $0.agent?.isHeldBack = false }
            plan(.agentConnects(build: id), after: faults.agentTime, from: now)
        }
    }

    /// Whether a build is its workspace's last one, so that its pod is there.
    private func isCurrent(_ build: Build) -> Bool {
        guard let workspace = workspaces[build.workspaceID] else { return false }
        return workspace.deletedAt == nil && workspace.builds.last == build.id
    }
}

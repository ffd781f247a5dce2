import CoderAPI
import Messages

/// What `/status` shows of a workspace, and when a change of it is worth an event.
struct ShownState {
    /// How long a mere move in the queue is kept back: a long queue moves with every build that ends.
    static let queueEvery = Duration.seconds(10)

    private var last: WorkspaceChanged?
    private var toldAt = Duration.zero

    /// The event for a look; nil where it shows nothing new.
    mutating func change(_ workspace: Workspace, at time: Duration) -> WorkspaceChanged? {
        let shown = Self.state(of: workspace)
        if var last {
            if last == shown { return nil }
            last.queuePosition = shown.queuePosition
            if last == shown && time - toldAt < Self.queueEvery { return nil }
        }
        last = shown
        toldAt = time
        return shown
    }

    /// The state as Coder shows it; of several agents that of the one that is behind.
    static func state(of workspace: Workspace) -> WorkspaceChanged {
        let build = workspace.latestBuild
        let agents = build.mainAgents
        let agent =
            agents.first { !$0.isHealthy } ?? agents.first { $0.status != "connected" }
            ?? agents.first { ScriptEnd(lifecycleState: $0.lifecycleState) == nil } ?? agents.first
        let place = build.job.queuePosition ?? 0
        return WorkspaceChanged(
            buildStatus: build.status,
            queuePosition: build.job.status == .pending && place > 0 ? place : nil,
            agentStatus: agent?.status,
            lifecycleState: agent?.lifecycleState,
            healthy: workspace.isHealthy,
            healthReason: agent?.healthReason.flatMap { $0.isEmpty ? nil : $0 }
        )
    }
}

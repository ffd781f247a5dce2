import Foundation
import SimulatorKit

/// A name and a value: always text, as in Coder.
struct Parameter: Equatable, Sendable {
    let name: String
    let value: String
}

/// A provisioner's work for one build.
struct Job: Sendable {
    let id: UUID
    let createdAt: Timestamp
    var startedAt: Timestamp?
    var completedAt: Timestamp?
    var canceledAt: Timestamp?
    var error: String?
    var workerID: UUID?

    var status: JobStatus {
        JobStatus(
            started: startedAt != nil,
            completed: completedAt != nil,
            canceled: canceledAt != nil,
            error: error != nil
        )
    }
}

/// One start, stop or delete of a workspace.
struct Build: Sendable {
    let id: UUID
    let workspaceID: UUID
    let number: Int
    let transition: Transition
    let reason: String
    let createdAt: Timestamp
    let parameters: [Parameter]
    let resourceID: UUID
    var job: Job
    var log = BuildLog()
    /// Set when the job of a start build succeeds; before that a build has no resources.
    var agent: Agent?
    var scriptTimings: [ScriptTiming] = []
    /// When the workspace stops by itself.
    var deadline: Timestamp?

    var status: String { job.status.workspaceStatus(transition) }

    func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }
}

/// One run of a script, as the agent reported it.
struct ScriptTiming: Equatable, Sendable {
    let startedAt: Timestamp
    let endedAt: Timestamp
    let outcome: ScriptOutcome
}

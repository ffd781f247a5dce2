/// What a build does with its workspace.
enum Transition: String, Sendable, CaseIterable {
    case start, stop, delete
}

/// How far a build's job is.
///
/// Coder derives it from the job's times and error and stores no status of its own.
enum JobStatus: String, Sendable, CaseIterable {
    case pending, running, succeeded, canceling, canceled, failed

    /// The rule of Coder's `provisioner_job_status` column (dump.sql).
    init(started: Bool, completed: Bool, canceled: Bool, error: Bool) {
        if completed {
            self = error ? .failed : canceled ? .canceled : .succeeded
        } else if error {
            self = .failed
        } else if canceled {
            self = .canceling
        } else {
            self = started ? .running : .pending
        }
    }

    /// Whether a second build has to wait for this one.
    var isActive: Bool { self == .pending || self == .running || self == .canceling }

    /// The word of `latest_build.status`: from the job and the transition alone, the agent plays no part
    /// (codersdk/provisionerdaemons.go ConvertWorkspaceStatus).
    func workspaceStatus(_ transition: Transition) -> String {
        switch (self, transition) {
        case (.running, .start): "starting"
        case (.running, .stop): "stopping"
        case (.running, .delete): "deleting"
        case (.succeeded, .start): "running"
        case (.succeeded, .stop): "stopped"
        case (.succeeded, .delete): "deleted"
        default: rawValue
        }
    }
}

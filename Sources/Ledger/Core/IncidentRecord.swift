public import Messages

/// Where an incident is, as the API tells it.
public enum IncidentState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Not decided yet.
    case waiting
    /// Approved; its workspace is being made.
    case provisioning
    /// The workspace's agent has begun.
    case running
    /// There is a verdict.
    case finished
    /// A machine may not deal with it.
    case declined
    /// Cancelled by a person, or resolved before work began.
    case cancelled

    /// Whether nothing more will be remediated.
    public var isTerminal: Bool { self == .finished || self == .declined || self == .cancelled }
}

/// An end that was asked for and has not taken effect yet.
public struct PendingEnd: Sendable, Hashable, Codable {
    /// Why it shall end.
    public enum Cause: String, Sendable, Hashable, Codable {
        /// A person asked.
        case operatorCancel = "operator"
        /// The deadline passed.
        case deadline
        /// A stage gave up.
        case exhausted
        /// The alert resolved before work began.
        case resolved
        /// A stage has come to a verdict, but something may still run.
        case judged
    }
    /// Why it shall end.
    public var cause: Cause
    /// Who asked: a person's name, `ledger`.
    public var by: String
    /// In a sentence.
    public var reason: String
    /// If it has not taken effect by then, the verdict is `unknown`.
    public var graceEnds: Timestamp
    /// Whether the stop of the workspace has been asked for.
    public var stopAsked: Bool
    /// The stage's verdict, where there is one that waits for the stop.
    public var judgement: RemediationFinished?

    private enum CodingKeys: String, CodingKey {
        case cause, by, reason, judgement
        case graceEnds = "grace_ends"
        case stopAsked = "stop_asked"
    }
}

/// What the core knows of one incident.
///
/// Its description, plan and timeline stay in the store.
public struct IncidentRecord: Sendable, Hashable, Codable {
    /// The incident's id.
    public var id: String
    /// The service it is about.
    public var service: String
    /// Its severity.
    public var severity: String
    /// 1 for the first remediation, one more for each retry asked for by a person.
    public var operatorAttempt: Int
    /// Where it is.
    public var state: IncidentState
    /// How it ended.
    public var verdict: Verdict?
    /// The script's exit code.
    public var exitCode: Int?
    /// When it was accepted.
    public var acceptedAt: Timestamp
    /// When a person last asked for another attempt.
    public var retriedAt: Timestamp?
    /// When there was a verdict, or it was declined.
    public var finishedAt: Timestamp?
    /// When there must be a verdict.
    public var deadline: Timestamp
    /// The plan's playbook and template, once there is one.
    public var playbook: String?
    /// The plan's template.
    public var template: String?
    /// The workspace whose creation was settled first.
    public var workspace: WorkspaceReference?
    /// Its state as Coder last showed it.
    public var workspaceState: WorkspaceChanged?
    /// Whether it was stopped or is gone.
    public var workspaceEnded: Bool
    /// Further workspaces that were disposed of, so that each is disposed of once.
    public var disposed: [String]
    /// When the latest right to create this incident's workspace ends: nothing is erased before this and the hold.
    public var creationRightEnds: Timestamp?
    /// An end that has not taken effect yet.
    public var pendingEnd: PendingEnd?
    /// Whether a report could not be delivered.
    public var unreported: Bool
    /// Why it failed, where it did.
    public var diagnosis: Diagnosis?
    /// W3C trace context of the request that brought it.
    public var traceparent: String
    /// Whether it came with a token; erased with the verdict, so that a retry must bring it again.
    public var carriesToken: Bool

    private enum CodingKeys: String, CodingKey {
        case id, service, severity, state, verdict, deadline, playbook, template, workspace, disposed, unreported
        case diagnosis, traceparent
        case operatorAttempt = "operator_attempt"
        case exitCode = "exit_code"
        case acceptedAt = "accepted_at"
        case retriedAt = "retried_at"
        case finishedAt = "finished_at"
        case workspaceState = "workspace_state"
        case workspaceEnded = "workspace_ended"
        case creationRightEnds = "creation_right_ends"
        case pendingEnd = "pending_end"
        case carriesToken = "carries_token"
    }
    /// When the present attempt began: its deadline and its duration count from then.
    public var attemptBeganAt: Timestamp { retriedAt ?? acceptedAt }
}

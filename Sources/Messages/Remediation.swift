/// How a remediation ended.
public enum Verdict: String, Sendable, Hashable, Codable, CaseIterable {
    /// The script ended with 0.
    case succeeded
    /// The script ended with another exit code.
    case scriptFailed = "script_failed"
    /// The script ran longer than its playbook allows.
    case scriptTimedOut = "script_timed_out"
    /// There was no workspace to run it in.
    case provisioningFailed = "provisioning_failed"
    /// The workspace's agent never connected, or was lost.
    case agentUnreachable = "agent_unreachable"
    /// The workspace vanished or was stopped by somebody else.
    case workspaceLost = "workspace_lost"
    /// The incident's deadline passed first.
    case deadlineExceeded = "deadline_exceeded"
    /// A person cancelled it, or the alert resolved before work began.
    case cancelled
    /// What happened cannot be known.
    case unknown
}

/// Why a remediation did not succeed: one sentence that a tired person can act on, and what it rests on.
public struct Diagnosis: Sendable, Hashable, Codable {
    /// The sentence.
    public var summary: String
    /// Error-level log lines, the agent's state, answers of Coder.
    public var evidence: [String]

    /// A diagnosis.
    public init(summary: String, evidence: [String] = []) {
        self.summary = summary
        self.evidence = evidence
    }
}

/// `remediation.finished`: the verdict of one attempt.
public struct RemediationFinished: EventData {
    /// The type is `remediation.finished`.
    public static let type = EventType.remediationFinished
    /// How it ended.
    public var verdict: Verdict
    /// The script's exit code, where Coder told it.
    public var exitCode: Int?
    /// Why, in every case but success.
    public var diagnosis: Diagnosis?
    /// Seconds from creation until the agent was ready for the script, where that was seen.
    public var provisionSeconds: Double?
    /// Seconds that the script ran, where that was seen.
    public var runSeconds: Double?
    /// The script's last lines, secrets masked.
    public var lastLines: [String]
    /// The workspace, where there is one.
    public var workspace: WorkspaceReference?

    /// A verdict.
    public init(
        verdict: Verdict,
        exitCode: Int? = nil,
        diagnosis: Diagnosis? = nil,
        provisionSeconds: Double? = nil,
        runSeconds: Double? = nil,
        lastLines: [String] = [],
        workspace: WorkspaceReference? = nil
    ) {
        self.verdict = verdict
        self.exitCode = exitCode
        self.diagnosis = diagnosis
        self.provisionSeconds = provisionSeconds
        self.runSeconds = runSeconds
        self.lastLines = lastLines
        self.workspace = workspace
    }

    private enum CodingKeys: String, CodingKey {
        case verdict, diagnosis, workspace
        case exitCode = "exit_code"
        case provisionSeconds = "provision_s"
        case runSeconds = "run_s"
        case lastLines = "last_lines"
    }
}

/// One line of a build's or an agent's log.
public struct LogLine: Sendable, Hashable, Codable {
    /// Which log, `build/<build id>` or `agent/<agent id>`; with ``line`` it names the line.
    public var log: String
    /// Coder's id of the line, ascending within its log.
    public var line: Int64
    /// When Coder stored it.
    public var time: Timestamp
    /// trace, debug, info, warn or error.
    public var level: String
    /// Who wrote it: the build's stage or the script's display name.
    public var source: String
    /// The text, secrets masked.
    public var text: String

    /// A line.
    public init(log: String, line: Int64, time: Timestamp, level: String, source: String, text: String) {
        self.log = log
        self.line = line
        self.time = time
        self.level = level
        self.source = source
        self.text = text
    }
}

/// `log.appended`: up to ``maximumLines`` lines for the ledger's log store.
public struct LogAppended: EventData {
    /// The type is `log.appended`.
    public static let type = EventType.logAppended
    /// The most lines that one event may carry.
    public static let maximumLines = 200
    /// The lines; one that is known already is ignored.
    public var lines: [LogLine]

    /// Lines.
    public init(lines: [LogLine]) { self.lines = lines }
}

/// `delivery.exhausted`: a stage gave up on a delivery.
public struct DeliveryExhausted: EventData {
    /// The type is `delivery.exhausted`.
    public static let type = EventType.deliveryExhausted
    /// Which stage.
    public var stage: String
    /// Which event it could not deal with.
    public var event: EventType
    /// How often it failed.
    public var failures: Int
    /// The last error.
    public var lastError: String
    /// The workspace that may exist and must be stopped, where that is so.
    public var workspace: WorkspaceReference?

    /// An exhausted delivery.
    public init(
        stage: String,
        event: EventType,
        failures: Int,
        lastError: String,
        workspace: WorkspaceReference? = nil
    ) {
        self.stage = stage
        self.event = event
        self.failures = failures
        self.lastError = lastError
        self.workspace = workspace
    }

    private enum CodingKeys: String, CodingKey {
        case stage, event, failures, workspace
        case lastError = "last_error"
    }
}

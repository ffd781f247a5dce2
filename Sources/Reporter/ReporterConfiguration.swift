/// How a reporter works.
public struct ReporterConfiguration: Sendable, Hashable {
    /// What is done where the answer to an effect may have been lost.
    public enum Duplicates: String, Sendable, Hashable, CaseIterable {
        /// Before each effect, look whether it is there already.
        case look
        /// Repeat it: the incident system knows `Idempotency-Key`.
        case key
        /// Do not repeat what may have been done; the report then says that it is not confirmed.
        ///
        /// It goes by answers: where a process died in the middle of a call, the next hand-out cannot know of it.
        case atMostOnce = "at-most-once"
    }

    /// What is done where an answer may have been lost.
    public var duplicates: Duplicates
    /// Who the incident system is told has written.
    public var updatedBy: String
    /// The incident system's name in the timeline, without secrets.
    public var systemName: String

    /// A configuration.
    public init(duplicates: Duplicates = .look, updatedBy: String = "coder-remediation-bot", systemName: String) {
        self.duplicates = duplicates
        self.updatedBy = updatedBy
        self.systemName = systemName
    }
}

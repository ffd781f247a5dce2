import HTTPClient

/// A line of a build's log.
public struct BuildLogLine: Sendable, Hashable, Decodable {
    /// Ascending within the log, with gaps.
    public var id: Int64
    /// RFC 3339.
    public var createdAt: String
    /// trace, debug, info, warn, error.
    public var level: String
    /// The step of the build, `Starting workspace`.
    public var stage: String
    /// The text.
    public var output: String

    private enum CodingKeys: String, CodingKey {
        case id, stage, output
        case createdAt = "created_at"
        case level = "log_level"
    }
}

/// A line of an agent's log, which is its scripts' output.
public struct AgentLogLine: Sendable, Hashable, Decodable {
    /// Ascending within the log, with gaps.
    public var id: Int64
    /// RFC 3339; when Coder received the batch that the line came in.
    public var createdAt: String
    /// info for what the script wrote to its output, error for what it wrote to its error output.
    public var level: String
    /// The text.
    public var output: String
    /// Which of ``Agent/logSources`` wrote it.
    public var sourceID: String?

    private enum CodingKeys: String, CodingKey {
        case id, level, output
        case createdAt = "created_at"
        case sourceID = "source_id"
    }
}

extension CoderClient {
    /// Coder keeps 1 MiB of a log's text, and answers all of it at once; short lines make that many times as much JSON.
    private static let mostLogBytes = 64 << 20

    /// All lines of a build's log with a greater id.
    public func logs(ofBuild build: String, after line: Int64) async throws(CoderError) -> [BuildLogLine] {
        try await send(
            Call(
                operation: "read the log of build \(build)",
                path: "/workspacebuilds/\(build.percentEncoded)/logs?after=\(line)",
                maximumBodyBytes: Self.mostLogBytes
            )
        )
    }

    /// All lines of an agent's log with a greater id, which must be 0 or more.
    public func logs(ofAgent agent: String, after line: Int64) async throws(CoderError) -> [AgentLogLine] {
        try await send(
            Call(
                operation: "read the log of agent \(agent)",
                path: "/workspaceagents/\(agent.percentEncoded)/logs?after=\(line)",
                maximumBodyBytes: Self.mostLogBytes
            )
        )
    }
}

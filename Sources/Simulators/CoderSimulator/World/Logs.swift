import SimulatorKit

/// A level of a log line; stdout is `info`, stderr `error`.
enum LogLevel: String, Sendable {
    case debug, info, warn, error
}

/// The limits that both kinds of log share.
enum LogLimit {
    /// Bytes kept of one job's or one agent's log.
    static let bytes = 1 << 20
    /// A line is stored as `varchar(1024)`; what is longer is cut without a word.
    static let characters = 1024

    /// The part of a line that is stored.
    ///
    /// PostgreSQL cannot store NUL.
    static func stored(_ line: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in line.unicodeScalars.prefix(characters) { scalars.append(scalar.value == 0 ? "\u{FFFD}" : scalar) }
        return String(scalars)
    }
}

/// A line that a provisioner wrote.
struct BuildLogLine: Sendable {
    let id: Int64
    let at: Timestamp
    /// `provisioner_daemon` or `provisioner`.
    let source: String
    let level: LogLevel
    let stage: String
    let output: String
}

/// A job's log: 1 MiB, then one warning, then nothing more.
struct BuildLog: Sendable {
    private(set) var lines: [BuildLogLine] = []
    private(set) var length = 0
    private(set) var overflowed = false

    /// Appends a line, or the one warning in its place.
    mutating func append(_ line: BuildLogLine) {
        guard !overflowed else { return }
        guard length + line.output.utf8.count <= LogLimit.bytes else {
            overflowed = true
            lines.append(
                BuildLogLine(
                    id: line.id,
                    at: line.at,
                    source: "provisioner_daemon",
                    level: .warn,
                    stage: line.stage,
                    output: "Provisioner logs exceeded the max size of 1MB. "
                        + "Will not continue to write provisioner logs for workspace build."
                )
            )
            return
        }
        length += line.output.utf8.count
        lines.append(line)
    }
}

/// A line that a script wrote.
struct AgentLogLine: Sendable {
    let id: Int64
    /// The time at which the server received the batch, not the time of writing.
    let at: Timestamp
    let level: LogLevel
    let output: String
}

/// An agent's log: the whole batch that would pass 1 MiB is refused, and nothing later is kept.
struct AgentLog: Sendable {
    private(set) var lines: [AgentLogLine] = []
    private(set) var length = 0
    private(set) var overflowed = false

    /// Appends a batch whole, or not at all.
    mutating func append(_ batch: [AgentLogLine]) {
        guard !overflowed else { return }
        let added = batch.reduce(0) { $0 + $1.output.utf8.count }
        guard length + added <= LogLimit.bytes else {
            overflowed = true
            return
        }
        length += added
        lines.append(contentsOf: batch)
    }
}

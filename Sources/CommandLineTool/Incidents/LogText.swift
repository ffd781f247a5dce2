import Messages

/// A log line as `mendline logs` prints it.
enum LogText {
    /// One line: `18:00:01.123  info   [Startup Script] restarting`.
    static func line(_ line: LogLine, _ terminal: Terminal) -> String {
        let time = terminal.paint(TimeText.clock(line.time), .faint)
        let level = terminal.paint(TimelineText.padded(right: SafeText.line(line.level), 5), tone(line.level))
        return
            "\(time)  \(level)  \(terminal.paint("[\(SafeText.line(line.source))]", .faint)) \(SafeText.line(line.text))"
    }

    private static func tone(_ level: String) -> Terminal.Tone {
        switch level {
        case "error": .bad
        case "warn": .doubtful
        case "debug", "trace": .faint
        default: .plain
        }
    }
}

/// Which lines of a log have been shown, so that a stream that is asked for again shows none twice.
struct LogProgress {
    /// Coder's ids ascend within a log.
    private var last: [String: Int64] = [:]

    /// Whether the line is new; it is not the next time.
    mutating func isNew(_ line: LogLine) -> Bool {
        if let last = last[line.log], line.line <= last { return false }
        last[line.log] = line.line
        return true
    }
}

/// One thing that is wrong, or doubtful, in a configuration file: where, what, and what to do about it.
public struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whether the file can be used all the same.
    public enum Severity: String, Hashable, Sendable {
        /// The file is refused.
        case error
        /// The file is used; a person should look.
        case warning
    }

    /// The file as the caller named it.
    public var file: String
    /// From 1; 0 where the file could not be read at all.
    public var line: Int
    /// From 1, counted in Unicode scalars; 0 where the file could not be read at all.
    public var column: Int
    /// What is wrong.
    public var message: String
    /// What to do next.
    public var remedy: String
    /// Whether the file can be used all the same.
    public var severity: Severity

    /// A problem at a place.
    public init(
        file: String,
        line: Int,
        column: Int,
        message: String,
        remedy: String,
        severity: Severity = .error
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.remedy = remedy
        self.severity = severity
    }

    /// `file:line:column: what is wrong; remedy`, the form that editors jump to.
    public var description: String {
        let place = line > 0 ? "\(file):\(line):\(column)" : file
        return "\(place): \(severity == .warning ? "warning: " : "")\(message); \(remedy)"
    }
}

/// Everything that is wrong with one file, in the order of its lines; never empty.
public struct ConfigurationProblems: Error, Hashable, Sendable, CustomStringConvertible {
    /// The errors and warnings.
    public var problems: [ConfigurationProblem]

    /// The problems of a file.
    public init(_ problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// One problem a line.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

/// Where in a file something stands.
struct Mark: Hashable {
    var line: Int
    var column: Int

    static let start = Mark(line: 1, column: 1)
}

/// Gathers the problems of one file while it is read, so that all of them are told at once.
final class ProblemList {
    let file: String
    private var problems: [ConfigurationProblem] = []

    init(file: String) {
        self.file = file
    }

    func error(_ mark: Mark, _ message: String, remedy: String) {
        add(mark, message, remedy, .error)
    }

    func warning(_ mark: Mark, _ message: String, remedy: String) {
        add(mark, message, remedy, .warning)
    }

    private func add(_ mark: Mark, _ message: String, _ remedy: String, _ severity: ConfigurationProblem.Severity) {
        problems.append(
            ConfigurationProblem(
                file: file,
                line: mark.line,
                column: mark.column,
                message: message,
                remedy: remedy,
                severity: severity
            )
        )
    }

    /// All problems in the order of the file.
    var sorted: [ConfigurationProblem] {
        problems.enumerated()
            .sorted {
                ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
            }
            .map(\.element)
    }

    var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// The warnings, where there is no error.
    ///
    /// - Throws: ``ConfigurationProblems`` with errors and warnings where there is an error.
    func warningsOrThrow() throws(ConfigurationProblems) -> [ConfigurationProblem] {
        if hasErrors { throw ConfigurationProblems(sorted) }
        return sorted
    }
}

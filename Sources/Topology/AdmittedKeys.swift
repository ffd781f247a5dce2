/// Which public keys are let in, and for whom each may speak: the file that `curve.admitted_file` names.
///
/// Each line has the names, with commas between them, and the key: `validator,reporter KEY`. A name is a stage's, or
/// `intake` or `metrics-sink`, which send samples only. Empty lines and lines that begin with `#` count for nothing.
public struct AdmittedKeys: Hashable, Sendable {
    /// The names of each key; never empty.
    public private(set) var names: [String: Set<String>] = [:]

    /// Reads the file.
    ///
    /// - Throws: ``ConfigurationProblems`` with everything that is wrong.
    public static func load(path: String) throws(ConfigurationProblems) -> AdmittedKeys {
        try parse(text: try ConfigurationFile.read(path), file: path)
    }

    /// Reads the text of the file.
    ///
    /// - Parameters:
    ///   - text: the lines.
    ///   - file: its name for messages.
    /// - Returns: the keys.
    /// - Throws: ``ConfigurationProblems`` with everything that is wrong.
    public static func parse(text: String, file: String) throws(ConfigurationProblems) -> AdmittedKeys {
        let problems = ProblemList(file: file)
        var admitted = AdmittedKeys()
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            admitted.read(words, Mark(line: index + 1, column: 1), problems)
        }
        if admitted.names.isEmpty, !problems.hasErrors {
            problems.error(.start, "no key, so nobody would be let in", remedy: remedy)
        }
        _ = try problems.warningsOrThrow()
        return admitted
    }

    private static let remedy =
        "write `NAME[,NAME…] KEY` lines; `mendline keys new` adds one for each key that it makes"

    private mutating func read(_ words: [String], _ mark: Mark, _ problems: ProblemList) {
        guard words.count == 2 else {
            return problems.error(mark, "\(words.count) words, which must be names and a key", remedy: Self.remedy)
        }
        let names = words[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy(NameRule.stage) else {
            return problems.error(mark, "`\(words[0].prefix(60))` are no names", remedy: Self.remedy)
        }
        // The key is not repeated: who writes a secret one here by mistake must not find it in a log.
        guard Self.isKey(words[1]) else {
            return problems.error(
                mark,
                "the second word is no public key",
                remedy: "write the 40 characters of a .public file"
            )
        }
        guard self.names[words[1]] == nil else {
            return problems.error(mark, "the key stands in an earlier line", remedy: "put all its names into one line")
        }
        self.names[words[1]] = Set(names)
    }

    /// Whether a text has the form of a key: 40 characters of Z85 (RFC 32).
    public static func isKey(_ text: String) -> Bool {
        text.utf8.count == 40 && text.utf8.allSatisfy(z85.contains)
    }

    private static let z85 = Set(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8
    )
}

import Yams

/// A node of a YAML file: its place, and its text as it was written.
///
/// Nothing is typed here: `yes`, `010` and `1:30` are texts, and whoever expects a number or a truth value says so.
/// YAML 1.1's own typing would turn them into true, 8 and 90.
struct YAMLValue {
    indirect enum Content {
        case scalar(String, plain: Bool)
        case list([YAMLValue])
        case map([(key: YAMLKey, value: YAMLValue)])
    }

    var mark: Mark
    var content: Content

    /// What it is, for messages.
    var kind: String {
        switch content {
        case .scalar(let text, let plain):
            plain && YAMLValue.empty.contains(text) ? "nothing" : "`\(text.prefix(60))`"
        case .list: "a list"
        case .map: "a section"
        }
    }

    /// Plain texts that mean "no value" in YAML.
    static let empty: Set<String> = ["", "~", "null", "Null", "NULL"]
}

/// The key of a section and its place.
struct YAMLKey: Hashable {
    var text: String
    var mark: Mark
}

extension YAMLValue {
    /// More values than any real file has; what aliases repeat counts each time.
    private static let mostValues = 100_000
    /// Aliases are for sharing a section or two.
    ///
    /// Nested ones multiply: with 16 at most about 350 times
    /// (three at each of five levels), with 100 they would fill any memory.
    private static let mostAliases = 16

    /// Parses one YAML document.
    ///
    /// - Returns: nil after adding to `problems` why there is nothing to read.
    static func parse(_ text: String, _ problems: ProblemList) -> YAMLValue? {
        if let excess = aliasBeyondLimit(text) {
            problems.error(
                excess,
                "more than \(mostAliases) aliases (`*name`)",
                remedy: "write the repeated values out"
            )
            return nil
        }
        do {
            // `.basic` leaves every scalar a text; the encoding is named because the default asks the environment.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            guard let root = try parser.singleRoot() else {
                problems.error(.start, "the file is empty", remedy: "start with `version: 1`")
                return nil
            }
            var count = 0
            return convert(root, .start, &count, problems)
        } catch {
            report(error, text, problems)
            return nil
        }
    }

    /// Where the first alias too many stands.
    ///
    /// It is looked for before parsing, because the parser hashes keys, and a
    /// key made of nested aliases takes for ever.
    ///
    /// It may take a quoted ` *word` for an alias, never the other way round.
    private static func aliasBeyondLimit(_ text: String) -> Mark? {
        var found = 0
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let scalars = Array(line.unicodeScalars)
            guard let first = scalars.firstIndex(where: { $0 != " " }), scalars[first] != "#" else { continue }
            for position in first..<scalars.count where scalars[position] == "*" {
                guard position + 1 < scalars.count, !" \t,]}\"'".unicodeScalars.contains(scalars[position + 1]),
                    position == 0 || " \t,[{:?-".unicodeScalars.contains(scalars[position - 1])
                else { continue }
                found += 1
                if found > mostAliases { return Mark(line: index + 1, column: position + 1) }
            }
        }
        return nil
    }

    private static func convert(
        _ node: Node,
        _ outer: Mark,
        _ count: inout Int,
        _ problems: ProblemList
    ) -> YAMLValue? {
        let mark = node.mark.map { Mark(line: $0.line, column: $0.column) } ?? outer
        count += 1
        if count > mostValues {
            // Said once: the counter passes the limit once.
            if count == mostValues + 1 {
                problems.error(mark, "more than \(mostValues) values", remedy: "make the file smaller")
            }
            return nil
        }
        switch node {
        case .scalar(let scalar):
            let plain = scalar.style == .plain
            // The parser gives a text in quotes this tag.
            guard !plain && scalar.tag == Tag(.str) || isUntagged(scalar.tag, mark, problems) else { return nil }
            return YAMLValue(mark: mark, content: .scalar(scalar.string, plain: plain))
        case .sequence(let sequence):
            guard isUntagged(sequence.tag, mark, problems) else { return nil }
            var values: [YAMLValue] = []
            for element in sequence {
                guard let value = convert(element, mark, &count, problems) else { return nil }
                values.append(value)
            }
            return YAMLValue(mark: mark, content: .list(values))
        case .mapping(let mapping):
            guard isUntagged(mapping.tag, mark, problems) else { return nil }
            var pairs: [(key: YAMLKey, value: YAMLValue)] = []
            for (key, value) in mapping {
                guard let key = convertKey(key, mark, problems),
                    let value = convert(value, key.mark, &count, problems)
                else { return nil }
                pairs.append((key, value))
            }
            return YAMLValue(mark: mark, content: .map(pairs))
        case .alias:
            // The parser puts the anchor's node in the place of every alias.
            problems.error(mark, "an alias without an anchor", remedy: "write the value out")
            return nil
        }
    }

    private static func isUntagged(_ tag: Tag, _ mark: Mark, _ problems: ProblemList) -> Bool {
        if tag == .implicit { return true }
        problems.error(mark, "a tag (`\(tag)`)", remedy: "leave it out: types follow from the key")
        return false
    }

    private static func convertKey(_ node: Node, _ outer: Mark, _ problems: ProblemList) -> YAMLKey? {
        let mark = node.mark.map { Mark(line: $0.line, column: $0.column) } ?? outer
        guard case .scalar(let scalar) = node else {
            problems.error(mark, "a key that is not a word", remedy: "use a word as the key, or quote the value")
            return nil
        }
        return YAMLKey(text: scalar.string, mark: mark)
    }

    /// Tells an error of the parser in our form.
    private static func report(_ error: any Error, _ text: String, _ problems: ProblemList) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            let remedy =
                problem.contains("tab") || problem.contains("cannot start any token")
                ? "indent with spaces, and quote values that begin with @, %, ` or a tab"
                : "check indentation, colons and quotes on this line and the one before"
            problems.error(Mark(line: mark.line, column: mark.column), "not YAML: \(problem)", remedy: remedy)
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            let mark = Mark(line: context.mark.line, column: context.mark.column)
            let names = keys.map { "`\($0)`" }.joined(separator: ", ")
            let again = keys.first.flatMap { repetition(of: $0, after: mark, text) }
            problems.error(
                again ?? mark,
                "\(names) given more than once in one section, first in line \(mark.line)",
                remedy: "keep one of them"
            )
        case YamlError.reader(let problem, let offset, _, _):
            let before = text.utf8.prefix(offset ?? 0)
            problems.error(
                Mark(line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: 1),
                "unreadable character: \(problem)",
                remedy: "remove control characters and save the file as UTF-8"
            )
        default:
            problems.error(.start, "not YAML: \(error)", remedy: "check the file with a YAML editor")
        }
    }

    /// The place of the next line that begins with the same key at the same column.
    private static func repetition(of key: String, after mark: Mark, _ text: String) -> Mark? {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let prefix = String(repeating: " ", count: max(0, mark.column - 1)) + key
        for index in lines.indices.dropFirst(mark.line) where lines[index].hasPrefix(prefix) {
            let rest = lines[index].dropFirst(prefix.count).drop { $0 == " " }
            if rest.first == ":" { return Mark(line: index + 1, column: mark.column) }
        }
        return nil
    }
}

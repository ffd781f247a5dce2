/// A value and where it stands.
struct Located<Value> {
    var value: Value
    var mark: Mark
}

extension Located: Equatable where Value: Equatable {}

/// One section of a file while it is read.
///
/// Every getter returns a usable value: where the file is wrong it adds to the problems and returns the default or
/// something empty, so that reading goes on and all problems are told at once. Nothing that was read may be used
/// while the list has errors.
struct Section {
    /// Its name, such as `stages.validator`; empty for the whole file.
    let path: String
    let mark: Mark
    let problems: ProblemList
    private let values: [String: (key: YAMLKey, value: YAMLValue)]
    /// The keys in the order of the file.
    let keys: [YAMLKey]

    /// Opens a section and refuses keys that it does not have.
    ///
    /// - Parameters:
    ///   - value: what stands below the key.
    ///   - path: its name, for messages.
    ///   - known: every key there is, or nil where keys are names that the writer chooses.
    ///   - problems: where to tell what is wrong.
    init?(_ value: YAMLValue, path: String, known: [String]?, _ problems: ProblemList) {
        guard case .map(let pairs) = value.content else {
            problems.error(
                value.mark,
                "\(path.isEmpty ? "the file" : "`\(path)`") must be a section, not \(value.kind)",
                remedy: "write `key: value` lines\(path.isEmpty ? "" : " below it")"
            )
            return nil
        }
        self.path = path
        mark = value.mark
        self.problems = problems
        var values: [String: (key: YAMLKey, value: YAMLValue)] = [:]
        var keys: [YAMLKey] = []
        for (key, value) in pairs {
            if let earlier = values[key.text] {
                problems.error(
                    key.mark,
                    "`\(key.text)` given more than once in one section, first in line \(earlier.key.mark.line)",
                    remedy: "keep one of them"
                )
            } else if let known, !known.contains(key.text) {
                problems.error(
                    key.mark,
                    "unknown key `\(key.text.prefix(60))`\(path.isEmpty ? "" : " in `\(path)`")"
                        + Suggestion.hint(for: key.text, among: known),
                    remedy: "known here: \(known.joined(separator: ", "))"
                )
            } else {
                values[key.text] = (key, value)
                keys.append(key)
            }
        }
        self.values = values
        self.keys = keys
    }

    func has(_ key: String) -> Bool { values[key] != nil }

    /// The place of a key, or of the section where the key is not given.
    func mark(of key: String) -> Mark { values[key]?.key.mark ?? mark }

    func name(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func value(_ key: String) -> YAMLValue? { values[key]?.value }

    /// The value of a key that must be given.
    func required(_ key: String, _ example: String) -> YAMLValue? {
        if let value = values[key]?.value { return value }
        problems.error(mark, "`\(name(of: key))` is missing", remedy: "add `\(key): \(example)`")
        return nil
    }

    // MARK: Scalars

    /// A text, which may be in quotes or not; nil after a problem was added, or where the key is not given.
    func text(_ key: String, most: Int = 1_000) -> Located<String>? {
        value(key).flatMap { text($0, name(of: key), most: most) }
    }

    func text(_ value: YAMLValue, _ name: String, most: Int = 1_000) -> Located<String>? {
        guard case .scalar(let text, let plain) = value.content, !(plain && YAMLValue.empty.contains(text)) else {
            var remedy = "write a text"
            if case .map = value.content { remedy += "; a text that begins with `{` must be in quotes" }
            if case .list = value.content { remedy += "; a text that begins with `[` must be in quotes" }
            problems.error(value.mark, "`\(name)` must be a text, not \(value.kind)", remedy: remedy)
            return nil
        }
        guard !text.isEmpty, text.unicodeScalars.count <= most,
            !text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
        else {
            problems.error(
                value.mark,
                "`\(name)` must have 1 to \(most) characters and no control characters",
                remedy: "write a shorter text on one line"
            )
            return nil
        }
        return Located(value: text, mark: value.mark)
    }

    /// A whole number in plain decimal digits.
    func integer(_ key: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
        guard let value = value(key) else { return fallback }
        guard case .scalar(let text, plain: true) = value.content, let number = Section.integer(text) else {
            problems.error(
                value.mark,
                "`\(name(of: key))` must be a whole number, not \(value.kind)",
                remedy: "write plain decimal digits without quotes, from \(range.lowerBound) to \(range.upperBound)"
            )
            return fallback
        }
        guard range.contains(number) else {
            problems.error(
                value.mark,
                "`\(name(of: key))` is \(number), out of range",
                remedy: "write a number from \(range.lowerBound) to \(range.upperBound)"
            )
            return fallback
        }
        return number
    }

    /// Decimal digits only: no `010`, `0x10`, `1_000`, `1:30` or `+1`, which YAML versions read differently.
    static func integer(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.count <= 18, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            digits.first != "0" || text == "0"
        else { return nil }
        return Int(text)
    }

    /// `true` or `false`, nothing else.
    func flag(_ key: String, default fallback: Bool) -> Bool {
        guard let value = value(key) else { return fallback }
        switch value.content {
        case .scalar("true", plain: true): return true
        case .scalar("false", plain: true): return false
        default:
            problems.error(
                value.mark,
                "`\(name(of: key))` must be true or false, not \(value.kind)",
                remedy: "write `true` or `false` without quotes"
            )
            return fallback
        }
    }

    /// A length of time; nil after a problem was added, or where the key is not given.
    func duration(_ key: String, in range: ClosedRange<Duration>) -> Located<Duration>? {
        guard let value = value(key) else { return nil }
        guard case .scalar(let text, _) = value.content, let duration = DurationText.parse(text) else {
            problems.error(
                value.mark,
                "`\(name(of: key))` must be a length of time, not \(value.kind)",
                remedy: "write a whole number and one unit of ms, s, m, h, d, such as 200ms, 10s, 15m, 1h or 30d"
            )
            return nil
        }
        guard range.contains(duration) else {
            problems.error(
                value.mark,
                "`\(name(of: key))` is \(text), out of range",
                remedy:
                    "write from \(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound))"
            )
            return nil
        }
        return Located(value: duration, mark: value.mark)
    }

    func duration(_ key: String, default fallback: Duration, in range: ClosedRange<Duration>) -> Duration {
        duration(key, in: range)?.value ?? fallback
    }

    /// One of a few words.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default fallback: Choice) -> Choice
    where Choice.RawValue == String {
        guard let value = value(key) else { return fallback }
        if case .scalar(let text, _) = value.content, let choice = Choice(rawValue: text) { return choice }
        let words = Choice.allCases.map(\.rawValue)
        var hint = ""
        if case .scalar(let text, _) = value.content { hint = Suggestion.hint(for: text, among: words) }
        problems.error(
            value.mark,
            "`\(name(of: key))` cannot be \(value.kind)\(hint)",
            remedy: "write one of \(words.joined(separator: ", "))"
        )
        return fallback
    }

    // MARK: Lists and sections

    /// A list of texts; empty where the key is not given.
    func texts(_ key: String, most: Int, each: Int = 200) -> [Located<String>] {
        guard let value = value(key) else { return [] }
        guard case .list(let elements) = value.content else {
            problems.error(
                value.mark,
                "`\(name(of: key))` must be a list, not \(value.kind)",
                remedy: "write `\(key): [a, b]`"
            )
            return []
        }
        guard (1...most).contains(elements.count) else {
            problems.error(
                value.mark,
                "`\(name(of: key))` has \(elements.count) entries",
                remedy: "write 1 to \(most), or leave the key out where it may be left out"
            )
            return []
        }
        return elements.compactMap { text($0, "an entry of \(name(of: key))", most: each) }
    }

    /// A section inside this one; nil where it is not given, or after a problem was added.
    func section(_ key: String, known: [String]?) -> Section? {
        value(key).flatMap { Section($0, path: name(of: key), known: known, problems) }
    }
}

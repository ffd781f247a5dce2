/// A query of the form `key:value key:"value with spaces" word` (coderd/searchquery/search.go).
struct SearchTerms: Equatable, Sendable {
    /// Values by key; a bare word has the key that the caller names.
    private(set) var values: [String: String] = [:]

    /// Reads a query.
    ///
    /// - Parameters:
    ///   - query: The text of `q`.
    ///   - message: What an error says at first.
    ///   - bareWord: Makes terms of a word without a key.
    /// - Throws: 400 with what is wrong with the query.
    init(
        _ query: String,
        message: String,
        bareWord: (String) -> [(key: String, value: String)]
    ) throws(APIError) {
        for element in Self.split(query.lowercased(), at: " ") where !element.isEmpty {
            let parts = Self.split(element, at: ":")
            switch parts.count {
            case 1:
                for (key, value) in bareWord(Self.unquoted(parts[0])) {
                    try add(key, value, message: message)
                }
            case 2:
                guard !parts[0].isEmpty, !parts[1].isEmpty else {
                    throw Self.error(
                        message,
                        field: "q",
                        "Query element \"\(element)\" cannot start or end with ':'"
                    )
                }
                try add(parts[0], Self.unquoted(parts[1]), message: message)
            default:
                throw Self.error(message, field: "q", "Query element \"\(element)\" can only contain 1 ':'")
            }
        }
    }

    /// Refuses keys that are not among the known ones.
    func check(known: Set<String>, message: String) throws(APIError) {
        let unknown = values.keys.filter { !known.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw APIError(
                400,
                message,
                validations: unknown.map { .init(field: $0, detail: "\"\($0)\" is not a valid query param") }
            )
        }
    }

    static func error(_ message: String, field: String, _ detail: String) -> APIError {
        APIError(400, message, validations: [.init(field: field, detail: detail)])
    }

    private mutating func add(_ key: String, _ value: String, message: String) throws(APIError) {
        guard values[key] == nil else {
            throw Self.error(message, field: key, "Query param \"\(key)\" provided more than once, found 2 times")
        }
        values[key] = value
    }

    /// Splits outside of quotes; the quotes stay.
    private static func split(_ text: String, at separator: Character) -> [String] {
        var parts = [""]
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character == separator, !isQuoted {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    private static func unquoted(_ text: String) -> String {
        text.filter { $0 != "\"" }
    }
}

import Messages

/// What is wrong with a request's JSON, field by field; never empty.
struct FieldErrors: Error, Hashable {
    var errors: [Problem.FieldError]
    init(_ errors: [Problem.FieldError]) { self.errors = errors }
}

/// Reads the fields of a JSON object and keeps what is wrong with each, so that all of it is told at once.
struct FieldReader {
    private static let maximumEntries = 64

    private let members: [String: JSONValue]
    private(set) var errors: [Problem.FieldError] = []
    /// UTF-8 bytes of the texts taken so far.
    private(set) var bytes = 0

    init(_ members: [String: JSONValue]) { self.members = members }

    /// A text that is not empty; nil where it is missing or wrong.
    mutating func text(
        _ field: String,
        limit: Int,
        multiline: Bool = false,
        isOptional: Bool = false
    ) -> String? {
        switch members[field] {
        case nil, .null?:
            if !isOptional { wrong(field, "is missing") }
        case .string(let text)?:
            bytes += text.utf8.count
            guard let problem = CallerText.problem(with: text, limit: limit, multiline: multiline) else { return text }
            wrong(field, problem)
        default: wrong(field, "must be a string")
        }
        return nil
    }

    /// Named texts, which may be empty.
    mutating func texts(_ field: String, limit: Int) -> [String: String] {
        switch members[field] {
        case nil, .null?: return [:]
        case .object(let entries)?:
            guard entries.count <= Self.maximumEntries else {
                wrong(field, "may have \(Self.maximumEntries) entries, not \(entries.count)")
                return [:]
            }
            var result: [String: String] = [:]
            for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
                let place = "\(field).\(key.prefix(60))"
                bytes += key.utf8.count
                if let problem = CallerText.problem(with: key, limit: 200, multiline: false) {
                    wrong(place, "as a name \(problem)")
                } else if case .string(let text) = value {
                    bytes += text.utf8.count
                    if !text.isEmpty, let problem = CallerText.problem(with: text, limit: limit, multiline: true) {
                        wrong(place, problem)
                    } else {
                        result[key] = text
                    }
                } else {
                    wrong(place, "must be a string")
                }
            }
            return result
        default:
            wrong(field, "must be an object of strings")
            return [:]
        }
    }

    /// Keeps what is wrong with a field.
    mutating func wrong(_ field: String, _ message: String) { errors.append(.init(field: field, message: message)) }
}

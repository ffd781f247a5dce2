import Hummingbird

/// Reads the parameters of a query and keeps what is wrong with each, so that all of it is told at once.
///
/// A parameter without a value is wrong, not left out: `?state=` would otherwise list what was not asked for.
struct QueryReader {
    private let parameters: Parameters
    private var errors: [Problem.FieldError] = []

    init(_ parameters: Parameters) { self.parameters = parameters }

    /// Whether there is such a parameter, with a value or without.
    func has(_ name: String) -> Bool { parameters.has(name[...]) }

    /// The value of a parameter; nil where it is not there, or wrong.
    mutating func value<Value>(_ name: String, _ expected: String, _ parse: (String) -> Value?) -> Value? {
        guard let text = parameters[name[...]].map(String.init) else { return nil }
        let value = text.isEmpty ? nil : parse(text)
        if value == nil { errors.append(.init(field: name, message: "must be \(expected)")) }
        return value
    }

    /// - Throws: ``Problem`` where a parameter was wrong.
    func check() throws(Problem) {
        guard !errors.isEmpty else { return }
        var problem = Problem(
            .badRequest,
            "invalid-query",
            "The query cannot be answered",
            errors.map { "\($0.field) \($0.message)" }.joined(separator: "; ")
        )
        problem.errors = errors
        throw problem
    }

    /// A whole number of this range, in plain digits.
    static func number(_ text: String, in range: ClosedRange<Int>) -> Int? {
        text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
            ? Int(text).flatMap { range.contains($0) ? $0 : nil } : nil
    }

    /// A place to read on from.
    static func cursor(_ text: String) -> Int64? {
        number(text, in: 0...999_999_999_999_999_999).map(Int64.init)
    }

    /// What a parameter of these values must be.
    static func oneOf<Value: CaseIterable & RawRepresentable<String>>(_: Value.Type) -> String {
        "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")
    }
}

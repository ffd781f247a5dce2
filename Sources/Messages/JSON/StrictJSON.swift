/// What is wrong with bytes that claim to be JSON, and where.
public struct JSONProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, as a phrase: `duplicate key "severity"`.
    public let what: String
    /// The offset of the first offending byte.
    public let offset: Int

    /// The problem as one sentence with its place.
    public var description: String { "\(what) at byte \(offset)" }
}

/// A scan of JSON from outside, made before any decoder sees it.
///
/// Foundation's decoder takes duplicate keys silently (the first wins, where Python takes the last), and recursion
/// is bounded by the stack alone. So what comes from outside passes this first: RFC 8259 grammar, valid UTF-8,
/// bounded depth, a bounded number of values, no key twice in one object. The time it takes grows with the length of the
/// text alone.
public enum StrictJSON {
    /// The most values, all arrays, objects and their members, of one text.
    ///
    /// Decoding costs some microseconds for each, so a megabyte of `[1,1,…]` would hold up everybody behind it. A megabyte of
    /// real messages has fewer.
    public static let maximumValues = 100_000

    /// Checks that the bytes are one JSON text.
    ///
    /// - Parameters:
    ///   - bytes: the whole text.
    ///   - maximumDepth: how many arrays and objects may be open at once.
    /// - Throws: ``JSONProblem`` naming the first offence.
    public static func check(_ bytes: [UInt8], maximumDepth: Int = 32) throws(JSONProblem) {
        _ = try value(bytes, maximumDepth: maximumDepth)
    }

    /// Checks that the bytes are one JSON text and gives its value.
    ///
    /// - Parameters:
    ///   - bytes: the whole text.
    ///   - maximumDepth: how many arrays and objects may be open at once.
    ///   - maximumValues: how many values there may be.
    /// - Returns: the value.
    /// - Throws: ``JSONProblem`` naming the first offence.
    static func value(
        _ bytes: [UInt8],
        maximumDepth: Int = 32,
        maximumValues: Int = Self.maximumValues
    ) throws(JSONProblem) -> JSONValue {
        guard let invalid = firstInvalidUTF8(bytes) else {
            var scanner = Scanner(bytes: bytes, maximumDepth: maximumDepth, maximumValues: maximumValues)
            return try scanner.document()
        }
        throw JSONProblem(what: "invalid UTF-8", offset: invalid)
    }

    private static func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
        // The common case is answered by the standard library's vectorised check; the place is sought only after it.
        if (try? UTF8Span(validating: bytes.span)) != nil { return nil }
        var valid = 0
        var decoder = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        while true {
            switch decoder.parseScalar(from: &iterator) {
            case .valid(let scalar): valid += scalar.count
            case .emptyInput: return valid
            case .error: return valid
            }
        }
    }
}

private struct Scanner {
    let bytes: [UInt8]
    let maximumDepth: Int
    let maximumValues: Int
    var position = 0
    var depth = 0
    var values = 0

    init(bytes: [UInt8], maximumDepth: Int, maximumValues: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.maximumValues = maximumValues
    }

    mutating func document() throws(JSONProblem) -> JSONValue {
        skipSpace()
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw problem("text after the end of the JSON value") }
        return value
    }

    private mutating func value() throws(JSONProblem) -> JSONValue {
        values += 1
        guard values <= maximumValues else {
            throw problem("more than \(maximumValues) values")
        }
        guard let byte = peek else { throw problem("the JSON ends too early") }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw problem("not a JSON value")
        }
    }

    private mutating func object() throws(JSONProblem) -> [String: JSONValue] {
        try open()
        defer { depth -= 1 }
        skipSpace()
        var members: [String: JSONValue] = [:]
        if take("}") { return members }
        repeat {
            skipSpace()
            let start = position
            guard peek == UInt8(ascii: "\"") else { throw problem("an object's key must be a string") }
            let key = try string()
            skipSpace()
            guard take(":") else { throw problem("a colon must follow an object's key") }
            skipSpace()
            let value = try value()
            // Two spellings of one text, such as \u{e9} and e\u{301}, are one key to Swift, so they are twice the same.
            guard members.updateValue(value, forKey: key) == nil else {
                throw JSONProblem(what: "duplicate key \"\(key.prefix(60))\"", offset: start)
            }
            skipSpace()
        } while take(",")
        guard take("}") else { throw problem("an object must go on with a comma or end") }
        return members
    }

    private mutating func array() throws(JSONProblem) -> [JSONValue] {
        try open()
        defer { depth -= 1 }
        skipSpace()
        var elements: [JSONValue] = []
        if take("]") { return elements }
        repeat {
            skipSpace()
            elements.append(try value())
            skipSpace()
        } while take(",")
        guard take("]") else { throw problem("an array must go on with a comma or end") }
        return elements
    }

    private mutating func open() throws(JSONProblem) {
        guard depth < maximumDepth else { throw problem("nesting deeper than \(maximumDepth) levels") }
        depth += 1
        position += 1
    }

    /// Reads a string with its escapes resolved, so that `"a"` and `"\u0061"` are the same key.
    private mutating func string() throws(JSONProblem) -> String {
        position += 1
        let start = position
        // Most strings have no escape, so their bytes are the text.
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return String(decoding: bytes[start..<position - 1], as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") { return try string(after: Array(bytes[start..<position])) }
            if byte < 0x20 { throw problem("a control character inside a string") }
            position += 1
        }
        throw problem("a string that never ends")
    }

    /// Reads the rest of a string from its first escape on.
    private mutating func string(after beginning: [UInt8]) throws(JSONProblem) -> String {
        var content = beginning
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
            case 0..<0x20:
                position -= 1
                throw problem("a control character inside a string")
            default: content.append(byte)
            }
        }
        throw problem("a string that never ends")
    }

    private mutating func escape() throws(JSONProblem) -> [UInt8] {
        guard let byte = peek else { throw problem("a string that never ends") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(try unicodeEscape()).utf8)
        default:
            position -= 1
            throw problem("an unknown escape in a string")
        }
    }

    private mutating func unicodeEscape() throws(JSONProblem) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), take("\\"), take("u") else { throw problem("half a surrogate pair") }
        let second = try fourHexDigits()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw problem("half a surrogate pair") }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONProblem) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw problem("\\u needs four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private mutating func number() throws(JSONProblem) -> JSONValue {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if let whole = Int64(text) { return .integer(whole) }
        guard let number = Double(text), number.isFinite else {
            throw JSONProblem(what: "a number beyond every range", offset: start)
        }
        // As Foundation has it: 1.0 and 1e2 are whole numbers too.
        return Int64(exactly: number).map(JSONValue.integer) ?? .double(number)
    }

    private mutating func digits() throws(JSONProblem) {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw problem("a number needs a digit here") }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONProblem) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard peek == word.utf8Start[index] else { throw problem("not a JSON value") }
            position += 1
        }
        return value
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private func problem(_ what: String) -> JSONProblem { JSONProblem(what: what, offset: position) }
}

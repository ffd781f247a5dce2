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
/// bounded depth, no key twice in one object. It allocates nothing but the keys of the objects that are open.
public enum StrictJSON {
    /// Checks that the bytes are one JSON text.
    ///
    /// - Parameters:
    ///   - bytes: the whole text.
    ///   - maximumDepth: how many arrays and objects may be open at once.
    /// - Throws: ``JSONProblem`` naming the first offence.
    public static func check(_ bytes: [UInt8], maximumDepth: Int = 32) throws(JSONProblem) {
        guard let invalid = firstInvalidUTF8(bytes) else {
            var scanner = Scanner(bytes: bytes, maximumDepth: maximumDepth)
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
    var position = 0
    var depth = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONProblem) {
        skipSpace()
        try value()
        skipSpace()
        guard position == bytes.count else { throw problem("text after the end of the JSON value") }
    }

    private mutating func value() throws(JSONProblem) {
        guard let byte = peek else { throw problem("the JSON ends too early") }
        switch byte {
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): try array()
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: throw problem("not a JSON value")
        }
    }

    private mutating func object() throws(JSONProblem) {
        try open()
        defer { depth -= 1 }
        skipSpace()
        if take("}") { return }
        var seen: Set<[UInt8]> = []
        repeat {
            skipSpace()
            let start = position
            guard peek == UInt8(ascii: "\"") else { throw problem("an object's key must be a string") }
            let key = try string()
            guard seen.insert(key).inserted else {
                throw JSONProblem(what: "duplicate key \"\(Self.shown(key))\"", offset: start)
            }
            skipSpace()
            guard take(":") else { throw problem("a colon must follow an object's key") }
            skipSpace()
            try value()
            skipSpace()
        } while take(",")
        guard take("}") else { throw problem("an object must go on with a comma or end") }
    }

    private mutating func array() throws(JSONProblem) {
        try open()
        defer { depth -= 1 }
        skipSpace()
        if take("]") { return }
        repeat {
            skipSpace()
            try value()
            skipSpace()
        } while take(",")
        guard take("]") else { throw problem("an array must go on with a comma or end") }
    }

    private mutating func open() throws(JSONProblem) {
        guard depth < maximumDepth else { throw problem("nesting deeper than \(maximumDepth) levels") }
        depth += 1
        position += 1
    }

    /// Reads a string and returns its bytes with the escapes resolved, so that `"a"` and `"\u0061"` are the same key.
    private mutating func string() throws(JSONProblem) -> [UInt8] {
        position += 1
        var content: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return content
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

    private mutating func number() throws(JSONProblem) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws(JSONProblem) {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw problem("a number needs a digit here") }
    }

    private mutating func word(_ word: StaticString) throws(JSONProblem) {
        for index in 0..<word.utf8CodeUnitCount {
            guard peek == word.utf8Start[index] else { throw problem("not a JSON value") }
            position += 1
        }
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

    private static func shown(_ key: [UInt8]) -> String { String(String(decoding: key, as: UTF8.self).prefix(60)) }
}

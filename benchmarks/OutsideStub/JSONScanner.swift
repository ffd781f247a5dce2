/// Walks over JSON once, keeping nothing but what it is asked for.
///
/// Strings come as they are written, with their escapes: they go into answers the same way.
struct JSONScanner {
    /// The bytes are not the JSON that was expected.
    struct Malformed: Error {}

    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads an object; `body` must read or skip the value of each member.
    mutating func members(_ body: (String, inout JSONScanner) throws(Malformed) -> Void) throws(Malformed) {
        try list(from: "{", to: "}") { scanner throws(Malformed) in
            let key = try scanner.text()
            try scanner.expect(":")
            try body(key, &scanner)
        }
    }

    /// Reads an array; `body` must read or skip each element.
    mutating func elements(_ body: (inout JSONScanner) throws(Malformed) -> Void) throws(Malformed) {
        try list(from: "[", to: "]", body)
    }

    /// Reads a string.
    mutating func text() throws(Malformed) -> String {
        try expect("\"")
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard place < bytes.count else { throw Malformed() }
        defer { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    /// Passes over a value of any kind.
    mutating func skip() throws(Malformed) {
        switch peek() {
        case UInt8(ascii: "\""): _ = try text()
        case UInt8(ascii: "{"): try members { _, scanner throws(Malformed) in try scanner.skip() }
        case UInt8(ascii: "["): try elements { scanner throws(Malformed) in try scanner.skip() }
        default:
            let start = place
            while place < bytes.count, !Self.ends.contains(bytes[place]) { place += 1 }
            guard place > start else { throw Malformed() }
        }
    }

    /// What ends a number, `true`, `false` or `null`.
    private static let ends = Array(",]} \n\r\t".utf8)

    private mutating func list(
        from opening: Unicode.Scalar,
        to closing: Unicode.Scalar,
        _ body: (inout JSONScanner) throws(Malformed) -> Void
    ) throws(Malformed) {
        try expect(opening)
        if peek() == UInt8(ascii: closing) {
            place += 1
            return
        }
        while true {
            try body(&self)
            if peek() == UInt8(ascii: closing) {
                place += 1
                return
            }
            try expect(",")
        }
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Malformed) {
        guard peek() == UInt8(ascii: character) else { throw Malformed() }
        place += 1
    }

    /// The next byte that is no white space.
    private mutating func peek() -> UInt8? {
        while place < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[place]) { place += 1 }
        return place < bytes.count ? bytes[place] : nil
    }
}

/// Finds a text in which any character may be escaped, by whichever rules: of JSON, of a shell, of an URL.
struct EscapedPattern: Sendable {
    private let secret: [UInt8]
    /// Whether a match may begin with the byte: most positions are out by this alone.
    private let mayBegin: [Bool]

    init(_ secret: [UInt8]) {
        self.secret = secret
        var mayBegin = [Bool](repeating: false, count: 256)
        for byte in secret.prefix(1) + Array("%\\'+&".utf8) { mayBegin[Int(byte)] = true }
        self.mayBegin = mayBegin
    }

    /// Where the secret is found.
    func ranges(in bytes: [UInt8]) -> [Range<Int>] {
        guard !secret.isEmpty else { return [] }
        var found: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            guard mayBegin[Int(bytes[start])], let end = end(from: start, in: bytes) else {
                start += 1
                continue
            }
            found.append(start..<end)
            start = end
        }
        return found
    }

    /// Where a match that begins here ends; nil where none does.
    ///
    /// A backslash may stand for itself or begin an escape, so all places that the next character may be at are
    /// followed: never more than there are bytes.
    private func end(from start: Int, in bytes: [UInt8]) -> Int? {
        var places: [Int: Set<Int>] = [0: [start]]
        for index in secret.indices {
            guard let here = places.removeValue(forKey: index) else { continue }
            for place in here {
                for (length, taken) in steps(index, bytes[place...]) {
                    places[index + taken, default: []].insert(place + length)
                }
            }
            if places.isEmpty { return nil }
        }
        return places[secret.count]?.max()
    }

    /// How many bytes of the text may stand for how many of the secret.
    private func steps(_ index: Int, _ text: ArraySlice<UInt8>) -> [(length: Int, taken: Int)] {
        guard let first = text.first else { return [] }
        let wanted = secret[index]
        var steps: [(length: Int, taken: Int)] = first == wanted ? [(1, 1)] : []
        let rest = text.dropFirst()
        switch first {
        case UInt8(ascii: "%"):
            if Self.number(rest.prefix(2), digits: 2, radix: 16) == Int(wanted) { steps.append((3, 1)) }
        case UInt8(ascii: "+"):
            if wanted == UInt8(ascii: " ") { steps.append((1, 1)) }
        case UInt8(ascii: "'"):
            let quotes = ["'\\''", "'\"'\"'"].map { Array($0.utf8) }
            if wanted == first { steps += quotes.filter { text.starts(with: $0) }.map { ($0.count, 1) } }
        case UInt8(ascii: "&"):
            for (word, byte) in Self.entities where wanted == byte && text.starts(with: word) {
                steps.append((word.count, 1))
            }
        case UInt8(ascii: "\\"):
            steps += escapes(index, rest)
        default: break
        }
        return steps
    }

    /// The escapes after a backslash: `\/`, `\xHH`, `\OOO`, `\uHHHH`.
    private func escapes(_ index: Int, _ rest: ArraySlice<UInt8>) -> [(length: Int, taken: Int)] {
        guard let mark = rest.first else { return [] }
        let wanted = secret[index]
        if mark == UInt8(ascii: "u"), let (length, content) = Self.unicode(rest.dropFirst()) {
            return secret[index...].starts(with: content) ? [(2 + length, content.count)] : []
        }
        var steps: [(length: Int, taken: Int)] = mark == wanted ? [(2, 1)] : []
        if mark == UInt8(ascii: "x"), Self.number(rest.dropFirst().prefix(2), digits: 2, radix: 16) == Int(wanted) {
            steps.append((4, 1))
        }
        if Self.number(rest.prefix(3), digits: 3, radix: 8) == Int(wanted) { steps.append((4, 1)) }
        return steps
    }

    /// The character of `HHHH`, or of `HHHH\uHHHH` where it has two halves.
    private static func unicode(_ text: ArraySlice<UInt8>) -> (length: Int, content: [UInt8])? {
        guard let first = number(text.prefix(4), digits: 4, radix: 16) else { return nil }
        if let scalar = Unicode.Scalar(first) { return (4, Array(String(scalar).utf8)) }
        let rest = text.dropFirst(4)
        guard rest.starts(with: Array("\\u".utf8)),
            let second = number(rest.dropFirst(2).prefix(4), digits: 4, radix: 16), (0xDC00..<0xE000).contains(second),
            (0xD800..<0xDC00).contains(first),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { return nil }
        return (10, Array(String(scalar).utf8))
    }

    private static func number(_ digits: ArraySlice<UInt8>, digits count: Int, radix: Int) -> Int? {
        guard digits.count == count, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-") else {
            return nil
        }
        return Int(String(decoding: digits, as: UTF8.self), radix: radix)
    }

    private static let entities: [(word: [UInt8], byte: UInt8)] = [
        ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"),
    ].map { (Array($0.0.utf8), Array($0.1.utf8)[0]) }
}

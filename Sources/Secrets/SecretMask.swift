/// Takes secrets out of text that will be seen: plain, escaped, base64, hexadecimal and percent-encoded, whole or cut.
///
/// What somebody takes apart on purpose (backwards, compressed, letter by letter) is not found.
public struct SecretMask: Sendable {
    /// What stands where a secret stood.
    public static let replacement = "[masked]"
    /// A piece of a cut secret that is shorter could be an ordinary word.
    private static let shortestPiece = 6

    private let patterns: [EscapedPattern]
    private let forms: [[UInt8]]

    /// A mask for these secrets; one of fewer than 4 characters would mask ordinary text and is left alone.
    public init(_ secrets: [String]) {
        let secrets = secrets.filter { $0.count >= 4 }
        patterns = secrets.map { EscapedPattern(Array($0.utf8)) }
        forms = secrets.flatMap { SecretForms.make(of: Array($0.utf8)) }
    }

    /// The text with every form of every secret replaced.
    public func apply(to text: String) -> String { masked(text) { found(in: $0) } }

    /// A text that was cut out of a longer one, such as a line: pieces of secrets at its ends are replaced too.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - atEnd: how long a piece at its end must be; fewer characters where it is known that it was cut there.
    /// - Returns: the text without them.
    public func apply(toPiece text: String, atEnd: Int = 6) -> String {
        masked(text) { bytes in
            var ranges = found(in: bytes)
            for form in forms {
                if isPiece(bytes, of: form) { return [bytes.indices] }
                if let length = Self.overlap(end: bytes, start: form, atLeast: atEnd) {
                    ranges.append(bytes.count - length..<bytes.count)
                }
                if let length = Self.overlap(end: form, start: bytes, atLeast: Self.shortestPiece) {
                    ranges.append(0..<length)
                }
            }
            return ranges
        }
    }

    private func masked(_ text: String, _ find: ([UInt8]) -> [Range<Int>]) -> String {
        guard !patterns.isEmpty else { return text }
        let bytes = Array(text.utf8)
        let ranges = find(bytes).sorted { $0.lowerBound < $1.lowerBound }
        guard !ranges.isEmpty else { return text }
        var result: [UInt8] = []
        var end = 0
        for range in ranges where range.upperBound > end {
            // What touches what is masked already is part of it.
            if range.lowerBound >= end && !(end > 0 && range.lowerBound == end) {
                result += bytes[end..<range.lowerBound] + Array(Self.replacement.utf8)
            }
            end = range.upperBound
        }
        return String(decoding: result + bytes[end...], as: UTF8.self)
    }

    private func found(in bytes: [UInt8]) -> [Range<Int>] {
        patterns.flatMap { $0.ranges(in: bytes) } + forms.flatMap { Bytes.ranges(of: $0, in: bytes) }
    }

    private func isPiece(_ bytes: [UInt8], of form: [UInt8]) -> Bool {
        bytes.count >= Self.shortestPiece && bytes.count < form.count && !Bytes.ranges(of: bytes, in: form).isEmpty
    }

    /// The length of the longest end of one that is a start of the other, but not the whole of either.
    private static func overlap(end: [UInt8], start: [UInt8], atLeast least: Int) -> Int? {
        let most = min(end.count, start.count) - 1
        guard most >= least, least > 0 else { return nil }
        // Only there where the last bytes are found can it end.
        let tail = Array(end.suffix(least))
        return Bytes.ranges(of: tail, in: start).reversed().map(\.upperBound).first { length in
            length <= most && end[(end.count - length)...].elementsEqual(start[..<length])
        }
    }
}

/// Search in bytes.
enum Bytes {
    /// Where `part`, which is not empty, is found; found ranges may overlap.
    static func ranges(of part: [UInt8], in bytes: [UInt8]) -> [Range<Int>] {
        guard let first = part.first, part.count <= bytes.count else { return [] }
        var found: [Range<Int>] = []
        bytes.withUnsafeBufferPointer { bytes in
            part.withUnsafeBufferPointer { part in
                for start in 0...(bytes.count - part.count) where bytes[start] == first {
                    var length = 1
                    while length < part.count, bytes[start + length] == part[length] { length += 1 }
                    if length == part.count { found.append(start..<start + length) }
                }
            }
        }
        return found
    }
}

/// Puts an answer's head together from the lines that libcurl hands over.
///
/// libcurl hands over every head of an answer: interim ones (1xx) and trailers after the body included.
struct ResponseHeadParser: Sendable {
    /// What a line led to.
    enum Outcome: Hashable, Sendable {
        case more
        case head(status: Int, headers: HTTPHeaders)
        case malformed(String)
    }

    /// All the header bytes of one answer together; servers commonly allow 8 to 16 KiB.
    static let maximumBytes = 64 << 10

    private var status: Int?
    private var fields: [HTTPHeader] = []
    private var bytes = 0
    private var isComplete = false

    /// Takes one line, its line break included.
    mutating func take(_ line: some Collection<UInt8>) -> Outcome {
        bytes += line.count
        guard bytes <= Self.maximumBytes else {
            return .malformed("its header is longer than \(Self.maximumBytes) bytes")
        }
        guard !isComplete else { return .more }
        let text = Self.withoutLineBreak(line)
        if text.isEmpty {
            return complete()
        }
        guard status != nil else { return statusLine(text) }
        return field(text)
    }

    private mutating func complete() -> Outcome {
        guard let status else { return .malformed("its header has no status line") }
        if (100..<200).contains(status) {
            self.status = nil
            fields = []
            return .more
        }
        isComplete = true
        return .head(status: status, headers: HTTPHeaders(fields))
    }

    private mutating func statusLine(_ text: String) -> Outcome {
        let parts = text.split(separator: " ", maxSplits: 2)
        guard text.hasPrefix("HTTP/"), parts.count >= 2, parts[1].utf8.count == 3, let number = Int(parts[1]),
            number >= 100
        else { return .malformed("it does not begin with an HTTP status line") }
        status = number
        return .more
    }

    private mutating func field(_ text: String) -> Outcome {
        if text.first == " " || text.first == "\t" {
            // An obsolete folded line goes on with the field before it (RFC 9112, section 5.2).
            guard !fields.isEmpty else { return .malformed("its header begins with a continued line") }
            fields[fields.count - 1].value += " " + Self.trimmed(text)
            return .more
        }
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
            return .malformed("its header has a line without a name")
        }
        let value = Self.trimmed(text[text.index(after: colon)...])
        fields.append(HTTPHeader(name: String(text[..<colon]), value: value))
        return .more
    }

    private static func withoutLineBreak(_ line: some Collection<UInt8>) -> String {
        var bytes = Array(line)
        while let last = bytes.last, last == UInt8(ascii: "\r") || last == UInt8(ascii: "\n") {
            bytes.removeLast()
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var rest = Substring(text)
        while let first = rest.first, first == " " || first == "\t" {
            rest.removeFirst()
        }
        while let last = rest.last, last == " " || last == "\t" {
            rest.removeLast()
        }
        return String(rest)
    }
}

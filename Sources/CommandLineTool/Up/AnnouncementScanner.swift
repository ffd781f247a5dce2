/// Looks for the line by which a process says that it is ready: `listening on http://127.0.0.1:8080`.
struct AnnouncementScanner {
    private static let words = "listening on "
    private static let mostBytes = 4096

    private var line: [UInt8] = []
    private var isFound = false

    /// The address, once; nil before and after.
    mutating func take(_ bytes: some Sequence<UInt8>) -> String? {
        guard !isFound else { return nil }
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                if line.count < Self.mostBytes { line.append(byte) }
                continue
            }
            let text = String(decoding: line, as: UTF8.self)
            line = []
            if text.hasPrefix(Self.words) {
                isFound = true
                return text.dropFirst(Self.words.count).trimmingCharacters
            }
        }
        return nil
    }
}

extension Substring {
    /// Without the carriage return and the spaces that may stand at the end of a line.
    fileprivate var trimmingCharacters: String {
        var text = self
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}

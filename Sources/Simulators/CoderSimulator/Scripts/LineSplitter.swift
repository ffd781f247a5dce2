/// Cuts a stream of bytes into lines.
struct LineSplitter {
    /// A line without an end is cut here, so that memory stays bounded; what is stored of a line is shorter still.
    private static let longest = 1 << 16

    private var rest: [UInt8] = []

    /// The lines that are complete now.
    ///
    /// Bytes that are no UTF-8 become U+FFFD.
    mutating func take(_ chunk: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in chunk {
            if byte == UInt8(ascii: "\n") {
                if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
                lines.append(String(decoding: rest, as: UTF8.self))
                rest.removeAll(keepingCapacity: true)
            } else {
                rest.append(byte)
                if rest.count >= Self.longest {
                    lines.append(String(decoding: rest, as: UTF8.self))
                    rest.removeAll(keepingCapacity: true)
                }
            }
        }
        return lines
    }

    /// The last line, where it has no end.
    mutating func finish() -> String? {
        guard !rest.isEmpty else { return nil }
        defer { rest = [] }
        return String(decoding: rest, as: UTF8.self)
    }
}

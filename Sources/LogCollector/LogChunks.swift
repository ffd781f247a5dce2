import Messages

/// Lines in portions that fit into events.
enum LogChunks {
    /// The most bytes of JSON that the lines of one event may take; a message may have 1 MiB.
    static let mostBytes = 256 << 10

    /// Splits lines in their order.
    static func make(
        _ lines: [LogLine],
        mostLines: Int = LogAppended.maximumLines,
        mostBytes: Int = mostBytes
    ) -> [LogAppended] {
        var chunks: [LogAppended] = []
        var chunk: [LogLine] = []
        var bytes = 0
        for line in lines {
            let size = size(of: line)
            if !chunk.isEmpty, chunk.count >= mostLines || bytes + size > mostBytes {
                chunks.append(LogAppended(lines: chunk))
                chunk = []
                bytes = 0
            }
            chunk.append(line)
            bytes += size
        }
        if !chunk.isEmpty { chunks.append(LogAppended(lines: chunk)) }
        return chunks
    }

    /// About how many bytes the line's JSON has, rather more than less.
    private static func size(of line: LogLine) -> Int {
        160 + [line.log, line.level, line.source, line.text].reduce(0) { $0 + escapedSize($1) }
    }

    private static func escapedSize(_ text: String) -> Int {
        text.utf8.reduce(0) { size, byte in
            switch byte {
            case 0..<0x20: size + 6
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): size + 2
            default: size + 1
            }
        }
    }
}

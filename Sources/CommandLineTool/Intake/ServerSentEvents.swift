/// One event of a `text/event-stream`.
struct ServerSentEvent: Hashable, Sendable {
    /// The event's name; `message` where none was given.
    var name: String
    /// The data lines, joined by line ends.
    var data: String
}

/// Cuts a `text/event-stream` into events, whatever the pieces in which it arrives (WHATWG HTML, section 9.2.6).
struct ServerSentEventParser {
    struct TooLong: Error, CustomStringConvertible {
        var description: String { "an event of the stream is over \(ServerSentEventParser.mostBytes) bytes" }
    }

    static let mostBytes = 4 << 20

    private var line: [UInt8] = []
    private var name = ""
    private var data: [String] = []
    private var held = 0
    private var lastWasCarriageReturn = false

    /// The events that a piece completes.
    ///
    /// Comments and unknown fields are left out, as is an event without data.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n") where lastWasCarriageReturn:
                lastWasCarriageReturn = false
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                lastWasCarriageReturn = byte == UInt8(ascii: "\r")
                if let event = endLine() { events.append(event) }
            default:
                lastWasCarriageReturn = false
                line.append(byte)
                held += 1
                guard held <= Self.mostBytes else { throw TooLong() }
            }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
        guard !text.isEmpty else {
            defer {
                name = ""
                data = []
                held = 0
            }
            return data.isEmpty
                ? nil : ServerSentEvent(name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"))
        }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        var value = text[colon...].dropFirst()
        if value.first == " " { value = value.dropFirst() }
        switch text[..<colon] {
        case "event": name = String(value)
        case "data": data.append(String(value))
        default: held -= text.utf8.count
        }
        return nil
    }
}

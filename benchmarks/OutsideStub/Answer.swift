import NIOCore

/// Whole answers as bytes: head and body.
enum Answer {
    /// The raw value is how the status is written.
    enum Status: String {
        case ok = "200 OK"
        case created = "201 Created"
        case badRequest = "400 Bad Request"
        case notFound = "404 Not Found"
        case conflict = "409 Conflict"
        case gone = "410 Gone"
    }

    /// The head of an answer, in a buffer with room for its body.
    static func head(_ status: Status, bodyLength: Int) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: 128 + bodyLength)
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(status.rawValue)
        buffer.writeStaticString("\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ")
        buffer.writeString(String(bodyLength))
        buffer.writeStaticString("\r\n\r\n")
        return buffer
    }

    /// An answer that is the same for everybody.
    static func whole(_ status: Status, _ body: String) -> ByteBuffer {
        var buffer = head(status, bodyLength: body.utf8.count)
        buffer.writeString(body)
        return buffer
    }
}

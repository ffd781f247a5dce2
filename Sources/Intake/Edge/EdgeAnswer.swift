import HTTPTypes
import Messages
import NIOCore
import NIOHTTPTypes

/// Answers about the bounds; the edge gives most of them by itself, without the router.
enum EdgeAnswer {
    /// The parts of an answer.
    ///
    /// - Parameters:
    ///   - problem: what it says.
    ///   - method: of the request; an answer to HEAD has no body.
    ///   - closes: whether it is the connection's last.
    /// - Returns: head, body, end.
    static func parts(_ problem: Problem, to method: HTTPRequest.Method?, closes: Bool) -> [HTTPResponsePart] {
        // A problem is texts and numbers, which always encode.
        let body = (try? MessageCoding.encode(problem)) ?? []
        var fields: HTTPFields = [.contentType: "application/problem+json", .contentLength: "\(body.count)"]
        if let seconds = problem.retryAfter { fields[.retryAfter] = "\(seconds)" }
        if closes { fields[.connection] = "close" }
        let head = HTTPResponse(status: problem.status, headerFields: fields)
        guard method != .head else { return [.head(head), .end(nil)] }
        return [.head(head), .body(ByteBuffer(bytes: body)), .end(nil)]
    }

    static let tooManyRequests = Problem.unavailable(
        "overloaded",
        "Too many requests are in progress; send this one again later."
    )

    static let tooManyStrangers = Problem.unavailable(
        "overloaded",
        "Too many bodies are being read whose signatures are still to be checked; send this one again later."
    )

    static let slowBody = Problem.unavailable("slow-body", "The body did not come in time; send it again.")

    static let largeHead = Problem(
        HTTPResponse.Status(code: 431, reasonPhrase: "Request Header Fields Too Large"),
        "large-head",
        "The head is too large",
        "A request line and its headers may have \(IntakeServer.headBytes) bytes and \(IntakeServer.headFields) fields."
    )
}

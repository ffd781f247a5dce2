/// The status, headers and address of an answer, known before its body.
public struct HTTPResponseHead: Hashable, Sendable {
    /// The three-digit status.
    public var status: Int

    /// The header fields.
    public var headers: HTTPHeaders

    /// The URL that answered, after redirects, without user information.
    public var url: String

    /// Makes a head.
    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), url: String) {
        self.status = status
        self.headers = headers
        self.url = url
    }
}

/// A whole answer.
///
/// Every status is an answer, also 4xx and 5xx: what they mean is for the caller to say.
public struct HTTPResponse: Hashable, Sendable {
    /// Status, headers and address.
    public var head: HTTPResponseHead

    /// The body, empty where there was none.
    public var body: [UInt8]

    /// The three-digit status.
    public var status: Int { head.status }

    /// The header fields.
    public var headers: HTTPHeaders { head.headers }

    /// The URL that answered, after redirects, without user information.
    public var url: String { head.url }

    /// Makes an answer.
    public init(head: HTTPResponseHead, body: [UInt8] = []) {
        self.head = head
        self.body = body
    }

    /// Makes an answer from its parts.
    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [], url: String) {
        self.init(head: HTTPResponseHead(status: status, headers: headers, url: url), body: body)
    }
}

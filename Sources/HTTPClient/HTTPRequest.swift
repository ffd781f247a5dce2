/// One HTTP request, its limits included.
///
/// A request is checked before anything is sent: line breaks or NUL in the URL or in a header, another scheme than
/// http or https, or a limit below zero end as ``HTTPClientError/Code/invalidRequest``.
public struct HTTPRequest: Sendable {
    /// The request methods that the client sends.
    public enum Method: String, Hashable, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
        case head = "HEAD"
    }

    /// How long a request may take.
    public struct Timeouts: Hashable, Sendable {
        /// Until there is a connection: name resolution, TCP and TLS together, for each hop of a redirected request.
        public var connect: Duration

        /// From `send` to the last byte of the answer, waiting for a free place included; nil for no such limit.
        public var total: Duration?

        /// How long nothing at all may arrive, from the sending of the request on; nil for no such limit.
        ///
        /// The time in which a streamed body is not read does not count.
        public var idle: Duration?

        /// Makes a set of limits: 5 s to connect and 30 s in all unless said otherwise.
        public init(connect: Duration = .seconds(5), total: Duration? = .seconds(30), idle: Duration? = nil) {
            self.connect = connect
            self.total = total
            self.idle = idle
        }
    }

    /// The request method.
    public var method: Method

    /// An absolute http or https URL in printable ASCII; anything else in it must be percent-encoded.
    public var url: String

    /// The header fields to send.
    ///
    /// `Content-Length`, `Transfer-Encoding`, `Connection` and `Expect` are the client's own and refused here.
    public var headers: [HTTPHeader]

    /// The body, which GET and HEAD do not take.
    ///
    /// With POST, PUT and PATCH, nil and empty both send `Content-Length: 0`.
    public var body: [UInt8]?

    /// How long the request may take.
    public var timeouts: Timeouts

    /// The largest answer body that is collected, in bytes; more is ``HTTPClientError/Code/bodyTooLarge``.
    ///
    /// It does not apply to ``HTTPClient/stream(_:)``, whose buffer is bounded instead.
    public var maximumBodyBytes: Int

    /// How many redirects may be followed, one after the other.
    ///
    /// With 0, the default, an answer that redirects is an error that says where it points.
    public var redirects: Int

    /// Whether the request may be sent a second time when a kept connection broke before the first byte of an answer.
    ///
    /// True for all methods but POST and PATCH unless set. Where it is false, such a break is
    /// ``HTTPClientError/Code/cut``: the server may have acted on the request.
    public var isIdempotent: Bool

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - method: GET unless said otherwise.
    ///   - url: An absolute http or https URL.
    ///   - headers: The header fields to send.
    ///   - body: The body to send.
    ///   - timeouts: 5 s to connect and 30 s in all unless said otherwise.
    ///   - maximumBodyBytes: 8 MiB unless said otherwise.
    ///   - redirects: None unless said otherwise.
    ///   - isIdempotent: By the method unless said otherwise.
    public init(
        method: Method = .get,
        url: String,
        headers: [HTTPHeader] = [],
        body: [UInt8]? = nil,
        timeouts: Timeouts = Timeouts(),
        maximumBodyBytes: Int = 8 << 20,
        redirects: Int = 0,
        isIdempotent: Bool? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.maximumBodyBytes = maximumBodyBytes
        self.redirects = redirects
        self.isIdempotent = isIdempotent ?? (method != .post && method != .patch)
    }
}

/// Why a request has no answer.
public struct HTTPClientError: Error, Hashable, Sendable {
    /// The kinds of failure.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The host's name has no address, or the resolver did not answer.
        case couldNotResolve
        /// Nobody listens there, or there is no way to it.
        case couldNotConnect
        /// The connect, total or idle time limit ran out.
        case timedOut
        /// There is no trusted TLS connection: a certificate that cannot be verified, or a handshake that failed.
        case tls
        /// The connection ended before the answer did, or before it began.
        case cut
        /// What came is not HTTP.
        case badAnswer
        /// The answer's body is larger than the request allows.
        case bodyTooLarge
        /// The answer redirects, and the redirect is not allowed.
        case redirectRefused
        /// The request, or the client's configuration, cannot be used; nothing was sent.
        case invalidRequest
        /// The task that waited for the answer was cancelled.
        case cancelled
        /// The client is closed, or was closed meanwhile.
        case stopped
        /// Anything else that libcurl reports.
        case other
    }

    /// The kind of failure.
    public var code: Code

    /// What happened, for people; never holds the value of a sensitive header.
    public var message: String

    /// libcurl's own number (a `CURLcode`), 0 where the failure is not libcurl's.
    public var curlCode: Int32

    /// The request's method; nil where the failure concerns no request.
    public var method: HTTPRequest.Method?

    /// The URL without query, fragment and user information; empty where the failure concerns no request.
    public var url: String

    /// Whether the request could have taken effect: false only where it surely was not sent.
    public var mayHaveReachedServer: Bool

    /// Makes an error.
    public init(
        code: Code,
        message: String,
        curlCode: Int32 = 0,
        method: HTTPRequest.Method? = nil,
        url: String = "",
        mayHaveReachedServer: Bool = false
    ) {
        self.code = code
        self.message = message
        self.curlCode = curlCode
        self.method = method
        self.url = url
        self.mayHaveReachedServer = mayHaveReachedServer
    }

    /// Whether the same request may well succeed later with nothing changed.
    ///
    /// It says nothing about whether repeating is safe: see ``mayHaveReachedServer``.
    public var isTransient: Bool {
        switch code {
        case .couldNotResolve, .couldNotConnect, .timedOut, .cut: true
        // A handshake that broke off is of the network; a certificate that is not trusted stays so.
        case .tls: curlCode == FailureTable.handshakeBroken
        case .badAnswer, .bodyTooLarge, .redirectRefused, .invalidRequest, .cancelled, .stopped, .other: false
        }
    }
}

extension HTTPClientError: CustomStringConvertible {
    /// One line: method, URL, kind, message, and whether the request may have reached the server.
    public var description: String {
        let place = method.map { "\($0.rawValue) \(url): " } ?? ""
        let number = curlCode == 0 ? "" : " (curl \(curlCode))"
        let effect = mayHaveReachedServer ? "; the request may have reached the server" : "; the request was not sent"
        return "\(place)\(code.rawValue): \(message)\(number)\(method == nil ? "" : effect)"
    }
}

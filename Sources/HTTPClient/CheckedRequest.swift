/// A request that can be sent: every rule about what a caller may put into one has been checked.
struct CheckedRequest: Sendable {
    let request: HTTPRequest

    /// What is sent first.
    let hop: Hop

    /// Checks a request.
    init(_ request: HTTPRequest) throws(HTTPClientError) {
        do throws(Failure) {
            for header in request.headers {
                try Self.check(header)
            }
            try Self.checkLimits(of: request)
            let address: Address
            do throws(AddressProblem) {
                address = try Address(request.url)
            } catch {
                throw Failure(code: .invalidRequest, message: "the URL cannot be used: \(error.reason)")
            }
            self.request = request
            self.hop = Hop(
                method: request.method,
                address: address,
                headers: request.headers,
                body: Self.body(of: request)
            )
        } catch {
            throw HTTPClientError(
                code: error.code,
                message: error.message,
                method: request.method,
                url: (try? Address(request.url))?.redacted ?? AddressProblem.redact(request.url)
            )
        }
    }

    /// Ties a failure to this request.
    func error(_ failure: Failure, mayHaveReachedServer: Bool) -> HTTPClientError {
        HTTPClientError(
            code: failure.code,
            message: Secrets(of: self).masked(failure.message),
            curlCode: failure.curlCode,
            method: request.method,
            url: hop.address.redacted,
            mayHaveReachedServer: mayHaveReachedServer
        )
    }

    private static func body(of request: HTTPRequest) -> [UInt8]? {
        switch request.method {
        case .post, .put, .patch: request.body ?? []
        case .get, .head, .delete: request.body
        }
    }

    private static func checkLimits(of request: HTTPRequest) throws(Failure) {
        let timeouts = request.timeouts
        guard timeouts.connect > .zero, timeouts.total ?? .seconds(1) > .zero, timeouts.idle ?? .seconds(1) > .zero
        else { throw invalid("a time limit must be longer than nothing; leave it out for none") }
        guard request.maximumBodyBytes >= 0 else { throw invalid("maximumBodyBytes is below zero") }
        guard (0...50).contains(request.redirects) else { throw invalid("redirects must be 0 to 50") }
        if request.method == .get || request.method == .head, request.body != nil {
            throw invalid("\(request.method.rawValue) takes no body")
        }
    }

    private static func check(_ header: HTTPHeader) throws(Failure) {
        guard !header.name.isEmpty, header.name.utf8.allSatisfy(isTokenByte) else {
            let shown = AddressProblem.redact(header.name)
            throw invalid("the header name \"\(shown)\" is no token of letters, digits and !#$%&'*+-.^_`|~")
        }
        guard header.value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
            throw invalid("the value of the header \(header.name) has a line break or another control character in it")
        }
        guard !ownHeaders.contains(header.name.lowercased()) else {
            throw invalid("the header \(header.name) is set by the client itself: leave it out")
        }
    }

    /// Together with the body these decide where a message ends: two opinions about that are request smuggling.
    private static let ownHeaders: Set<String> = ["content-length", "transfer-encoding", "connection", "expect"]

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    private static func invalid(_ message: String) -> Failure {
        Failure(code: .invalidRequest, message: message)
    }
}

/// What an error about a request must not show.
struct Secrets {
    private let values: [String]

    init(of request: CheckedRequest) {
        var values = request.request.headers.filter(\.isSensitive).map(\.value)
        // "Bearer abc": the scheme is no secret, but the token is one on its own too.
        values += values.flatMap { $0.split(separator: " ").dropFirst().map(String.init) }
        values += [request.hop.address.password].compactMap(\.self)
        // Longest first, so that no part of a longer one is left over.
        self.values = values.filter { !$0.isEmpty }.sorted { $0.utf8.count > $1.utf8.count }
    }

    func masked(_ text: String) -> String {
        values.reduce(text) { $0.replacing($1, with: "(not shown)") }
    }
}

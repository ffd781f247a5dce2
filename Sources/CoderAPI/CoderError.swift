/// Why a call of Coder's API did not do what it was to do.
///
/// Never holds the session token.
public struct CoderError: Error, Sendable, Hashable {
    /// What the failure means to a caller.
    public enum Kind: Sendable, Hashable {
        /// 401, or there is no token to send: the token must be replaced.
        case unauthorized
        /// 403: the token's user may not.
        case forbidden
        /// 404: it is not there, or the token's user may not see it.
        case notFound
        /// 410: it was deleted.
        case gone
        /// 409 or 412: it is in another state than the call needs.
        case conflict
        /// Another 4xx: Coder will never take this request.
        case invalid
        /// 429: not before so many seconds.
        case rateLimited(retryAfter: Int)
        /// Nothing happened: Coder could not be reached, or could not do it now.
        case unavailable
        /// Coder may have done it: the answer was lost, is an error of the server, or cannot be read.
        case ambiguous
        /// What came is no answer of Coder.
        case badAnswer
        /// The answer is longer than what is taken: less must be asked for at once.
        case tooLarge
        /// The task that waited was cancelled; the request may have taken effect.
        case cancelled
    }

    /// What was tried: `create workspace m-inc-1`.
    public var operation: String
    /// What it means.
    public var kind: Kind
    /// The answer's status, where there was one.
    public var status: Int?
    /// Coder's own message, or what happened to the request.
    public var message: String
    /// Coder's further detail.
    public var detail: String?
    /// What Coder says of single fields, each as `field: detail`.
    public var validations: [String]

    /// An error.
    public init(
        operation: String,
        kind: Kind,
        status: Int? = nil,
        message: String,
        detail: String? = nil,
        validations: [String] = []
    ) {
        self.operation = operation
        self.kind = kind
        self.status = status
        self.message = message
        self.detail = detail
        self.validations = validations
    }

    /// Coder's words without what was tried: message, detail and validations.
    public var words: String {
        let message = message.hasSuffix(".") ? String(message.dropLast()) : message
        let extra = ([detail].compactMap(\.self) + validations).filter { !$0.isEmpty }
        return extra.isEmpty ? message : "\(message) (\(extra.joined(separator: "; ")))"
    }

    /// What to do about it.
    public var remedy: String {
        switch kind {
        case .unauthorized: "put a valid Coder session token in place; work goes on by itself"
        case .forbidden: "give the token's user this right in Coder, or use another user's token"
        case .notFound: "check that it exists and that the token's user may see it"
        case .gone: "nothing is to be done, it was deleted"
        case .conflict: "look at its state in Coder"
        case .invalid: "correct the playbook or the template"
        case .rateLimited(let seconds): "wait \(seconds) s, or raise CODER_API_RATE_LIMIT"
        case .unavailable: "see that Coder runs and can be reached"
        case .ambiguous: "look whether it took effect before repeating it"
        case .badAnswer: "check that the address is Coder's own and not a proxy's or a login page's"
        case .tooLarge: "check that the address is Coder's own, or ask for less at once"
        case .cancelled: "it is done again"
        }
    }
}

extension CoderError: CustomStringConvertible {
    /// One sentence: what was tried, what came, what to do.
    public var description: String {
        let answer = status.map { "Coder answered \($0): " } ?? ""
        return "\(operation): \(answer)\(words); \(remedy)"
    }
}

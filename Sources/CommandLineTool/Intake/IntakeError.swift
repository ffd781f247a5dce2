import HTTPClient

/// Why intake did not do what was asked.
struct IntakeError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Kind: Hashable, Sendable {
        /// There was no answer.
        case noAnswer(HTTPClientError.Code)
        /// There was an answer, and it is an error.
        case status(Int)
        /// The answer is not what intake's API says.
        case badAnswer
        /// The request could not be made.
        case notSent
    }

    var kind: Kind
    /// For people: what went wrong, and what to do next.
    var message: String
    var problem: ProblemDetails?
    /// What the answer asked for.
    var retryAfter: Duration?

    var description: String { message }

    /// Whether the same request may well succeed later with nothing changed.
    var isTransient: Bool {
        switch kind {
        case .noAnswer(let code):
            switch code {
            case .couldNotResolve, .couldNotConnect, .timedOut, .cut, .badAnswer: true
            default: false
            }
        case .status(let status): status >= 500 || status == 408 || status == 429
        case .badAnswer, .notSent: false
        }
    }

    /// A short name for counting: `couldNotConnect`, `503`.
    var cause: String {
        switch kind {
        case .noAnswer(let code): code.rawValue
        case .status(let status): "\(status)"
        case .badAnswer: "badAnswer"
        case .notSent: "notSent"
        }
    }

    static func noAnswer(_ error: HTTPClientError, base: String) -> IntakeError {
        let message =
            switch error.code {
            case .couldNotConnect:
                "nobody answers at \(base): start Mendline with `mendline up`, or name another intake with --intake URL"
            case .invalidRequest: "\(base) cannot be asked: \(error.message); give --intake http://HOST:PORT"
            default: "no answer from \(base): \(error.message)"
            }
        return IntakeError(
            kind: error.code == .invalidRequest ? .notSent : .noAnswer(error.code),
            message: message
        )
    }

    static func refused(_ response: HTTPResponse, what: String) -> IntakeError {
        let problem = ProblemDetails(response.body)
        var message = problem?.text ?? "\(what): HTTP status \(response.status) without an explanation"
        if response.status == 401 || response.status == 403 {
            message += "\ngive intake's bearer token with --token-file FILE, or in the environment as MENDLINE_TOKEN"
        }
        return IntakeError(
            kind: .status(response.status),
            message: message,
            problem: problem,
            retryAfter: RetryAfter.parse(response.headers.first("Retry-After"))
        )
    }
}

enum RetryAfter {
    /// The seconds that the header names; nil where there is none or it names a date, which is as good as none here.
    static func parse(_ value: String?) -> Duration? {
        guard let value, let seconds = Int64(value), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 3600))
    }
}

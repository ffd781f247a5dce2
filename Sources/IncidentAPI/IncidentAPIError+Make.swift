import HTTPClient

/// One call, for its errors.
struct Call {
    var operation: IncidentAPIError.Operation
    var incidentID: String
    /// The key that was sent, which no error shows, even where the API repeats it.
    var secret = ""

    /// The error that an answer other than 2xx is.
    func error(_ response: HTTPResponse) -> IncidentAPIError {
        let kind = Self.kind(status: response.status, isEffect: operation.isEffect)
        return IncidentAPIError(
            operation: operation,
            incidentID: incidentID,
            kind: kind,
            status: response.status,
            message: AnswerText.message(of: response, without: secret),
            retryAfterSeconds: kind == .rateLimited || kind == .unavailable
                ? RetryAfter.seconds(response.headers.first("Retry-After"), date: response.headers.first("Date")) : nil,
            mayHaveTakenEffect: operation.isEffect && (kind == .ambiguous || kind == .unavailable)
        )
    }

    /// The error that no answer is.
    func error(_ error: HTTPClientError) -> IncidentAPIError {
        let isLost = operation.isEffect && error.mayHaveReachedServer
        let kind: IncidentAPIError.Kind =
            switch error.code {
            case .cancelled, .stopped: .cancelled
            // The server has answered, with a place to go to instead of an effect.
            case .redirectRefused, .invalidRequest: .rejected
            case .badAnswer, .bodyTooLarge: isLost ? .ambiguous : .badAnswer
            case .couldNotResolve, .couldNotConnect, .timedOut, .tls, .cut, .other: isLost ? .ambiguous : .unavailable
            }
        return IncidentAPIError(
            operation: operation,
            incidentID: incidentID,
            kind: kind,
            message: AnswerText.bounded("\(error.code.rawValue): \(error.message)", without: secret),
            mayHaveTakenEffect: isLost && kind != .rejected
        )
    }

    /// The error that an answer of 2xx is whose body is not what it should be.
    func badAnswer(_ response: HTTPResponse, _ problem: String) -> IncidentAPIError {
        IncidentAPIError(
            operation: operation,
            incidentID: incidentID,
            kind: operation.isEffect ? .ambiguous : .badAnswer,
            status: response.status,
            message: AnswerText.bounded(problem, without: secret),
            mayHaveTakenEffect: operation.isEffect
        )
    }

    /// The error that there is no request to send.
    func unsent(_ kind: IncidentAPIError.Kind, _ problem: String) -> IncidentAPIError {
        IncidentAPIError(
            operation: operation,
            incidentID: incidentID,
            kind: kind,
            message: AnswerText.bounded(problem, without: secret)
        )
    }

    /// What a status other than 2xx means.
    static func kind(status: Int, isEffect: Bool) -> IncidentAPIError.Kind {
        switch status {
        case 401, 403: .unauthorized
        case 404, 410: .notFound
        // By the draft of Idempotency-Key: the first request with this key is still being worked on.
        case 409 where isEffect: .ambiguous
        case 429: .rateLimited
        case 408, 425, 500...599: .unavailable
        case 300...499: .rejected
        default: isEffect ? .ambiguous : .badAnswer
        }
    }
}

import CoderAPI

/// What a create that did not answer 201 leads to.
enum CreateFailure: Equatable {
    /// Nothing was made and nothing is known to be wrong with the request: answer as for any other call.
    case answer
    /// It may be there: adopt it, or try again.
    case lookThenRetry
    /// Coder will never take this request; but an earlier one may have been taken.
    case lookThenRefuse

    /// By what the error means.
    init(_ kind: CoderError.Kind) {
        switch kind {
        case .unauthorized, .rateLimited, .unavailable, .cancelled: self = .answer
        // Two racing creates of one name answer 500, not 409 (coderd/workspaces.go), which is ambiguous here.
        case .conflict, .ambiguous, .badAnswer, .tooLarge, .gone: self = .lookThenRetry
        case .forbidden, .invalid, .notFound: self = .lookThenRefuse
        }
    }
}

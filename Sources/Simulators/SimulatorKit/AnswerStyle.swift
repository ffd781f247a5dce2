public import Hummingbird

/// How one API words what every API has to say: who may come in, and what went wrong.
public protocol AnswerStyle: Sendable {
    /// Counts against limits and checks the token, in the API's own order.
    ///
    /// - Parameters:
    ///   - request: The request, its body collected.
    ///   - context: Who sent it.
    ///   - unauthorized: Whether the token is to be refused whatever it is.
    /// - Returns: Whether the request may go on, and what its answer says in any case.
    func admit(_ request: Request, context: SimulatorContext, unauthorized: Bool) -> Admission

    /// The answer for a failure that a fault asks for.
    func failure(status: Int) -> Response

    /// The 429 that a fault asks for.
    func tooManyRequests(retryAfter: Int) -> Response

    /// The answer for an error that a route threw.
    func answer(for error: any Error, context: SimulatorContext) -> Response
}

/// What is known of a request before it is handled.
public struct Admission: Sendable {
    /// The answer, where the request may not go on.
    public var refusal: Response?
    /// Headers that the answer has, whatever it is.
    public var headers: HTTPFields

    /// A refusal or none, and the headers of the answer.
    public init(refusal: Response? = nil, headers: HTTPFields = [:]) {
        self.refusal = refusal
        self.headers = headers
    }
}

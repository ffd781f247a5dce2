import HTTPTypes
import Hummingbird
import Logging
import SimulatorKit

/// A refusal, as problem details.
struct IncidentProblem: Error, Equatable, Sendable {
    let status: Int
    let title: String
    let detail: String?
}

/// Key check and errors of the incident API.
struct IncidentStyle: AnswerStyle {
    let key: String
    let logger: Logger

    func admit(_ request: Request, context: SimulatorContext, unauthorized: Bool) -> Admission {
        let prefix = "Bearer "
        let given = request.headers[.authorization] ?? ""
        if !unauthorized, given.hasPrefix(prefix), sameSecret(String(given.dropFirst(prefix.count)), key) {
            return Admission()
        }
        return Admission(
            refusal: .problem(
                .unauthorized,
                title: "Unauthorized",
                detail: given.isEmpty ? "Send the header Authorization: Bearer KEY." : "The API key is not known."
            ),
            headers: [.wwwAuthenticate: "Bearer realm=\"incidents\""]
        )
    }

    func failure(status: Int) -> Response {
        .problem(.init(code: status), title: status == 413 ? "Body too large" : "The simulator was told to fail")
    }

    func tooManyRequests(retryAfter: Int) -> Response {
        var response = Response.problem(.tooManyRequests, title: "Too many requests")
        response.headers[.retryAfter] = "\(retryAfter)"
        return response
    }

    func answer(for error: any Error, context: SimulatorContext) -> Response {
        switch error {
        case let error as IncidentProblem:
            return .problem(.init(code: error.status), title: error.title, detail: error.detail)
        case let error as HTTPError where error.status == .notFound:
            return .problem(.notFound, title: "There is no such route")
        default:
            logger.error("request failed", metadata: ["error": "\(error)"])
            return failure(status: 500)
        }
    }
}

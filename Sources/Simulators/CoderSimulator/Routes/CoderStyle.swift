import Foundation
import HTTPTypes
import Hummingbird
import Logging
import SimulatorKit

extension HTTPField.Name {
    static func coder(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no header name") }
        return field
    }
}

/// Limit, token and errors in Coder's words.
///
/// The limiter comes before the token, so a 401 counts against it.
struct CoderStyle: AnswerStyle {
    private static let open: Set<String> = ["/healthz", "/api/v2/buildinfo"]

    let simulation: Simulation
    let token: String
    let logger: Logger

    func admit(_ request: Request, context: SimulatorContext, unauthorized: Bool) -> Admission {
        let path = request.uri.path
        var headers: HTTPFields = [
            .coder("X-Coder-Build-Version"): coderVersion, .coder("X-Coder-Request-Id"): UUID().text,
        ]
        guard path.hasPrefix("/api/v2/") else { return Admission(headers: headers) }
        if let (verdict, limit) = simulation.countAgainstLimit("\(context.clientAddress) \(path)") {
            headers[.coder("X-RateLimit-Limit")] = "\(limit)"
            headers[.coder("X-RateLimit-Remaining")] = "\(verdict.remaining)"
            headers[.coder("X-RateLimit-Reset")] = "\(verdict.reset)"
            if !verdict.isAllowed {
                return Admission(refusal: tooManyRequests(limit: limit, retryAfter: 60), headers: headers)
            }
        }
        if Self.open.contains(path), !unauthorized { return Admission(headers: headers) }
        guard let detail = unauthorized ? "API key is invalid." : complaint(about: request) else {
            return Admission(headers: headers)
        }
        headers[.wwwAuthenticate] =
            "Bearer realm=\"coder\", error=\"invalid_token\", error_description=\"The access token is invalid\""
        return Admission(
            refusal: .json(.unauthorized, APIError(401, message(for: path), detail: detail).json),
            headers: headers
        )
    }

    private func message(for path: String) -> String {
        path.hasPrefix("/api/v2/workspaceagents/")
            ? "API key or external proxy authentication required, but none provided"
            : "You are signed out or your session has expired. Please sign in again to continue."
    }

    /// What is wrong with the request's token; nil where nothing is (coderd/httpmw/apikey.go).
    private func complaint(about request: Request) -> String? {
        guard let given = Self.token(of: request) else {
            return "Cookie \"coder_session_token\" or query parameter must be provided."
        }
        if sameSecret(given, token) { return nil }
        let parts = given.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            return "Invalid API key format: incorrect amount of API key parts, expected 2 got \(parts.count)"
        }
        let known = token.split(separator: "-", omittingEmptySubsequences: false)
        return parts[0] == known.first ? "API key secret is invalid." : "API key is invalid."
    }

    /// A cookie beats a header (APITokenFromRequest).
    private static func token(of request: Request) -> String? {
        let cookies = request.headers[values: .cookie].flatMap { $0.split(separator: ";") }
        for cookie in cookies {
            let sides = cookie.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if sides.count == 2, sides[0] == "coder_session_token" { return sides[1] }
        }
        if let query = request.uri.queryParameters["coder_session_token"] { return String(query) }
        if let header = request.headers[.coder("Coder-Session-Token")] { return header }
        if let bearer = request.headers[.authorization], bearer.lowercased().hasPrefix("bearer ") {
            return String(bearer.dropFirst("bearer ".count))
        }
        return request.uri.queryParameters["access_token"].map(String.init)
    }

    func failure(status: Int) -> Response {
        let message =
            switch status {
            case 413: "Request body too large."
            case 500: "An internal server error occurred."
            default: "The simulator was told to fail."
            }
        return .json(.init(code: status), APIError(status, message).json)
    }

    func tooManyRequests(retryAfter: Int) -> Response { tooManyRequests(limit: 512, retryAfter: retryAfter) }

    private func tooManyRequests(limit: Int, retryAfter: Int) -> Response {
        var response = Response.json(
            .tooManyRequests,
            APIError(429, "You've been rate limited for sending more than \(limit) requests in 1m0s.").json
        )
        response.headers[.retryAfter] = "\(retryAfter)"
        return response
    }

    func answer(for error: any Error, context: SimulatorContext) -> Response {
        switch error {
        case let error as APIError: return .json(.init(code: error.status), error.json)
        case let error as HTTPError where error.status == .notFound:
            return .json(.notFound, APIError(404, "Route not found.").json)
        default:
            logger.error("request failed", metadata: ["error": "\(error)"])
            return failure(status: 500)
        }
    }
}

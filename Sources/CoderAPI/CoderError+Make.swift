import Foundation
import HTTPClient

/// `codersdk.Response`, the body of every error (codersdk/client.go).
private struct ErrorBody: Decodable {
    struct Validation: Decodable {
        var field: String?
        var detail: String?
    }

    var message: String
    var detail: String?
    var validations: [Validation]?
}

extension CoderError {
    /// The most characters that are kept of any text of an answer.
    private static let mostText = 2000
    /// httprate's window; Coder always answers the whole of it (coderd/httpmw/ratelimit.go).
    private static let rateLimitWindow = 60

    init(_ call: Call, _ kind: Kind, status: Int? = nil, message: String) {
        let isLost = call.hasEffect && kind == .badAnswer
        self.init(operation: call.operation, kind: isLost ? .ambiguous : kind, status: status, message: message)
    }

    /// The error that an answer other than 2xx is.
    init(_ call: Call, _ response: HTTPResponse, token: String) {
        let body = try? JSONDecoder().decode(ErrorBody.self, from: Data(response.body))
        func clean(_ text: String) -> String {
            // A shorter one is no token of Coder's, and would mask ordinary words. Masked before it is cut, else the
            // beginning of a token could stay at the cut.
            let text = token.count < 8 ? text : text.replacingOccurrences(of: token, with: "[masked]")
            return String(text.prefix(Self.mostText))
        }
        let retryAfter = response.headers.first("Retry-After").flatMap { Int($0) }
        self.init(
            operation: call.operation,
            kind: Self.kind(status: response.status, hasEffect: call.hasEffect, retryAfter: retryAfter),
            status: response.status,
            message: clean(body?.message ?? "an answer without Coder's error body"),
            detail: body?.detail.map(clean),
            validations: (body?.validations ?? []).prefix(20).map { clean("\($0.field ?? ""): \($0.detail ?? "")") }
        )
    }

    /// The error that no answer is.
    init(_ call: Call, _ error: HTTPClientError) {
        let kind: Kind =
            switch error.code {
            case .cancelled: .cancelled
            case .badAnswer, .redirectRefused:
                call.hasEffect && error.mayHaveReachedServer ? .ambiguous : .badAnswer
            case .bodyTooLarge: call.hasEffect && error.mayHaveReachedServer ? .ambiguous : .tooLarge
            default: call.hasEffect && error.mayHaveReachedServer ? .ambiguous : .unavailable
            }
        self.init(operation: call.operation, kind: kind, message: "\(error.code.rawValue): \(error.message)")
    }

    /// What a status means.
    static func kind(status: Int, hasEffect: Bool, retryAfter: Int?) -> Kind {
        switch status {
        case 401: .unauthorized
        case 403: .forbidden
        case 404: .notFound
        case 410: .gone
        case 409, 412: .conflict
        case 429: .rateLimited(retryAfter: max(retryAfter ?? rateLimitWindow, 0))
        // 406 and 425: the template's version is still being imported.
        case 406, 408, 425: .unavailable
        case 400...499: .invalid
        case 500...599: hasEffect ? .ambiguous : .unavailable
        default: hasEffect ? .ambiguous : .badAnswer
        }
    }
}

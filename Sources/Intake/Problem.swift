import Hummingbird
import Messages
import NIOCore

/// An error answer of the API: RFC 9457 `application/problem+json`.
struct Problem: Error, Sendable {
    /// One field that is wrong.
    struct FieldError: Codable, Sendable, Hashable {
        var field: String
        var message: String
    }

    var status: HTTPResponse.Status
    /// The last part of the problem's type.
    var kind: String
    var title: String
    var detail: String
    var errors: [FieldError]?
    var reasons: [Reason]?
    var diagnosis: Diagnosis?
    var incidentID: String?
    var retryAfter: Int?
    var allowedMethods: [String] = []
    /// The scope that the caller lacks.
    var scope: String?

    init(_ status: HTTPResponse.Status, _ kind: String, _ title: String, _ detail: String) {
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
    }

    /// Overload, a full disk and draining are 503, never 429: Alertmanager drops on every 4xx and retries on 5xx.
    static func unavailable(_ kind: String, _ detail: String, retryAfter: Int = 2) -> Problem {
        var problem = Problem(.serviceUnavailable, kind, "Not now", detail)
        problem.retryAfter = retryAfter
        return problem
    }

    /// A token for an intake that cannot seal it.
    ///
    /// It stays so until somebody configures intake anew, so it is no 503: senders repeat on every 5xx, and not on 422.
    static var noSealingKey: Problem {
        .invalid(
            "no-sealing-key",
            "This intake takes no tokens",
            FieldErrors([
                FieldError(
                    field: "target_service_token",
                    message: "cannot be taken, since this intake has no key to seal it with; leave it out, or give "
                        + "intake a key (--sealing-key, SEAL_PUBLIC_KEY_FILE or seal.public_key_file)"
                )
            ])
        )
    }

    static func wrongMethod(_ method: String, _ path: String, _ allowed: [String]) -> Problem {
        let methods = allowed.joined(separator: ", ")
        var problem = Problem(
            .methodNotAllowed,
            "method-not-allowed",
            "Wrong method",
            "\(path) takes \(methods), not \(method)."
        )
        problem.allowedMethods = allowed
        return problem
    }

    /// JSON that is not what the call takes, with every field that is wrong.
    static func invalid(_ kind: String, _ title: String, _ wrong: FieldErrors) -> Problem {
        var problem = Problem(
            HTTPResponse.Status(code: 422, reasonPhrase: "Unprocessable Content"),
            kind,
            title,
            wrong.errors.map { $0.field.isEmpty ? $0.message : "\($0.field) \($0.message)" }.joined(separator: "; ")
        )
        problem.errors = wrong.errors
        return problem
    }

    static func notFound(_ what: String) -> Problem {
        Problem(.notFound, "not-found", "Not found", what)
    }
}

extension Problem: Encodable {
    private enum Key: String, CodingKey {
        case type, title, status, detail, errors, reasons, diagnosis, scope
        case incidentID = "incident_id"
        case retryAfter = "retry_after_s"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode("urn:mendline:problem:\(kind)", forKey: .type)
        try container.encode(title, forKey: .title)
        try container.encode(status.code, forKey: .status)
        try container.encode(detail, forKey: .detail)
        try container.encodeIfPresent(errors, forKey: .errors)
        try container.encodeIfPresent(reasons, forKey: .reasons)
        try container.encodeIfPresent(diagnosis, forKey: .diagnosis)
        try container.encodeIfPresent(incidentID, forKey: .incidentID)
        try container.encodeIfPresent(retryAfter, forKey: .retryAfter)
        try container.encodeIfPresent(scope, forKey: .scope)
    }
}

extension Problem: HTTPResponseError {
    func response(from request: Request, context: some RequestContext) throws -> Response {
        var response = try Answer.json(self, status: status)
        response.headers[.contentType] = "application/problem+json"
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        if !allowedMethods.isEmpty { response.headers[.allow] = allowedMethods.joined(separator: ", ") }
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        // RFC 6750, section 3.1.
        if let scope { response.headers[.wwwAuthenticate] = "Bearer error=\"insufficient_scope\", scope=\"\(scope)\"" }
        return response
    }
}

/// Makes answers of the API.
enum Answer {
    /// JSON with sorted keys.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let bytes = try MessageCoding.encode(value)
        return Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .contentLength: "\(bytes.count)"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    static func text(_ text: String, type: String) -> Response {
        let buffer = ByteBuffer(string: text)
        return Response(
            status: .ok,
            headers: [.contentType: type, .contentLength: "\(buffer.readableBytes)"],
            body: ResponseBody(byteBuffer: buffer)
        )
    }
}

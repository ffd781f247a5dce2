import Foundation

/// An answer that is not a success: `codersdk.Response`.
struct APIError: Error, Equatable, Sendable {
    /// One field that is wrong.
    struct Validation: Equatable, Sendable {
        let field: String
        let detail: String
    }

    let status: Int
    let message: String
    var detail: String?
    var validations: [Validation]

    init(_ status: Int, _ message: String, detail: String? = nil, validations: [Validation] = []) {
        self.status = status
        self.message = message
        self.detail = detail
        self.validations = validations
    }

    /// Also for what the caller may not see.
    static let notFound = APIError(404, "Resource not found or you do not have access to this resource")

    static func invalidBody(_ detail: String) -> APIError {
        APIError(400, "Request body must be valid JSON.", detail: detail)
    }

    static func validationFailed(field: String, tag: String, value: String) -> APIError {
        APIError(
            400,
            "Validation failed.",
            validations: [
                .init(field: field, detail: "Validation failed for tag \"\(tag)\" with value: \"\(value)\"")
            ]
        )
    }
}

/// A uuid of a request's body.
///
/// - Throws: What google/uuid says of a malformed one, inside the error for a body that cannot be read.
func bodyUUID(_ text: String) throws(APIError) -> UUID {
    guard text.utf8.count == 36 else { throw .invalidBody("invalid UUID length: \(text.utf8.count)") }
    guard let id = UUID(uuidString: text) else { throw .invalidBody("invalid UUID format") }
    return id
}

/// A uuid of a request's path.
func pathUUID(_ text: String) throws(APIError) -> UUID {
    guard let id = UUID(uuidString: text) else { throw APIError(400, "Invalid UUID \"\(text)\".") }
    return id
}

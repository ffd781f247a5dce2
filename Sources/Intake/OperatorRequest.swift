import Messages

/// What a person asks for an incident: why, and who asks.
struct OperatorRequest: Sendable, Hashable {
    var reason: String
    /// Who asks, as the request says; a token that names somebody overrides it.
    var by: String?
    /// A retry's token for the service.
    var targetServiceToken: String?

    /// Reads `{reason, by?}`, and of a retry `target_service_token?`.
    ///
    /// - Returns: the request, or what is wrong with it.
    static func read(_ json: JSONValue, isRetry: Bool = false) -> Result<OperatorRequest, FieldErrors> {
        guard case .object(let members) = json else {
            return .failure(
                FieldErrors([.init(field: "", message: "must be a JSON object with reason, and by if wanted")])
            )
        }
        var fields = FieldReader(members)
        let reason = fields.text("reason", limit: 500)
        let by = fields.text("by", limit: 100, isOptional: true)
        let token = isRetry ? fields.text("target_service_token", limit: 4096, isOptional: true) : nil
        guard fields.errors.isEmpty, let reason else { return .failure(FieldErrors(fields.errors)) }
        return .success(OperatorRequest(reason: reason, by: by, targetServiceToken: token))
    }
}

import Messages

/// An incident as a request brings it.
struct IncomingIncident: Sendable, Hashable {
    var incident: Incident
    var targetServiceToken: String?
}

/// Reads an incident from a request's JSON and names every field that is wrong at once.
///
/// Pure. The bounds are what the rest of the pipeline is made for: an incident and its plan fit into one message.
enum IncidentReader {
    /// UTF-8 bytes of all texts but the token.
    ///
    /// A delivery holds the incident twice, and JSON may double each byte.
    private static let maximumBytes = 128 << 10

    /// Reads the object.
    ///
    /// - Returns: the incident, or what is wrong with it; never empty.
    static func read(_ json: JSONValue) -> Result<IncomingIncident, FieldErrors> {
        guard case .object(let members) = json else {
            return .failure(
                FieldErrors([
                    .init(
                        field: "",
                        message: "must be a JSON object with incident_id, service_name, severity, description"
                    )
                ])
            )
        }
        var fields = FieldReader(members)
        let id = fields.text("incident_id", limit: 200)
        if id?.hasPrefix("mendline:") == true {
            fields.wrong("incident_id", "must not begin with mendline:, which marks Mendline's own timelines")
        }
        if id == "." || id == ".." { fields.wrong("incident_id", "must not be . or .., which no URL can hold") }
        let service = fields.text("service_name", limit: 200)
        let severity = fields.text("severity", limit: 40)
        let description = fields.text("description", limit: 8192, multiline: true)
        let labels = fields.texts("labels", limit: 1024)
        let annotations = fields.texts("annotations", limit: 8192)
        if fields.bytes > maximumBytes {
            fields.wrong(
                "",
                "all texts together may have \(maximumBytes) bytes, not \(fields.bytes); shorten the annotations"
            )
        }
        let token = fields.text("target_service_token", limit: 4096, isOptional: true)
        guard fields.errors.isEmpty, let id, let service, let severity, let description else {
            return .failure(FieldErrors(fields.errors))
        }
        return .success(
            IncomingIncident(
                incident: Incident(
                    incidentID: id,
                    serviceName: service,
                    severity: severity.lowercased(),
                    description: description,
                    labels: labels,
                    annotations: annotations
                ),
                targetServiceToken: token
            )
        )
    }
}

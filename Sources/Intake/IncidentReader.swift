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
    private static let maximumLabels = 64
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
        var fields = Fields(members)
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

    /// What is wrong, field by field.
    struct FieldErrors: Error, Hashable {
        var errors: [Problem.FieldError]
        init(_ errors: [Problem.FieldError]) { self.errors = errors }
    }

    private struct Fields {
        let members: [String: JSONValue]
        var errors: [Problem.FieldError] = []
        /// UTF-8 bytes of the texts taken so far.
        var bytes = 0

        init(_ members: [String: JSONValue]) { self.members = members }

        mutating func text(
            _ field: String,
            limit: Int,
            multiline: Bool = false,
            isOptional: Bool = false
        ) -> String? {
            switch members[field] {
            case nil, .null?:
                if !isOptional { wrong(field, "is missing") }
            case .string(let text)?:
                bytes += text.utf8.count
                guard let problem = Self.problem(with: text, limit: limit, multiline: multiline) else { return text }
                wrong(field, problem)
            default: wrong(field, "must be a string")
            }
            return nil
        }

        mutating func texts(_ field: String, limit: Int) -> [String: String] {
            switch members[field] {
            case nil, .null?: return [:]
            case .object(let entries)?:
                guard entries.count <= maximumLabels else {
                    wrong(field, "may have \(maximumLabels) entries, not \(entries.count)")
                    return [:]
                }
                var result: [String: String] = [:]
                for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
                    let place = "\(field).\(key.prefix(60))"
                    bytes += key.utf8.count
                    if let problem = Self.problem(with: key, limit: 200, multiline: false) {
                        wrong(place, "as a name \(problem)")
                    } else if case .string(let text) = value {
                        bytes += text.utf8.count
                        if !text.isEmpty, let problem = Self.problem(with: text, limit: limit, multiline: true) {
                            wrong(place, problem)
                        } else {
                            result[key] = text
                        }
                    } else {
                        wrong(place, "must be a string")
                    }
                }
                return result
            default:
                wrong(field, "must be an object of strings")
                return [:]
            }
        }

        mutating func wrong(_ field: String, _ message: String) {
            errors.append(.init(field: field, message: message))
        }

        private static func problem(with text: String, limit: Int, multiline: Bool) -> String? {
            if text.allSatisfy(\.isWhitespace) { return "must not be empty" }
            // Code points: one letter with a thousand accents is a thousand characters here.
            let count = text.unicodeScalars.count
            if count > limit { return "may have \(limit) characters, not \(count)" }
            let isControl = text.unicodeScalars.contains { scalar in
                let isBreak = multiline && (scalar == "\n" || scalar == "\r" || scalar == "\t")
                return !isBreak && scalar.properties.generalCategory == .control
            }
            return isControl ? "must not contain control characters" : nil
        }
    }
}

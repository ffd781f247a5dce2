import Foundation

/// A parameter that a template declares.
struct TemplateParameter: Sendable {
    let name: String
    let description: String
    var isRequired = false
    var defaultValue = ""
    /// `string`, `number` or `bool`.
    var type = "string"
}

/// A template, with one version.
struct Template: Sendable {
    let id: UUID
    let versionID: UUID
    let name: String
    let parameters: [TemplateParameter]

    static let remediationParameters = [
        TemplateParameter(
            name: "incident_id",
            description: "The incident that this workspace is for",
            isRequired: true
        ),
        TemplateParameter(name: "playbook", description: "Which script to run", isRequired: true),
        TemplateParameter(name: "service_name", description: "The service that is in trouble"),
        TemplateParameter(name: "severity", description: "How bad it is"),
        TemplateParameter(name: "description", description: "What was reported"),
        TemplateParameter(name: "target_service_token", description: "The token for the service in trouble"),
        TemplateParameter(
            name: "timeout_seconds",
            description: "The script's time limit; 0 is none",
            defaultValue: "0",
            type: "number"
        ),
        TemplateParameter(name: "installation", description: "Which installation asked for the workspace"),
    ]

    /// The values that a build gets: those given for declared names, and the defaults of the rest.
    ///
    /// A name that the
    /// template does not declare is dropped without a word.
    ///
    /// - Throws: The error of a dynamic template for each required parameter that is not given.
    func values(given: [Parameter]) throws(APIError) -> [Parameter] {
        var missing: [APIError.Validation] = []
        var values: [Parameter] = []
        for parameter in parameters {
            if let value = given.last(where: { $0.name == parameter.name })?.value {
                values.append(Parameter(name: parameter.name, value: value))
            } else if parameter.isRequired {
                missing.append(
                    .init(
                        field: parameter.name,
                        detail: "Required parameter not provided; parameter value is null"
                    )
                )
            } else {
                values.append(Parameter(name: parameter.name, value: parameter.defaultValue))
            }
        }
        guard missing.isEmpty else {
            throw APIError(400, "Unable to validate parameters", validations: missing)
        }
        return values
    }
}

import CoderAPI

/// Whether a workspace that was found is the one that an incident's remediation made.
enum Ownership: Equatable {
    case ours
    /// Why it is not, as a clause: `it was made from template a, not from b`.
    case foreign(String)

    /// Decides by the template and the build's parameters.
    ///
    /// - Parameters:
    ///   - workspace: What was found.
    ///   - parameters: Those of its latest build, which carries over those of the first.
    ///   - incidentID: What it must have been made for.
    ///   - installation: Who must have made it; a template need not declare the parameter.
    ///   - template: The name or id of what it must have been made from; nil where that is not known any more.
    init(
        _ workspace: Workspace,
        parameters: [String: String],
        incidentID: String,
        installation: String,
        template: String?
    ) {
        if let template, !Self.isMade(workspace, from: template) {
            self = .foreign("it was made from template \(workspace.templateName), not from \(template)")
        } else if let found = parameters[ParameterName.incidentID], !found.isEmpty {
            let maker = parameters[ParameterName.installation] ?? ""
            if found != incidentID {
                self = .foreign("it was made for incident \(found.prefix(200))")
            } else if !maker.isEmpty && maker != installation {
                self = .foreign("it was made by installation \(maker.prefix(100))")
            } else {
                self = .ours
            }
        } else {
            self = .foreign(
                "it does not say for which incident it was made: its template must declare the parameter "
                    + ParameterName.incidentID
            )
        }
    }

    private static func isMade(_ workspace: Workspace, from template: String) -> Bool {
        template.isUUID
            ? workspace.templateID.lowercased() == template.lowercased()
            : workspace.templateName.lowercased() == template.lowercased()
    }
}

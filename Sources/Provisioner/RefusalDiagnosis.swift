import CoderAPI
import Messages

/// Why Coder would not make the workspace, in one sentence that a person can act on.
enum RefusalDiagnosis {
    /// Explains an error after which nothing was made.
    static func make(_ error: CoderError, plan: Plan, owner: String) -> Diagnosis {
        let answer = error.status.map { "Coder answered \($0): " } ?? ""
        return Diagnosis(
            summary: summary(error, plan, owner: owner),
            evidence: ["\(error.operation): \(answer)\(error.words)"]
        )
    }

    /// Explains a workspace that has the name but is not ours.
    static func nameTaken(_ workspace: Workspace, why: String) -> Diagnosis {
        Diagnosis(
            summary: "A workspace named \(workspace.name) is there already and was left alone because \(why); "
                + "rename or delete it in Coder, then retry the incident.",
            evidence: [
                "workspace \(workspace.id) of template \(workspace.templateName), build \(workspace.latestBuild.status)"
            ]
        )
    }

    private static func summary(_ error: CoderError, _ plan: Plan, owner: String) -> String {
        let missing = missingParameters(error)
        if !missing.isEmpty {
            return
                "Template \(plan.template) requires \(list(missing)), which playbook \(plan.playbook) does not set; add "
                + "\(missing.count == 1 ? "it" : "them") to the playbook's parameters."
        }
        let words = error.words.lowercased()
        if error.kind == .notFound || words.contains("template not found") || words.contains("doesn't exist") {
            return "Coder has no template \(plan.template) that the token's user may use; create it, or correct the "
                + "template of playbook \(plan.playbook)."
        }
        if words.contains("deprecated") || words.contains("has been deleted") {
            return "Template \(plan.template) can make no workspaces any more (\(error.words)); give playbook "
                + "\(plan.playbook) another one."
        }
        if words.contains("existing uuid or username") {
            return "Coder has no user \(owner) that the token may act for; correct the configured owner."
        }
        if words.contains("failed to import") {
            return "The active version of template \(plan.template) is broken (\(error.words)); push a working one."
        }
        if error.kind == .forbidden {
            return words.contains("not permitted")
                ? "Coder's licence does not permit the build (\(error.words)); free or extend the licence."
                : "The user of the Coder token may not create workspaces from template \(plan.template) "
                    + "(\(error.words)); give the user that right."
        }
        return "Coder refused to create a workspace from template \(plan.template): \(error.words)."
    }

    /// Both ways in which Coder says it: dynamic templates as validations, classic ones in the detail.
    private static func missingParameters(_ error: CoderError) -> [String] {
        let fields = error.validations.compactMap { validation -> String? in
            guard validation.contains("Required parameter not provided") else { return nil }
            return validation.split(separator: ":").first.map(String.init)
        }
        if !fields.isEmpty { return fields }
        guard let detail = error.detail, detail.contains("is required but not provided") else { return [] }
        let quoted = detail.split(separator: "\"", omittingEmptySubsequences: false)
        return quoted.count >= 3 ? [String(quoted[1])] : []
    }

    private static func list(_ names: [String]) -> String {
        (names.count == 1 ? "the parameter " : "the parameters ") + names.joined(separator: ", ")
    }
}

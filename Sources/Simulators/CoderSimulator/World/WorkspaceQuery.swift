import Foundation
import SimulatorKit

/// The query language of `GET /workspaces?q=`.
struct WorkspaceQuery: Sendable {
    private static let message = "Invalid workspace search query."
    private static let known: Set<String> = [
        "owner", "name", "id", "template", "status", "has-agent", "param", "organization", "dormant", "outdated",
        "last_used_after", "last_used_before", "has-ai-task", "has_external_agent", "shared",
    ]
    private static let statuses: Set<String> = [
        "pending", "starting", "running", "stopping", "stopped", "failed", "canceling", "canceled", "deleting",
        "deleted",
    ]

    private let terms: [String: String]
    private let ids: Set<UUID>?
    private let parameterNames: Set<String>
    private let parameterPairs: Set<[String]>
    private let usedAfter: Timestamp?
    private let usedBefore: Timestamp?

    /// Reads a query; empty text matches everything.
    init(_ text: String) throws(APIError) {
        let search = try SearchTerms(text, message: Self.message) { word in
            let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2
                ? [(key: "owner", value: String(parts[0])), (key: "name", value: String(parts[1]))]
                : [(key: "name", value: word)]
        }
        try search.check(known: Self.known, message: Self.message)
        terms = search.values
        if let status = terms["status"], !Self.statuses.contains(status) {
            throw SearchTerms.error(
                Self.message,
                field: "status",
                "Query param \"status\" has invalid value: \"\(status)\""
            )
        }
        if let list = terms["id"] {
            var ids: Set<UUID> = []
            for part in list.split(separator: ",") {
                guard let id = UUID(uuidString: String(part)) else {
                    throw SearchTerms.error(
                        Self.message,
                        field: "id",
                        "Query param \"id\" has invalid value: \"\(part)\""
                    )
                }
                ids.insert(id)
            }
            self.ids = ids
        } else {
            ids = nil
        }
        var names: Set<String> = []
        var pairs: Set<[String]> = []
        for part in (terms["param"] ?? "").split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if sides.count == 2 { pairs.insert(sides) } else { names.insert(String(part)) }
        }
        parameterNames = names
        parameterPairs = pairs
        usedAfter = try Self.time(terms, "last_used_after")
        usedBefore = try Self.time(terms, "last_used_before")
    }

    private static func time(_ terms: [String: String], _ key: String) throws(APIError) -> Timestamp? {
        guard let text = terms[key] else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw SearchTerms.error(
                message,
                field: key,
                "Query param \"\(key)\" must be a valid date format (RFC 3339)"
            )
        }
        return time
    }

    /// Whether a workspace is among the answers.
    ///
    /// Deleted ones never are.
    func matches(_ workspace: Workspace, in world: World, now: Timestamp) -> Bool {
        guard workspace.deletedAt == nil, let build = world.latestBuild(of: workspace) else { return false }
        if let ids, !ids.contains(workspace.id) { return false }
        for (key, value) in terms {
            let holds: Bool
            switch key {
            case "owner": holds = value == "me" || value == world.owner.name.lowercased()
            case "name": holds = workspace.name.lowercased().contains(value)
            case "template": holds = world.template(workspace.templateID)?.name.lowercased() == value
            case "organization":
                holds = value == world.organization.name.lowercased() || value == world.organization.id.text
            case "status": holds = build.status == value
            case "has-agent":
                holds = build.transition == .start && build.agent?.status(at: now).rawValue == value
            // Nothing here is ever dormant, outdated, shared, or made by or for an AI.
            case "dormant", "outdated", "has-ai-task", "has_external_agent", "shared": holds = value != "true"
            case "last_used_after": holds = usedAfter.map { workspace.updatedAt > $0 } ?? true
            case "last_used_before": holds = usedBefore.map { workspace.updatedAt < $0 } ?? true
            default: holds = true
            }
            guard holds else { return false }
        }
        // Of several pairs one is enough, and of several names too; pairs and names together must both hold.
        if !parameterNames.isEmpty,
            !build.parameters.contains(where: { parameterNames.contains($0.name.lowercased()) })
        {
            return false
        }
        if !parameterPairs.isEmpty,
            !build.parameters.contains(where: {
                parameterPairs.contains([$0.name.lowercased(), $0.value.lowercased()])
            })
        {
            return false
        }
        return true
    }
}

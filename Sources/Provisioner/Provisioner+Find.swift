import CoderAPI
import Foundation
import Logging
import Messages
import StageKit

/// What there is under a name.
enum Found {
    case ours(Workspace)
    case foreign(Workspace, String)
    case none
}

/// What there is of a workspace that an event names.
enum Located {
    case there(Workspace)
    /// Coder says that it was deleted.
    case gone
    /// None of that name, or not ours.
    case none
}

extension Provisioner {
    /// Looks by name, and whose it is.
    func find(_ name: String, template: String?, _ delivery: Delivery, _ hand: Hand) async throws -> Found {
        guard
            let workspace = try await plainCall(
                hand,
                { () throws(CoderError) in try await coder.workspace(named: name) }
            )
        else { return .none }
        switch try await ownership(of: workspace, template: template, delivery, hand) {
        case .ours: return .ours(workspace)
        case .foreign(let why): return .foreign(workspace, why)
        }
    }

    /// Whose a workspace is, by the parameters of its latest build.
    func ownership(
        of workspace: Workspace,
        template: String?,
        _ delivery: Delivery,
        _ hand: Hand
    ) async throws -> Ownership {
        let parameters = try await plainCall(
            hand,
            { () throws(CoderError) in try await coder.parameters(ofBuild: workspace.latestBuild.id) }
        )
        return Ownership(
            workspace,
            parameters: parameters,
            incidentID: delivery.incidentID,
            installation: delivery.context.installation,
            template: template
        )
    }

    /// Looks for the workspace that an event names: by id, and by name only where no id is known.
    func locate(_ reference: WorkspaceReference, _ delivery: Delivery, _ hand: Hand) async throws -> Located {
        guard let id = reference.workspaceID else {
            let template = delivery.context.plan?.template
            switch try await find(reference.workspaceName, template: template, delivery, hand) {
            case .ours(let workspace): return .there(workspace)
            case .foreign(_, let why):
                hand.logger.warning(
                    "left a workspace alone that is not ours",
                    metadata: ["workspace": "\(reference.workspaceName)", "why": "\(why)"]
                )
                return .none
            case .none: return .none
            }
        }
        do {
            return .there(try await call { () throws(CoderError) in try await coder.workspace(id: id) })
        } catch {
            switch error.kind {
            case .gone: return .gone
            // Coder says the same for "no right to see it", as with the token of another user. So it proves nothing.
            case .notFound: throw StageError.retry("workspace_not_visible", error.description)
            default: throw answer(to: error, hand)
            }
        }
    }

    /// Where a person can look at a workspace.
    func url(of workspace: Workspace) -> String {
        configuration.workspaceURL
            .replacingOccurrences(of: "{url}", with: coder.baseURL)
            .replacingOccurrences(of: "{owner}", with: workspace.ownerName)
            .replacingOccurrences(of: "{workspace_name}", with: workspace.name)
            .replacingOccurrences(of: "{workspace_id}", with: workspace.id)
    }

    /// The workspace as events name it.
    func reference(to workspace: Workspace) -> WorkspaceReference {
        WorkspaceReference(workspaceID: workspace.id, workspaceName: workspace.name, url: url(of: workspace))
    }
}

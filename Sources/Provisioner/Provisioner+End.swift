import CoderAPI
import Logging
import Messages
import StageKit

extension Provisioner {
    /// Stops a workspace; its name stays taken until the hold is over.
    func stop(_ reference: WorkspaceReference, _ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] {
        switch try await locate(reference, delivery, hand) {
        case .none: return []
        case .gone: return [try released(reference)]
        case .there(let workspace):
            guard try await bring(workspace, by: EndingStep.towardsStop, hand) else {
                return [try released(self.reference(to: workspace))]
            }
            return [
                try CausedEvent(
                    WorkspaceExpiring(step: .erase, workspace: self.reference(to: workspace)),
                    notBefore: hand.now() + .seconds(max(delivery.context.holdSeconds, 0))
                )
            ]
        }
    }

    /// Deletes a workspace; it is released only when Coder says that it is gone.
    func erase(_ reference: WorkspaceReference, _ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] {
        switch try await locate(reference, delivery, hand) {
        case .none:
            return [
                try CausedEvent(
                    WorkspaceReleased(
                        workspace: reference,
                        deleted: false,
                        reason: "there is no workspace of ours with this name"
                    )
                )
            ]
        case .gone: return [try released(reference)]
        case .there(let workspace):
            let template = delivery.context.plan?.template
            if case .foreign(let why) = try await ownership(of: workspace, template: template, delivery, hand) {
                let left = WorkspaceReleased(
                    workspace: self.reference(to: workspace),
                    deleted: false,
                    reason: "it was left because \(why)"
                )
                return [try CausedEvent(left)]
            }
            _ = try await bring(workspace, by: EndingStep.towardsErasure, hand)
            return [try released(self.reference(to: workspace))]
        }
    }

    private func released(_ reference: WorkspaceReference) throws -> CausedEvent {
        try CausedEvent(WorkspaceReleased(workspace: reference, deleted: true))
    }

    /// Takes the steps that can be taken now, at most a few; what Coder has to do first is waited for outside.
    ///
    /// - Returns: Whether the workspace still is there, stopped; false when it is gone.
    /// - Throws: ``StageError/deferred(until:reason:)`` while Coder is at work.
    private func bring(
        _ found: Workspace,
        by next: (Workspace) -> EndingStep,
        _ hand: Hand
    ) async throws -> Bool {
        var workspace = found
        for _ in 0..<3 {
            switch next(workspace) {
            case .reached: return true
            case .gone: return false
            case .wait(let reason): throw pause(workspace.latestBuild, reason, hand)
            case .request(let transition):
                let build = try await request(transition, workspace, hand)
                throw pause(build, "a \(transition.rawValue) build has been asked for", hand)
            case .repeatFailed(let transition, let failure):
                _ = try await request(transition, workspace, hand)
                throw StageError.retry(
                    "\(transition.rawValue)_failed",
                    "\(failure); it has been asked for again; see its log in Coder, workspace \(workspace.name)"
                )
            case .cancel(let build):
                try await cancel(build, workspace, hand)
                let id = workspace.id
                do {
                    workspace = try await call { () throws(CoderError) in try await coder.workspace(id: id) }
                } catch {
                    if error.kind == .gone { return false }
                    throw answer(to: error, hand)
                }
            }
        }
        throw pause(workspace.latestBuild, "its start is being cancelled", hand)
    }

    private func request(_ transition: Transition, _ workspace: Workspace, _ hand: Hand) async throws -> Build {
        try hand.checkInTime()
        let build = try await plainCall(
            hand,
            { () throws(CoderError) in try await coder.requestBuild(transition, of: workspace.id) }
        )
        hand.logger.info(
            "asked for a build",
            metadata: ["transition": "\(transition.rawValue)", "workspace": "\(workspace.name)"]
        )
        return build
    }

    /// Asks for the end of a start; that it has ended meanwhile, or may not be cancelled, is seen at the next look.
    private func cancel(_ build: String, _ workspace: Workspace, _ hand: Hand) async throws {
        try hand.checkInTime()
        do {
            try await call { () throws(CoderError) in try await coder.cancelBuild(build) }
        } catch {
            switch error.kind {
            case .invalid, .conflict: return
            case .forbidden:
                throw pause(
                    workspace.latestBuild,
                    "its template does not allow its start to be cancelled, so it must end first",
                    hand
                )
            default: throw answer(to: error, hand)
            }
        }
    }

    private func pause(_ build: Build, _ reason: String, _ hand: Hand) -> StageError {
        let now = hand.now()
        return .deferred(until: now + EndingStep.pause(buildCreatedAt: build.createdAt, now: now), reason: reason)
    }
}

import CoderAPI
import Logging
import Messages
import Secrets
import StageKit

extension Provisioner {
    /// Creates the workspace of this incident and attempt, or finds that it was created already.
    func createOrAdopt(_ plan: Plan, _ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] {
        let name = delivery.context.workspaceName
        if delivery.context.cancelled {
            guard case .ours(let workspace) = try await find(name, template: plan.template, delivery, hand) else {
                return []
            }
            return try created(workspace, plan, adopted: true)
        }
        let token = try targetServiceToken(delivery)
        do {
            let templateID = try await call { () throws(CoderError) in
                try await coder.templateID(named: plan.template)
            }
            let request = WorkspaceRequest.make(
                delivery.context,
                plan,
                templateID: templateID,
                token: token,
                now: hand.now()
            )
            try await waitForTurn(hand)
            try hand.checkInTime()
            let workspace = try await call { () throws(CoderError) in try await coder.createWorkspace(request) }
            return try created(workspace, plan, adopted: false)
        } catch let error as CoderError {
            let error = masked(error, token)
            switch CreateFailure(error.kind) {
            case .answer: throw answer(to: error, hand)
            case .lookThenRetry: return try await look(after: error, isFinal: false, plan, delivery, hand)
            case .lookThenRefuse: return try await look(after: error, isFinal: true, plan, delivery, hand)
            }
        }
    }

    /// Waits for a moment, or gives the delivery back for as long as creates would take more of Coder's rate limit than
    /// their share; no attempt is used up.
    private func waitForTurn(_ hand: Hand) async throws {
        let wait = coder.createTurns.turn()
        guard wait <= CreateTurns.patience else {
            throw StageError.deferred(
                until: hand.now() + wait,
                reason: "creates use their share of Coder's rate limit; this one follows when it may"
            )
        }
        if wait > .zero { try await ContinuousClock().sleep(for: wait) }
    }

    /// Looks for the workspace after a create that failed in a way that does not tell whether it is there.
    private func look(
        after error: CoderError,
        isFinal: Bool,
        _ plan: Plan,
        _ delivery: Delivery,
        _ hand: Hand
    ) async throws -> [CausedEvent] {
        switch try await find(delivery.context.workspaceName, template: plan.template, delivery, hand) {
        case .ours(let workspace):
            hand.logger.info("adopted a workspace that was there", metadata: ["workspace": "\(workspace.name)"])
            return try created(workspace, plan, adopted: true)
        case .foreign(let workspace, let why):
            return [try failed(RefusalDiagnosis.nameTaken(workspace, why: why))]
        case .none:
            guard isFinal else { throw StageError.retry("coder_unavailable", error.description) }
            return [try failed(RefusalDiagnosis.make(error, plan: plan, owner: coder.owner))]
        }
    }

    /// The incident's `target_service_token` in the clear; nil where it has none.
    private func targetServiceToken(_ delivery: Delivery) throws -> String? {
        guard let sealed = delivery.context.sealedToken else { return nil }
        guard let openingKey else {
            let sentence =
                "this provisioner has no opening key, so it cannot pass a target_service_token on; give it the private key "
                + "that belongs to the key intake seals with"
            trouble.set("opening key", sentence)
            throw StageError.retry("no_opening_key", sentence)
        }
        do {
            return try openingKey.open(sealed, incidentID: delivery.incidentID)
        } catch {
            throw StageError.retry("token_unreadable", "the incident's target_service_token cannot be used: \(error)")
        }
    }

    /// The error without the token, which Coder may have quoted; its texts may be cut.
    private func masked(_ error: CoderError, _ token: String?) -> CoderError {
        guard let token else { return error }
        let mask = SecretMask([token])
        var masked = error
        masked.message = mask.apply(toPiece: error.message)
        masked.detail = error.detail.map { mask.apply(toPiece: $0) }
        masked.validations = error.validations.map { mask.apply(toPiece: $0) }
        return masked
    }

    private func created(_ workspace: Workspace, _ plan: Plan, adopted: Bool) throws -> [CausedEvent] {
        [
            try CausedEvent(
                WorkspaceCreated(
                    workspaceID: workspace.id,
                    workspaceName: workspace.name,
                    url: url(of: workspace),
                    buildID: workspace.latestBuild.id,
                    template: plan.template,
                    adopted: adopted
                )
            )
        ]
    }

    private func failed(_ diagnosis: Diagnosis) throws -> CausedEvent {
        try CausedEvent(RemediationFinished(verdict: .provisioningFailed, diagnosis: diagnosis))
    }
}

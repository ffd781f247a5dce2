import Ledger
import Messages
import StageKit

/// What a provisioner does: look, create or adopt, stop, erase.
extension SimulatedWork {
    func provision() {
        switch delivery.event.type {
        case .incidentApproved: createOrLook()
        case .remediationFinished:
            guard let workspace = content(RemediationFinished.self)?.workspace ?? delivery.context.workspace else {
                return done([])
            }
            done([event(WorkspaceExpiring(step: .stop, workspace: workspace), notBefore: now + .seconds(5))])
        case .workspaceExpiring:
            guard let content = content(WorkspaceExpiring.self) else { return }
            end(content.workspace, erase: content.step == .erase)
        case .workspaceDispose:
            guard let content = content(WorkspaceDispose.self) else { return }
            end(content.workspace, erase: false)
        case .deliveryExhausted:
            guard let workspace = content(DeliveryExhausted.self)?.workspace else { return done([]) }
            end(workspace, erase: false)
        case .sweepDue: sweep()
        default: world.fail("the provisioner was handed \(delivery.event.type)")
        }
    }

    private func sweep() {
        ask(world.coder, { [self] in world.coder.left }) { [self] reply in
            guard case .answer(let found) = reply else { return retry("Coder cannot be asked") }
            let seen = found.map { workspace in
                WorkspacesSeen.Seen(
                    workspace: WorkspaceReference(workspaceID: workspace.id, workspaceName: workspace.name),
                    incidentID: workspace.incident
                )
            }
            done([event(WorkspacesSeen(workspaces: seen))])
        }
    }

    // MARK: - Creating

    private func createOrLook() {
        if delivery.context.cancelled {
            return look { [self] found in done([found.flatMap { created($0, adopted: true) }]) }
        }
        // Which template it is, is asked first.
        step(after: world.dice.number(1...200)) { [self] in
            guard mayAct() else { return }
            if world.hasFault(world.conditions.strays) { return createInVain() }
            ask(world.coder, { [self] in create() }) { [self] reply in
                switch reply {
                case .answer(.made(let workspace)): done([created(workspace, adopted: false)])
                case .unavailable: retry("Coder is not there")
                case .answer(.taken) where world.mutation == .neverAdopts: refuse()
                case .answer(.taken), .lost: adopt(isFinal: false)
                case .answer(.refused) where world.mutation == .refusesUnseen: refuse()
                case .answer(.refused): adopt(isFinal: true)
                }
            }
        }
    }

    private var workspaceName: String {
        let attempt = world.mutation == .core(.reusesNames) ? 1 : attempt
        return WorkspaceName.derive(
            installation: SimulatedIntake.installation,
            incident: incident,
            operatorAttempt: attempt
        )
    }

    private func create() -> SimulatedCoder.Creation {
        world.coder.create(
            workspaceName,
            for: incident,
            attempt: attempt,
            isStray: world.wall >= delivery.expiryTime.milliseconds + world.intake.rules.expiryMargin
        )
    }

    /// The request hangs in the network and arrives when nobody waits for it any more.
    private func createInVain() {
        world.after(world.dice.number(3000...30_000)) { [self] in _ = create() }
        step(after: 2000) { [self] in adopt(isFinal: false) }
    }

    private func adopt(isFinal: Bool) {
        look { [self] found in
            if let found { return done([created(found, adopted: true)]) }
            guard isFinal else { return retry("the answer was lost") }
            refuse()
        }
    }

    private func refuse() {
        let diagnosis = Diagnosis(summary: "refused")
        done([event(RemediationFinished(verdict: .provisioningFailed, diagnosis: diagnosis))])
    }

    private func look(_ then: @escaping (SimulatedCoder.Workspace?) -> Void) {
        ask(world.coder, { [self] in world.coder.workspace(named: workspaceName) }) { [self] reply in
            guard case .answer(let found) = reply else { return retry("Coder cannot be asked") }
            then(found)
        }
    }

    private func created(_ workspace: SimulatedCoder.Workspace, adopted: Bool) -> CausedEvent? {
        event(
            WorkspaceCreated(
                workspaceID: workspace.id,
                workspaceName: workspace.name,
                url: "u",
                buildID: "b",
                template: "t",
                adopted: adopted
            )
        )
    }

    // MARK: - Ending

    private func end(_ event: WorkspaceReference, erase: Bool) {
        var reference = event
        if world.mutation == .endsByName { reference.workspaceID = nil }
        if reference.workspaceID == nil, world.mutation != .endsByName, let known = delivery.context.workspace,
            known.workspaceName == reference.workspaceName
        {
            reference = known
        }
        ask(
            world.coder,
            { [self, reference] in
                reference.workspaceID.map(world.coder.workspace(id:))
                    ?? world.coder.workspace(named: reference.workspaceName)
            }
        ) { [self, reference] reply in
            guard case .answer(let found) = reply else { return retry("Coder cannot be asked") }
            guard let found else {
                let left = WorkspaceReleased(workspace: reference, deleted: false, reason: "there is none")
                return done(erase ? [self.event(left)] : [])
            }
            bring(found, erase: erase)
        }
    }

    private func bring(_ workspace: SimulatedCoder.Workspace, erase: Bool) {
        let reference = WorkspaceReference(workspaceID: workspace.id, workspaceName: workspace.name, url: "u")
        switch (workspace.transition, workspace.isBuilding) {
        case (.delete, false): done([event(WorkspaceReleased(workspace: reference, deleted: true))])
        case (.stop, false) where !erase, (_, _) where !erase && world.mutation == .stopsNothing:
            let due = now + .milliseconds(world.mutation == .shortHold ? 0 : world.intake.rules.hold)
            done([event(WorkspaceExpiring(step: .erase, workspace: reference), notBefore: due)])
        case (.start, true):
            request({ $0.cancelBuild(of: workspace.id) }) { [self] in end(reference, erase: erase) }
        case (_, true): pause("Coder is at work")
        default:
            request({ $0.build(erase ? .delete : .stop, of: workspace.id) }) { [self] in
                pause("a build has been asked for")
            }
        }
    }

    private func request(_ effect: @escaping (SimulatedCoder) -> Bool, _ then: @escaping () -> Void) {
        guard mayAct() else { return }
        ask(world.coder, { [self] in effect(world.coder) }) { [self] reply in
            guard case .answer = reply else { return retry("the answer was lost") }
            then()
        }
    }

    private func pause(_ reason: String) { settle(.deferred(until: now + .seconds(2), reason: reason)) }
}

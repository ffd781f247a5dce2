import Ledger
import Messages
import StageKit

/// What a log-collector does: look once a second until there is a verdict.
extension SimulatedWork {
    func watch() {
        guard let created = content(WorkspaceCreated.self) else { return }
        watch(created, shown: nil)
    }

    private func watch(_ created: WorkspaceCreated, shown: String?) {
        ask(world.coder, { [self] in world.coder.workspace(id: created.workspaceID) }) { [self] reply in
            guard case .answer(let found?) = reply else { return watchAgain(created, shown) }
            let age = (now - delivery.event.time).milliseconds
            let state = found.words
            if state != shown {
                let change = WorkspaceChanged(
                    buildStatus: state,
                    lifecycleState: found.script == .none ? nil : "starting",
                    healthy: true
                )
                process.progress([event(change)].compactMap(\.self), delivery)
            }
            if let verdict = verdict(found, age) {
                return done(
                    verdicts(verdict).map { event(RemediationFinished(verdict: $0, workspace: created.reference)) }
                )
            }
            watchAgain(created, state)
        }
    }

    private func watchAgain(_ created: WorkspaceCreated, _ shown: String?) {
        step(after: 1000) { [self] in watch(created, shown: shown) }
    }

    /// The one that it has come to, and where a stage is out of its mind another one behind it.
    private func verdicts(_ verdict: Verdict) -> [Verdict] {
        guard world.hasFault(world.conditions.forgeries) else { return [verdict] }
        return [verdict, verdict == .succeeded ? .scriptFailed : .succeeded]
    }

    private func verdict(_ workspace: SimulatedCoder.Workspace, _ age: Int64) -> Verdict? {
        switch workspace.script {
        case .ended(let isGood): isGood ? .succeeded : .scriptFailed
        case .interrupted: .unknown
        case _ where workspace.transition != .start: .workspaceLost
        case .running: age > 55_000 ? .scriptTimedOut : nil
        case .none where workspace.hasFailed: .provisioningFailed
        case .none: age > 30_000 ? .agentUnreachable : nil
        }
    }
}

/// What a reporter does: look, and tell what has not been told.
extension SimulatedWork {
    func report() {
        let told = SimulatedDesk.Entry(
            event: delivery.event.id,
            attempt: attempt,
            sequence: world.sequence(of: delivery.event.id),
            type: delivery.event.type,
            verdict: delivery.event.type == .remediationFinished ? content(RemediationFinished.self)?.verdict : nil
        )
        if world.mutation == .neverLooks { return tell(told) }
        ask(world.desk, { [self] in world.desk.has(told, of: incident) }) { [self] reply in
            switch reply {
            case .answer(true): done([reported])
            case .answer(false): tell(told)
            case .lost, .unavailable: retry("the incident API cannot be asked")
            }
        }
    }

    private func tell(_ entry: SimulatedDesk.Entry) {
        guard mayAct() else { return }
        ask(world.desk, { [self] in world.desk.tell(entry, of: incident) }) { [self] reply in
            guard case .answer = reply else { return retry("the answer was lost") }
            done([reported])
        }
    }

    private var reported: CausedEvent? {
        event(IncidentReported(told: delivery.event.type, actions: ["told"], system: "sim"))
    }
}

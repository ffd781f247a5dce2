import Ledger
import Messages
import Testing

/// Another attempt that a person asks for, an alert that resolves, a verdict that waits for a stop.
@Suite("Retries, resolutions and verdicts that wait")
struct RetryTests {
    private static let reference = CoreFixture.created().reference

    /// An incident whose workspace runs: its watch and its comment are out.
    private func watched() throws -> (CoreFixture, HandOutOrder) {
        var (ledger, provision) = try CoreFixture.approved()
        try ledger.done(provision, [CoreFixture.created()])
        let watch = try #require(ledger.order(for: "log-collector", in: ledger.finish()))
        return (ledger, watch)
    }

    /// An incident whose script has failed: the release is out at the provisioner.
    private func failed() throws -> (CoreFixture, HandOutOrder) {
        var (ledger, watch) = try watched()
        try ledger.done(watch, [RemediationFinished(verdict: .scriptFailed, exitCode: 3, workspace: Self.reference)])
        let release = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        return (ledger, release)
    }

    private func retry(_ ledger: inout CoreFixture, token: String? = "sealed again") -> LedgerCore.Retry {
        ledger.thaw("I-1")
        return ledger.core.retry(
            RetryRequest(incident: CoreFixture.incident(), by: "ann", reason: "again", sealedToken: token),
            at: ledger.now
        )
    }

    @Test func aRetryIsDecidedAnewAndCreatesOnlyAfterTheStop() throws {
        var (ledger, release) = try failed()
        #expect(retry(&ledger) == .begun(attempt: 2))
        let decide = try #require(ledger.order(for: "validator", in: ledger.finish()))
        #expect(decide.operatorAttempt == 2)
        #expect(ledger.stored("I-1")?.state == .waiting)
        #expect(ledger.stored("I-1")?.verdict == nil)
        try ledger.done(decide, [IncidentApproved(plan: ledger.plan())])
        #expect(ledger.order(for: "provisioner", in: ledger.finish()) == nil, "the release is still out")
        try ledger.done(release, [])
        let stop = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        #expect(stop.operatorAttempt == 1)
        #expect(stop.cancelled, "nothing of the first attempt may create any more")
        try ledger.done(stop, [WorkspaceExpiring(step: .erase, workspace: Self.reference)], notBefore: ledger.now.wall)
        let create = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        #expect(create.operatorAttempt == 2)
        #expect(!create.cancelled)
        #expect(create.workspace == nil, "the workspace of the first attempt is not this attempt's")
        #expect(ledger.timeline().contains("incident.retried"))
        #expect(ledger.timeline().filter { $0 == "incident.accepted" }.count == 2)
    }

    @Test func anAttemptHasItsOwnTime() throws {
        var (ledger, _) = try failed()
        ledger.pass(86_400_000)
        #expect(retry(&ledger) == .begun(attempt: 2))
        ledger.finish()
        let record = try #require(ledger.stored("I-1"))
        #expect(record.attemptBeganAt == ledger.now.wall && record.acceptedAt < ledger.now.wall)
        ledger.pass(CoreFixture.rules.decideWithin)
        ledger.finish()
        let reason = ledger.stored("I-1")?.pendingEnd?.reason
        #expect(reason?.contains("no decision within 60 s") == true, "\(reason ?? "")")
        ledger.pass(CoreFixture.rules.stopGrace)
        ledger.finish()
        #expect(ledger.stored("I-1")?.verdict == .unknown)
        let seconds = ledger.changes.compactMap { change -> Double? in
            guard case .measure(.seconds(_, _, let seconds)) = change else { return nil }
            return seconds
        }
        #expect(seconds.last == 90)
    }

    /// The attempts' workspaces are different ones, and each must go.
    @Test func anotherRetryLeavesTheErasureOfTheFirstAttempt() throws {
        var (ledger, release) = try failed()
        try ledger.done(release, [])
        ledger.finish()
        #expect(retry(&ledger) == .begun(attempt: 2))
        let orders = ledger.finish()
        let decide = try #require(ledger.order(for: "validator", in: orders))
        let stop = try #require(ledger.order(for: "provisioner", in: orders))
        try ledger.done(stop, [WorkspaceExpiring(step: .erase, workspace: Self.reference)], notBefore: ledger.now.wall)
        try ledger.done(decide, [IncidentApproved(plan: ledger.plan())])
        let provision = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        try ledger.done(provision, [CoreFixture.created("w-2")])
        let watch = try #require(ledger.order(for: "log-collector", in: ledger.finish()))
        try ledger.done(watch, [RemediationFinished(verdict: .scriptFailed, exitCode: 3)])
        ledger.finish()
        #expect(retry(&ledger) == .begun(attempt: 3))
        ledger.finish()
        var open: [String: OpenDelivery.Record] = [:]
        for change in ledger.changes {
            switch change {
            case .saveDelivery(let record): open[record.id] = record
            case .removeDelivery(let id): open[id] = nil
            default: break
            }
        }
        #expect(open.values.filter { $0.eventType == .workspaceExpiring }.map(\.operatorAttempt) == [1])
    }

    /// Else the timeline would have an end before the one that counts.
    @Test func whatAStageSaysWhileAnEndIsOnItsWayStandsInItsReason() throws {
        var (ledger, provision) = try CoreFixture.approved()
        #expect(ledger.core.cancel("I-1", by: "ann", reason: "over", at: ledger.now) == .asked)
        let refusal = RemediationFinished(verdict: .provisioningFailed, diagnosis: Diagnosis(summary: "no quota"))
        try ledger.done(provision, [refusal])
        ledger.finish()
        #expect(ledger.timeline() == ["incident.accepted", "incident.approved", "incident.cancelled"])
        let reason = ledger.changes.compactMap { change -> String? in
            guard case .append(let event) = change, event.type == .incidentCancelled else { return nil }
            return event.data["reason"]?.string
        }
        #expect(reason == ["over; meanwhile /provisioner/1 said provisioning_failed: no quota"])
    }

    /// The sweep must know it, so the incident must stay.
    @Test func aWorkspaceThatIsKnownByNameOnlyIsLeftWithAWord() throws {
        var (ledger, provision) = try CoreFixture.approved()
        let failure = Outcome.failed(.init(code: "x", message: "Coder says no", retryable: false))
        try ledger.settle(provision, failure)
        let stop = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        try ledger.settle(stop, failure)
        ledger.finish()
        let left = ledger.changes.compactMap { change -> WorkspaceReleased? in
            guard case .append(let event) = change, event.type == .workspaceReleased else { return nil }
            return try? event.data.decoded()
        }
        #expect(left.map(\.deleted) == [false])
        #expect(left.first?.workspace.workspaceID == nil && left.first?.reason == "Coder says no")
    }

    @Test func aRetryNeedsAnEndWithoutSuccessAndTheTokenAgain() throws {
        var (ledger, watch) = try watched()
        #expect(retry(&ledger) == .stillOpen)
        try ledger.done(watch, [RemediationFinished(verdict: .scriptFailed, exitCode: 3)])
        ledger.finish()
        #expect(retry(&ledger, token: nil) == .tokenNeeded)
        #expect(retry(&ledger) == .begun(attempt: 2))
        #expect(retry(&ledger) == .stillOpen)
        var (other, succeeds) = try watched()
        try other.done(succeeds, [RemediationFinished(verdict: .succeeded, exitCode: 0)])
        other.finish()
        #expect(retry(&other) == .succeeded)
        var empty = CoreFixture()
        #expect(retry(&empty) == .unknown)
    }

    @Test func whatTheFirstAttemptMadeLateIsDisposedOfAndIsNotTheSecondOnes() throws {
        var (ledger, provision) = try CoreFixture.approved()
        try ledger.done(provision, [RemediationFinished(verdict: .provisioningFailed)])
        ledger.finish()
        #expect(retry(&ledger) == .begun(attempt: 2))
        ledger.finish()
        var late = CoreFixture.created("w-late")
        late.workspaceName = WorkspaceName.derive(installation: "test", incident: "I-1", operatorAttempt: 1)
        try ledger.done(provision, [late])
        ledger.finish()
        #expect(ledger.stored("I-1")?.workspace == nil)
        #expect(ledger.timeline().suffix(2) == ["workspace.created", "workspace.dispose"])
    }

    @Test func aStopThatFailsEndsTheAttemptThatWaitsForIt() throws {
        var (ledger, release) = try failed()
        try ledger.done(release, [])
        ledger.finish()
        #expect(retry(&ledger) == .begun(attempt: 2))
        let orders = ledger.finish()
        let decide = try #require(ledger.order(for: "validator", in: orders))
        let stop = try #require(ledger.order(for: "provisioner", in: orders))
        try ledger.done(decide, [IncidentApproved(plan: ledger.plan())])
        try ledger.settle(stop, .failed(.init(code: "x", message: "Coder says no", retryable: false)))
        let further = ledger.finish().filter { $0.stage == "provisioner" }
        #expect(!further.contains { !$0.cancelled }, "nothing may be created")
        let record = try #require(ledger.stored("I-1"))
        #expect(record.verdict == .unknown)
        #expect(record.diagnosis?.summary.contains("attempt 2 may not begin: Coder says no") == true)
    }

    @Test func anAlertThatResolvesEndsWhatHasNotBegun() throws {
        var waiting = CoreFixture()
        #expect(waiting.accept() == .accepted)
        waiting.finish()
        #expect(waiting.core.resolve("I-1", by: "alertmanager", at: waiting.now) == .cancelled)
        waiting.finish()
        #expect(waiting.stored("I-1")?.state == .cancelled)
        #expect(waiting.timeline() == ["incident.accepted", "incident.cancelled"])
        waiting.thaw("I-1")
        #expect(waiting.core.resolve("I-1", by: "alertmanager", at: waiting.now) == .ended)
        #expect(waiting.core.resolve("I-2", by: "alertmanager", at: waiting.now) == .unknown)
        var (running, _) = try watched()
        #expect(running.core.resolve("I-1", by: "alertmanager", at: running.now) == .begun)
    }

    @Test(arguments: [Verdict.agentUnreachable, .scriptTimedOut])
    func aVerdictAboutWhatMayStillRunWaitsForTheStop(verdict: Verdict) throws {
        var (ledger, watch) = try watched()
        let judgement = RemediationFinished(
            verdict: verdict,
            diagnosis: Diagnosis(summary: "look at the node"),
            workspace: Self.reference
        )
        try ledger.done(watch, [judgement])
        let stop = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        #expect(ledger.stored("I-1")?.verdict == nil)
        try ledger.done(stop, [WorkspaceExpiring(step: .erase, workspace: Self.reference)], notBefore: ledger.now.wall)
        ledger.finish()
        #expect(ledger.stored("I-1")?.verdict == verdict)
        #expect(ledger.stored("I-1")?.diagnosis?.summary == "look at the node")
        #expect(ledger.timeline().filter { $0 == "remediation.finished" }.count == 1)
    }

    @Test func onlyTheHolderGivesBack() throws {
        var (ledger, watch) = try watched()
        try ledger.beat("log-collector", holds: [watch.handle])
        let returned = DeliverySettled(handle: watch.handle, outcome: .returned(reason: "full"))
        try ledger.send(returned, incident: "I-1", from: "/log-collector/2")
        #expect(ledger.finish().isEmpty)
        #expect(ledger.core.tallies.stale == 1)
        try ledger.send(returned, incident: "I-1", from: "/log-collector/1")
        #expect(ledger.finish().map(\.stage) == ["log-collector"])
    }

    /// One character may have a million accents.
    @Test func whatAStageSaysIsKeptUpToABoundInBytes() throws {
        var (ledger, watch) = try watched()
        let hostile = "a" + String(repeating: "\u{301}", count: 100_000)
        try ledger.settle(watch, .failed(.init(code: "x", message: hostile, retryable: true)))
        ledger.finish()
        let kept = ledger.changes.compactMap { change -> String? in
            guard case .saveDelivery(let record) = change else { return nil }
            return record.lastError
        }
        #expect(kept.last?.utf8.count == 3999)
    }
}

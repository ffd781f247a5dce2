import Ledger
import Messages
import Testing

@Suite("The ledger's core")
struct LedgerCoreTests {
    private func watched() throws -> (CoreFixture, HandOutOrder, HandOutOrder) {
        var (ledger, provision) = try CoreFixture.approved()
        try ledger.done(provision, [CoreFixture.created()])
        let orders = ledger.finish()
        return (
            ledger, try #require(ledger.order(for: "log-collector", in: orders)),
            try #require(ledger.order(for: "reporter", in: orders))
        )
    }

    @Test func bringsAnIncidentToItsEnd() throws {
        var (ledger, watch, comment) = try watched()
        try ledger.done(watch, [RemediationFinished(verdict: .succeeded, exitCode: 0)])
        let release = ledger.finish()
        #expect(release.map(\.stage) == ["provisioner"], "the report waits for the comment before it")
        try ledger.done(comment, [IncidentReported(told: .workspaceCreated, actions: ["commented"], system: "s")])
        let report = try #require(ledger.order(for: "reporter", in: ledger.finish()))
        try ledger.done(report, [IncidentReported(told: .remediationFinished, actions: ["patched"], system: "s")])
        let reference = CoreFixture.created().reference
        try ledger.done(
            release[0],
            [WorkspaceExpiring(step: .stop, workspace: reference)],
            notBefore: ledger.now.wall + .seconds(60)
        )
        #expect(ledger.finish().isEmpty)
        ledger.pass(60_000)
        try ledger.beat("provisioner")
        let stop = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        try ledger.done(stop, [WorkspaceExpiring(step: .erase, workspace: reference)], notBefore: ledger.now.wall)
        #expect(ledger.finish().isEmpty, "nothing is erased before the hold")
        ledger.pass(100_000)
        try ledger.beat("provisioner")
        let erase = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        try ledger.done(erase, [WorkspaceReleased(workspace: reference, deleted: true)])
        ledger.finish()
        #expect(
            ledger.timeline() == [
                "incident.accepted", "incident.approved", "workspace.created", "remediation.finished",
                "incident.reported", "incident.reported", "workspace.expiring", "workspace.expiring",
                "workspace.released",
            ]
        )
        #expect(ledger.stored("I-1")?.verdict == .succeeded)
        #expect(!ledger.core.holds(incident: "I-1"), "what is ended and quiet is in the store alone")
    }

    @Test func acceptsAnIncidentOnce() throws {
        var ledger = CoreFixture()
        #expect(ledger.accept() == .accepted)
        #expect(ledger.accept() == .known)
        #expect(ledger.accept(CoreFixture.incident(severity: "high")) == .conflict(["severity"]))
        ledger.finish()
        #expect(ledger.timeline() == ["incident.accepted"])
    }

    @Test func refusesBeyondItsBound() throws {
        var rules = CoreFixture.rules
        rules.openIncidents = 1
        var ledger = CoreFixture(rules: rules)
        #expect(ledger.accept() == .accepted)
        #expect(ledger.accept(CoreFixture.incident("I-2")) == .overloaded)
    }

    /// Else incidents that wait while Coder is down become as many workspaces that nobody has the time to remove.
    @Test func endsWhatWasBegunBeforeItBeginsMoreButForOneInEight() throws {
        var ledger = CoreFixture()
        for stage in CoreFixture.rules.stages.keys { try ledger.beat(stage, capacity: 100) }
        func approve(_ numbers: ClosedRange<Int>) throws -> [HandOutOrder] {
            for number in numbers { #expect(ledger.accept(CoreFixture.incident("I-\(number)")) == .accepted) }
            for decide in ledger.finish() { try ledger.done(decide, [IncidentApproved(plan: ledger.plan())]) }
            return ledger.finish()
        }
        for provision in try approve(1...10) { try ledger.done(provision, [CoreFixture.created()]) }
        let watches = ledger.finish().filter { $0.stage == "log-collector" }
        try ledger.beat("provisioner", capacity: 0)
        for watch in watches { try ledger.done(watch, [RemediationFinished(verdict: .succeeded, exitCode: 0)]) }
        #expect(try approve(11...20).isEmpty)
        try ledger.beat("provisioner", capacity: 16)
        let expected = [1, 2, 3, 4, 5, 6, 7, 11, 8, 9, 10, 12, 13, 14, 15, 16]
        #expect(ledger.finish().map(\.incident) == expected.map { "I-\($0)" })
    }

    @Test func handsOutWithinCapacity() throws {
        var ledger = CoreFixture()
        try ledger.beat("validator", instance: "a", capacity: 2)
        try ledger.beat("validator", instance: "b", capacity: 1)
        for number in 1...10 { _ = ledger.accept(CoreFixture.incident("I-\(number)")) }
        let orders = ledger.finish()
        #expect(orders.count == 3 && orders.allSatisfy(\.isFirst))
        try ledger.beat("validator", instance: "a", capacity: 2, holds: orders.prefix(2).map(\.handle))
        #expect(ledger.finish().isEmpty)
        try ledger.settle(orders[0], .returned(reason: "full"), by: "a")
        let again = ledger.finish()
        #expect(again.map(\.incident) == ["I-1"], "what comes back goes out again at once")
        #expect(again.map(\.isFirst) == [false], "somebody has seen it")
    }

    @Test func handsOutAgainWhenAHolderFallsSilent() throws {
        var (ledger, first) = try CoreFixture.approved()
        for _ in 1...9 {
            ledger.pass(1000)
            try ledger.beat("provisioner", instance: "2")
            #expect(ledger.finish().isEmpty)
        }
        ledger.pass(1000)
        try ledger.beat("provisioner", instance: "2")
        let second = try #require(ledger.finish().first)
        #expect(second.handle.deliveryID == first.handle.deliveryID)
        #expect(second.handle.attempt > first.handle.attempt)
        #expect(first.expiryTime < ledger.now.wall, "the old right is dead before a new one exists (I4)")
        try ledger.settle(first, .done([]))
        ledger.finish()
        #expect(ledger.core.tallies.stale == 1, "`none found` counts from the current attempt only")
        try ledger.done(first, [CoreFixture.created()])
        ledger.finish()
        #expect(ledger.core.record(of: "I-1")?.workspace?.workspaceID == "w-1", "what was made counts from any attempt")
    }

    @Test func keepsWhatIsHeld() throws {
        var (ledger, provision) = try CoreFixture.approved()
        for _ in 1...60 {
            ledger.pass(1000)
            try ledger.beat("provisioner", holds: [provision.handle])
            try ledger.beat("provisioner", instance: "2")
            #expect(ledger.finish().isEmpty)
        }
    }

    @Test func retriesWithBackOffAndGivesUp() throws {
        var (ledger, provision) = try CoreFixture.approved()
        var order = provision
        for failure in 1...2 {
            try ledger.settle(order, .failed(.init(code: "c", message: "no answer", retryable: true)))
            #expect(ledger.finish().isEmpty, "failure \(failure) is waited out")
            ledger.pass(5000)
            try ledger.beat("provisioner")
            order = try #require(ledger.finish().first)
        }
        try ledger.settle(order, .failed(.init(code: "c", message: "no answer", retryable: true)))
        let stop = try #require(ledger.finish().first)
        #expect(ledger.timeline().last == "delivery.exhausted")
        #expect(ledger.core.record(of: "I-1")?.verdict == nil, "first the stop, then the verdict")
        try ledger.settle(stop, .done([]))
        ledger.finish()
        let record = try #require(ledger.stored("I-1"))
        #expect(record.verdict == .unknown)
        #expect(record.diagnosis?.summary == "provisioner gave up after 3 failures: no answer")
    }

    @Test func aLateWorkspaceIsDisposedOf() throws {
        var (ledger, watch, _) = try watched()
        try ledger.done(watch, [RemediationFinished(verdict: .succeeded)])
        ledger.finish()
        var late = watch
        late.handle = .init(deliveryID: "gone", attempt: Attempt(epoch: 1, number: 9))
        for _ in 1...2 {
            try ledger.done(late, [CoreFixture.created("w-2")])
            ledger.finish()
        }
        #expect(ledger.timeline().count { $0 == "workspace.dispose" } == 1)
        #expect(ledger.stored("I-1")?.workspace?.workspaceID == "w-1")
    }

    @Test func theFirstVerdictCounts() throws {
        var (ledger, watch, _) = try watched()
        try ledger.done(watch, [RemediationFinished(verdict: .succeeded), RemediationFinished(verdict: .unknown)])
        ledger.finish()
        #expect(ledger.stored("I-1")?.verdict == .succeeded)
    }

    // MARK: - Ending

    @Test func aCancelBeforeWorkBeganIsImmediate() throws {
        var ledger = CoreFixture()
        _ = ledger.accept()
        #expect(ledger.core.cancel("I-1", by: "alice", reason: "mistake", at: ledger.now) == .asked)
        ledger.finish()
        #expect(ledger.timeline() == ["incident.accepted", "incident.cancelled"])
        #expect(ledger.stored("I-1")?.state == .cancelled)
        ledger.thaw("I-1")
        #expect(ledger.core.cancel("I-1", by: "alice", reason: "again", at: ledger.now) == .tooLate)
        #expect(ledger.core.cancel("I-2", by: "alice", reason: "what", at: ledger.now) == .unknown)
    }

    @Test func aCancelWaitsForACreateAndStopsWhatItMade() throws {
        var (ledger, provision) = try CoreFixture.approved()
        #expect(ledger.core.cancel("I-1", by: "alice", reason: "mistake", at: ledger.now) == .asked)
        #expect(ledger.finish().isEmpty)
        #expect(ledger.stored("I-1")?.verdict == nil)
        try ledger.done(provision, [CoreFixture.created()])
        let stop = ledger.finish()
        #expect(stop.map(\.stage) == ["provisioner"], "neither watched nor reported: \(stop)")
        #expect(ledger.timeline().last == "workspace.dispose")
        try ledger.done(stop[0], [WorkspaceExpiring(step: .erase, workspace: CoreFixture.created().reference)])
        let report = ledger.finish()
        #expect(report.map(\.stage) == ["reporter"])
        #expect(ledger.timeline().suffix(2) == ["workspace.expiring", "incident.cancelled"])
        #expect(ledger.stored("I-1")?.verdict == .cancelled)
    }

    @Test func aCancelledCreateIsLookedForAndNeverMade() throws {
        var (ledger, provision) = try CoreFixture.approved()
        try ledger.settle(provision, .failed(.init(code: "c", message: "no answer", retryable: true)))
        ledger.finish()
        _ = ledger.core.cancel("I-1", by: "alice", reason: "mistake", at: ledger.now)
        let look = try #require(ledger.finish().first)
        #expect(look.cancelled)
        try ledger.settle(look, .done([]))
        ledger.finish()
        #expect(ledger.stored("I-1")?.state == .provisioning, "the first request may still be on its way")
        ledger.pass(10_000)
        try ledger.beat("provisioner")
        let again = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        #expect(again.cancelled)
        try ledger.settle(again, .done([]))
        ledger.finish()
        #expect(ledger.stored("I-1")?.state == .cancelled)
    }

    @Test func theDeadlineStopsFirstAndJudgesThen() throws {
        var (ledger, watch, _) = try watched()
        ledger.pass(600_000)
        for stage in CoreFixture.rules.stages.keys { try ledger.beat(stage) }
        let stop = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        #expect(ledger.stored("I-1")?.verdict == nil)
        try ledger.done(watch, [RemediationFinished(verdict: .succeeded)])
        try ledger.done(stop, [WorkspaceExpiring(step: .erase, workspace: CoreFixture.created().reference)])
        ledger.finish()
        #expect(ledger.stored("I-1")?.verdict == .deadlineExceeded)
    }

    @Test func aStopThatNeverComesLeavesTheVerdictUnknown() throws {
        var (ledger, _, _) = try watched()
        ledger.pass(600_000)
        ledger.finish()
        ledger.pass(30_000)
        ledger.finish()
        let record = try #require(ledger.stored("I-1"))
        #expect(record.verdict == .unknown)
        #expect(record.diagnosis?.summary.contains("could not be found out in time") == true)
    }

    @Test func nothingDecidedEndsToo() throws {
        var ledger = CoreFixture()
        _ = ledger.accept()
        ledger.finish()
        ledger.pass(60_000)
        ledger.finish()
        let record = try #require(ledger.stored("I-1"))
        #expect(record.verdict == .deadlineExceeded)
        #expect(record.diagnosis?.summary.contains("see that a validator runs") == true)
    }

    @Test func anExhaustedReportIsListedAndMakesNoNewOne() throws {
        var (ledger, watch, comment) = try watched()
        try ledger.settle(comment, .failed(.init(code: "gone", message: "404", retryable: false)))
        ledger.finish()
        #expect(ledger.stored("I-1")?.unreported == true)
        try ledger.done(watch, [RemediationFinished(verdict: .succeeded)])
        #expect(ledger.finish().map(\.stage).sorted() == ["provisioner", "reporter"])
        #expect(ledger.timeline().count { $0 == "delivery.exhausted" } == 1)
    }

    // MARK: - The sweep

    @Test func aSweepTakesWhatIsClosedAndDueAndNothingElse() throws {
        var ledger = CoreFixture()
        ledger.core = LedgerCore(
            rules: CoreFixture.rules,
            installation: "test",
            epoch: 1,
            nextSequence: 1,
            incidents: [LedgerCore.sweepsRecord(at: ledger.now.wall)],
            deliveries: [],
            ids: UniqueIDGenerator(seed: 3),
            at: ledger.now
        )
        _ = ledger.accept()
        #expect(ledger.core.cancel("I-1", by: "a", reason: "closed", at: ledger.now) == .asked)
        ledger.finish()
        ledger.pass(3_600_000)
        try ledger.beat("reporter")
        let report = try #require(ledger.order(for: "reporter", in: ledger.finish()))
        try ledger.done(report, [])
        _ = ledger.accept(CoreFixture.incident("I-2"))
        try ledger.beat("provisioner")
        let sweep = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        #expect(sweep.incident == LedgerCore.sweeps)
        let seen = ["I-1", "I-2", "I-3"].map {
            WorkspacesSeen.Seen(
                workspace: WorkspaceReference(workspaceID: "w-\($0)", workspaceName: "m-\($0)"),
                incidentID: $0
            )
        }
        try ledger.done(sweep, [WorkspacesSeen(workspaces: seen)])
        let disposals = ledger.finish()
        #expect(disposals.map(\.incident) == ["I-1"], "I-2 is open, I-3 is unknown")
        #expect(ledger.timeline("I-1").last == "workspace.dispose")
        #expect(ledger.core.unknownWorkspaceCount == 1)
        ledger.pass(1000)
        #expect(ledger.finish().isEmpty, "the next sweep is due an hour later")
    }

    // MARK: - What nobody can use

    @Test func whatNobodyCanUseIsKeptAndStopsNothing() throws {
        var (ledger, provision) = try CoreFixture.approved()
        try ledger.send(CoreFixture.created(), incident: "I-1")
        try ledger.settle(provision, .done([CausedEvent(type: .workspaceCreated, data: ["workspace_id": 7])]))
        try ledger.settle(provision, .done([CausedEvent(type: .incidentCancelled, data: [:])]))
        try ledger.beat("nobody")
        ledger.core.refuse([1, 2, 3], reason: "invalid UTF-8", at: ledger.now)
        ledger.finish()
        let letters = ledger.changes.compactMap { change -> String? in
            if case .deadLetter(let letter) = change { letter.reason } else { nil }
        }
        #expect(letters.count == 5, "\(letters)")
        try ledger.done(provision, [CoreFixture.created()])
        #expect(ledger.finish().count == 2, "the delivery was untouched by what could not be read")
    }

    // MARK: - Restart

    @Test func aRestartGivesLivingHoldersOneLease() throws {
        let (before, provision) = try CoreFixture.approved()
        var after = CoreFixture()
        after.now = before.now
        after.changes = before.changes
        var open: [String: OpenDelivery.Record] = [:]
        for change in before.changes {
            switch change {
            case .saveDelivery(let record): open[record.id] = record
            case .removeDelivery(let id): open[id] = nil
            default: break
            }
        }
        after.core = LedgerCore(
            rules: CoreFixture.rules,
            installation: "test",
            epoch: 2,
            nextSequence: 100,
            incidents: [try #require(before.stored("I-1"))],
            deliveries: Array(open.values),
            ids: UniqueIDGenerator(seed: 2),
            at: after.now
        )
        try after.beat("provisioner", instance: "other")
        #expect(after.finish().isEmpty, "it counts as handed out")
        after.pass(1000)
        try after.beat("provisioner", instance: "holder", holds: [provision.handle])
        after.finish()
        after.pass(9500)
        try after.beat("provisioner", instance: "holder", holds: [provision.handle])
        try after.beat("provisioner", instance: "other")
        #expect(after.finish().isEmpty, "the holder has claimed it")
        after.pass(10_000)
        try after.beat("provisioner", instance: "other")
        let again = try #require(after.finish().first)
        #expect(again.handle.attempt == Attempt(epoch: 2, number: 1))
        #expect(!again.isFirst, "the intake before may have handed it out")
        #expect(again.handle.attempt > provision.handle.attempt)
    }
}

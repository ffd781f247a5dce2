import Messages
import Testing

@testable import Ledger

/// What is left of an earlier attempt is dealt with by that attempt's plan.
@Suite("Plans of attempts", .timeLimit(.minutes(2)))
struct AttemptPlanTests {
    @Test func eachDeliveryCarriesTheOneOfItsAttempt() async throws {
        try await LedgerFolder.with { folder in
            var (ledger, provision) = try CoreFixture.approved()
            try ledger.done(provision, [RemediationFinished(verdict: .provisioningFailed)])
            ledger.finish()
            ledger.thaw("I-1")
            ledger.pass(86_400_000)
            for stage in CoreFixture.rules.stages.keys { try ledger.beat(stage) }
            let request = RetryRequest(incident: CoreFixture.incident(), by: "ann", reason: "r", sealedToken: "sealed")
            #expect(ledger.core.retry(request, at: ledger.now) == .begun(attempt: 2))
            let decideAgain = try #require(ledger.order(for: "validator", in: ledger.finish()))
            var plan = ledger.plan()
            plan.template = "another"
            try ledger.done(decideAgain, [IncidentApproved(plan: plan)])
            ledger.finish()

            let store = try folder.open()
            _ = try await store.load()
            try await store.commit(ledger.changes)
            func context(_ order: HandOutOrder, attempt: Int) async throws -> DeliveryContext {
                var order = order
                order.operatorAttempt = attempt
                let batch = LedgerCore.Batch(changes: [], orders: [order])
                let messages = try await store.commit(batch, installation: "test", rules: CoreFixture.rules)
                return try #require(messages.first?.message.context)
            }
            #expect(try await context(provision, attempt: 1).plan?.template == "t")
            #expect(try await context(provision, attempt: 2).plan?.template == "another")
            #expect(try await context(decideAgain, attempt: 2).acceptedAt == ledger.now.wall)
        }
    }
}

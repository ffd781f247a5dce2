import Glibc
import Messages
import Topology

/// How a stage lives and ends.
extension StageCheck {
    func keepsItsMemory() async throws -> Finding {
        var growth = MemoryGrowth()
        let each = max(deliveries / MemoryGrowth.rounds, 1)
        for round in 0..<MemoryGrowth.rounds {
            guard try await work(each, "memory-\(round)") else {
                return .broken("\(each) deliveries were not settled within 2 minutes; \(program.lastWords)")
            }
            guard let bytes = program.usage?.residentBytes else { return .broken("the process has ended") }
            growth.note(bytes)
        }
        let seen = "\(growth) after each \(each) deliveries"
        return growth.isGrowing ? .broken(seen) : .held(seen)
    }

    private func work(_ count: Int, _ name: String) async throws -> Bool {
        let most = min(max(harness.setup.stage.capacity, 100), 500)
        var made = 0
        while made < count {
            var deliveries: [GoldenDelivery] = []
            for number in made..<min(made + most, count) {
                deliveries.append(try await golden.typical("\(name)-\(number)"))
            }
            guard await hands.settle(deliveries, within: .seconds(120)).count == deliveries.count else {
                return false
            }
            try await harness.outside.clearAway(deliveries)
            made += deliveries.count
        }
        return true
    }

    func endsInOrder() async throws -> Finding {
        let grace: Duration = .seconds(15)
        let (deliveries, handles) = try await begin("sigterm", builds: "60s", answers: "3s")
        let began = ContinuousClock.now
        let end = await program.end(by: SIGTERM, within: grace)
        let took = ContinuousClock.now - began
        try await harness.outside.hurry()
        guard let end else {
            _ = await program.end(by: SIGKILL, within: .seconds(5))
            return .broken("it still runs \(TimeText.length(grace)) after SIGTERM")
        }
        guard end == .exit(code: 0) else {
            return .broken("it ended with \(SupervisionText.text(end)); \(program.lastWords)")
        }
        // What it sent before its end may still be on its way to us.
        let all = handles
        _ = await book.wait(within: .seconds(2)) { book in all.allSatisfy { book.outcome(of: $0) != nil } }
        let book = book.value
        var returned = 0
        var settled = 0
        var begun = 0
        let effects = try await harness.outside.effects()
        // What has begun to act must not be given back, since nobody knows how far it came: its lease decides.
        let acts = deliveries.contains { harness.hasEffect($0, effects) }
        for (delivery, handle) in zip(deliveries, handles) {
            switch book.outcome(of: handle) {
            case .returned: returned += 1
            case .some: settled += 1
            case nil where acts: begun += 1
            case nil:
                return .broken("\(delivery.name) was held, and neither settled nor returned")
            }
        }
        let rest = begun > 0 ? ", \(begun) with an effect begun, left to their lease" : ""
        return .held("after \(TimeText.length(took)): \(settled) settled, \(returned) returned\(rest)")
    }

    func survivesKill() async throws -> Finding {
        let began = ContinuousClock.now
        if !program.isAlive {
            try await program.start()
            await beats { book in book.beats.values.contains { $0.first > began } }
        }
        guard program.isAlive else { return .broken("it did not start again: \(program.lastWords)") }
        let (deliveries, _) = try await begin("sigkill", builds: "20ms", answers: "1s")
        _ = await program.end(by: SIGKILL, within: .seconds(5))
        try await harness.outside.hurry()
        // As intake does: nobody else has a right before the earlier one has passed.
        try await Task.sleep(for: hands.lease)
        try await program.start()
        let outcomes = await hands.settle(deliveries, within: .seconds(90))
        guard outcomes.count == deliveries.count else {
            return .broken(
                "\(deliveries.count - outcomes.count) of \(deliveries.count) were not settled after the new start"
            )
        }
        let effects = try await harness.outside.effects()
        for delivery in deliveries {
            let effect = effects[delivery.incidentID] ?? .init()
            if effect.creates > 1 || effect.comments > 1 || effect.patches > 1 {
                return .broken("\(delivery.name) had an outside effect twice: \(effect)")
            }
        }
        return .held("\(deliveries.count) deliveries settled after it, no effect twice")
    }

    /// Hands out some deliveries while outside all is slow, and waits until all are held or settled.
    private func begin(
        _ name: String,
        builds: String,
        answers: String
    ) async throws -> ([GoldenDelivery], [DeliveryHandle]) {
        var deliveries: [GoldenDelivery] = []
        var handles: [DeliveryHandle] = []
        try await harness.outside.setPace(builds: builds)
        for number in 0..<20 { deliveries.append(try await golden.typical("\(name)-\(number)")) }
        try await harness.outside.setPace(builds: builds, answers: answers)
        for delivery in deliveries { handles.append(await hands.handOut(delivery)) }
        let all = handles
        _ = await book.wait(within: .seconds(5)) { book in
            all.allSatisfy { book.isClaimed($0) || book.outcome(of: $0) != nil }
        }
        return (deliveries, handles)
    }
}

extension StageHarness {
    /// Whether the stage has done something outside for this delivery, beside what the harness itself has made for it.
    func hasEffect(_ delivery: GoldenDelivery, _ effects: [String: OutsideSystems.Effects]) -> Bool {
        let own = delivery.context.workspace == nil ? 0 : 1
        return (effects[delivery.incidentID]?.total ?? 0) > own
    }
}

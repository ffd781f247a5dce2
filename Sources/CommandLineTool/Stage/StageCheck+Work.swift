import Messages
import Topology

/// What a stage does with deliveries that are as they should be.
extension StageCheck {
    func settlesGolden() async throws -> Finding {
        let deliveries = try await golden.all()
        let outcomes = await hands.settle(deliveries, afterDelays: 3, within: .seconds(90))
        let silent = deliveries.filter { outcomes[$0.id] == nil }
        if let first = silent.first {
            return .broken(
                "\(silent.count) of \(deliveries.count) were not settled within 90 s, such as \(first.name); "
                    + program.lastWords
            )
        }
        for delivery in deliveries {
            guard case .failed(let failure) = outcomes[delivery.id] else { continue }
            return .broken("\(delivery.name) failed: \(failure.code): \(failure.message)")
        }
        if let fault = book.value.faults.first { return .broken(fault) }
        let unclaimed = deliveries.filter { delivery in !wasSeen(delivery) }
        if let first = unclaimed.first {
            return .broken("\(first.name) was neither claimed by a heartbeat nor settled in its first hand-out")
        }
        let deferred = outcomes.values.count { if case .deferred = $0 { true } else { false } }
        return .held(
            "\(deliveries.count) of \(harness.setup.stage.takes.count) types"
                + (deferred > 0 ? ", \(deferred) of them put off" : "")
        )
    }

    private func wasSeen(_ delivery: GoldenDelivery) -> Bool {
        let book = book.value
        let first = DeliveryHandle(deliveryID: delivery.id, attempt: Attempt(epoch: 1, number: 1))
        return book.isClaimed(first) || book.outcome(of: first) != nil
    }

    func honoursCapacity() async throws -> Finding {
        guard let capacity = book.value.beats.values.map(\.latest.capacity).max() else {
            return .broken("no heartbeat tells a capacity")
        }
        // Beyond some hundred the making of what they speak of would take longer than what is to be seen.
        let count = min(capacity, 400) + 20
        var deliveries: [GoldenDelivery] = []
        for number in 0..<count { deliveries.append(try await golden.typical("capacity-\(number)")) }
        var handles: [DeliveryHandle] = []
        for delivery in deliveries { handles.append(await hands.handOut(delivery)) }
        let all = handles
        _ = await book.wait(within: Self.patience) { book in
            all.allSatisfy { book.outcome(of: $0) != nil || book.isClaimed($0) }
        }
        let book = book.value
        if let most = book.beats.values.map(\.mostHeld).max(), most > capacity {
            return .broken("a heartbeat told of \(most) held, and of the capacity \(capacity)")
        }
        let lost = zip(deliveries, handles).filter { book.outcome(of: $1) == nil && !book.isClaimed($1) }
        if let first = lost.first {
            return .broken(
                "of \(count) at once \(lost.count) were neither held, settled nor returned, such as \(first.0.name)"
            )
        }
        let full = handles.count { if case .returned = book.outcome(of: $0) { true } else { false } }
        let rest = await hands.settle(
            zip(deliveries, handles).compactMap { delivery, handle in
                if case .returned = book.outcome(of: handle) { delivery } else { nil }
            },
            within: .seconds(120)
        )
        guard rest.count == full else {
            return .broken(
                "\(full - rest.count) of \(full) that were returned were not settled afterwards"
            )
        }
        let held = handles
        guard
            await self.book.wait(
                within: .seconds(120),
                until: { book in held.allSatisfy { book.outcome(of: $0) != nil } }
            )
        else { return .broken("what it held was not settled within 2 minutes") }
        return .held("\(count) at once with the capacity \(capacity): \(full) returned, all settled in the end")
    }

    func beatsUnderLoad() async throws -> Finding {
        // Silent for so long that its deliveries are nearly lost: a machine with much to do must not fail this.
        let limit = harness.setup.stage.lease / 2
        book.update { $0.restartGaps() }
        let began = ContinuousClock.now
        var settled = 0
        while ContinuousClock.now - began < .seconds(6) {
            var deliveries: [GoldenDelivery] = []
            for number in 0..<50 { deliveries.append(try await golden.typical("load-\(settled)-\(number)")) }
            settled += await hands.settle(deliveries, within: .seconds(60)).count
            if settled == 0 { return .broken("nothing was settled within a minute") }
        }
        guard let gap = book.value.beats.values.map(\.longestGap).max() else {
            return .broken("there were none")
        }
        let seen = "longest pause \(TimeText.length(gap)) while \(settled) deliveries were settled"
        return gap <= limit ? .held(seen) : .broken("\(seen); the lease is \(TimeText.length(limit * 2))")
    }

    func hasNoSecondEffect() async throws -> Finding {
        var tried = 0
        var effects = 0
        for type in harness.setup.stage.takes {
            let delivery = try await golden.make(EventType(rawValue: type), "again", variant: 0)
            let first = await hands.settle([delivery], afterDelays: 2, within: .seconds(60))[delivery.id]
            let before = try await harness.outside.effects()[delivery.incidentID] ?? .init()
            // The answer was lost: it is handed out again, and once more at the same time, as another process's hand-out.
            let second = await hands.settle([delivery], afterDelays: 2, within: .seconds(60))[delivery.id]
            await hands.handOut(delivery)
            let third = await hands.settle([delivery], afterDelays: 2, within: .seconds(60))[delivery.id]
            let after = try await harness.outside.effects()[delivery.incidentID] ?? .init()
            guard let first, let second, let third else {
                return .broken("\(delivery.name) was not settled each time that it was handed out")
            }
            guard before == after else {
                return .broken(
                    "\(delivery.name) had \(before.total) outside effects, and \(after.total) after it came again"
                )
            }
            if let flaw = Self.difference(first, second) ?? Self.difference(first, third) {
                return .broken("\(delivery.name): \(flaw)")
            }
            tried += 1
            effects += after.total
        }
        return .held("\(tried) types, each handed out four times, \(effects) outside effects in all")
    }

    /// What is told of one event must be the same each time, apart from times and ids.
    private static func difference(_ one: Outcome, _ other: Outcome) -> String? {
        guard case .done(let first) = one, case .done(let second) = other else { return nil }
        let types = (first.map(\.type.rawValue), second.map(\.type.rawValue))
        return types.0 == types.1
            ? nil : "the first time it caused \(types.0), then \(types.1)"
    }
}

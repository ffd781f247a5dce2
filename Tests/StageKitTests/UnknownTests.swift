import Messages
import StageKit
import Testing

/// What a worker does about what it cannot know yet.
@Suite("The worker and what it does not know", .timeLimit(.minutes(2)))
struct UnknownTests {
    @Test func putsOffATypeThatItDoesNotKnow() async throws {
        let gate = Gate()
        gate.open()
        try await Bench.run(handler: gate) { bench, _ in
            var newer = delivery("newer")
            newer.type = EventType(rawValue: "incident.approved.v2")
            let before = Timestamp.now
            try await bench.intake.send(newer)
            let outcome = try await bench.intake.settlements(1).first?.outcome
            guard case .deferred(let until, let reason) = outcome else {
                Issue.record("it answered \(String(describing: outcome))")
                return
            }
            #expect(until > before)
            #expect(reason == "this process does not know incident.approved.v2")
            #expect(gate.begun == [])
            try await bench.intake.send(delivery("known"))
            #expect(try await bench.intake.settlements(1).first?.outcome == .done([]))
        }
    }

    /// libzmq would give the connection up for good, and the process would be deaf.
    @Test func hearsWhatComesAfterAFrameThatIsTooLarge() async throws {
        let gate = Gate()
        gate.open()
        try await Bench.run(handler: gate) { bench, _ in
            try await bench.intake.send([UInt8](repeating: UInt8(ascii: " "), count: Message.maximumBytes + 1))
            try await bench.intake.send(delivery("next"))
            #expect(try await bench.intake.settlements(1).map(\.handle.deliveryID) == ["next"])
        }
    }
}

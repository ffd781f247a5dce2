import Foundation
import Messages
import ServiceLifecycleTestKit
import StageKit
import Testing

@Suite("The worker's end, and intake's", .timeLimit(.minutes(3)))
struct WorkerEndTests {
    @Test func returnsWhatIsUnfinishedAndEnds() async throws {
        let gate = Gate()
        try await Bench.run(handler: gate) { bench, trigger in
            for number in 1...2 { try await bench.intake.send(delivery("\(number)")) }
            try await bench.intake.read { try $0.heartbeats.contains { $0.holds.count == 2 } }
            trigger.triggerGracefulShutdown()
            let messages = try await bench.intake.read { try $0.settlements.count == 2 }
            let settled = try messages.settlements
            #expect(Set(settled.map(\.handle.deliveryID)) == ["1", "2"])
            #expect(settled.allSatisfy { $0.outcome == .returned(reason: "shutting down") })
            #expect(try messages.heartbeats.contains { $0.capacity == 0 }, "nothing more is handed to it")
        }
    }

    @Test func finishesWhatItHoldsAndTakesNothingNew() async throws {
        let gate = Gate()
        try await Bench.run(drainGrace: .seconds(50), handler: gate) { bench, trigger in
            try await bench.intake.send(delivery("1"))
            try await bench.intake.read { try $0.heartbeats.contains { $0.holds.count == 1 } }
            trigger.triggerGracefulShutdown()
            try await bench.intake.read { try $0.heartbeats.contains { $0.capacity == 0 } }
            try await bench.intake.send(delivery("2"))
            let back = try await bench.intake.settlements(1)
            #expect(back.map(\.handle.deliveryID) == ["2"])
            #expect(back.map(\.outcome) == [.returned(reason: "shutting down")])
            gate.open()
            let done = try await bench.intake.settlements(1)
            #expect(done.map(\.handle.deliveryID) == ["1"])
            #expect(done.map(\.outcome) == [.done([])])
            #expect(gate.begun == ["1"])
        }
    }

    @Test func endsWithNothingToDo() async throws {
        try await Bench.run(handler: Gate()) { bench, _ in
            try await bench.intake.read { try !$0.heartbeats.isEmpty }
        }
    }

    @Test func goesOnWhenIntakeComesBack() async throws {
        let gate = Gate()
        try await Bench.run(handler: gate) { bench, _ in
            try await bench.intake.send(delivery("1"))
            try await bench.intake.read { try $0.heartbeats.contains { $0.holds.count == 1 } }
            await bench.intake.close()
            let again = try await IntakeSide(folder: bench.folder)
            let held = try await again.read { try $0.heartbeats.contains { $0.holds.count == 1 } }
            #expect(try held.heartbeats.last?.holds.first?.deliveryID == "1", "it claims what it holds")
            gate.open()
            #expect(try await again.settlements(1).map(\.handle.deliveryID) == ["1"])
            try await again.send(delivery("2"))
            #expect(try await again.settlements(1).map(\.handle.deliveryID) == ["2"])
            await again.close()
        }
    }
}

import Foundation
import Messages
import StageKit
import Testing

@Suite("The worker of every stage", .timeLimit(.minutes(3)))
struct WorkerTests {
    private static let told = CausedEvent(type: .incidentReported, data: ["told": "x"])

    @Test func answersADelivery() async throws {
        let handler = Handler { delivery, hand in
            #expect(delivery.incidentID == "I-1")
            #expect(hand.now() < delivery.expiryTime)
            return [Self.told]
        }
        try await Bench.run(handler: handler) { bench, _ in
            try await bench.intake.send(delivery("1"))
            let message = try #require(
                try await bench.intake.read { $0.contains { $0.type == .deliverySettled } }
                    .first { $0.type == .deliverySettled }
            )
            #expect(message.subject == "I-1")
            #expect(message.source == "/tester/one")
            #expect(message.traceparent == delivery("1").traceparent)
            let settled: DeliverySettled = try message.content()
            #expect(settled.handle == DeliveryHandle(deliveryID: "1", attempt: Attempt(epoch: 1, number: 1)))
            #expect(settled.outcome == .done([Self.told]))
        }
    }

    @Test func claimsAtOnceAndOnceASecond() async throws {
        let gate = Gate()
        let trouble = Trouble()
        trouble.set("b", "second")
        trouble.set("a", "first")
        try await Bench.run(capacity: 7, handler: gate, trouble: trouble) { bench, _ in
            try await bench.intake.send(delivery("1"))
            let holding = try await bench.intake.read { try $0.heartbeats.count { !$0.holds.isEmpty } >= 3 }.heartbeats
            let claim = try #require(holding.first { !$0.holds.isEmpty })
            #expect(claim.stage == "tester")
            #expect(claim.instance == "one")
            #expect(claim.capacity == 7)
            #expect(claim.holds == [DeliveryHandle(deliveryID: "1", attempt: Attempt(epoch: 1, number: 1))])
            #expect(claim.trouble == "first; second")
            trouble.set("a", nil)
            trouble.set("b", nil)
            gate.open()
            try await bench.intake.read { try $0.heartbeats.contains { $0.holds.isEmpty && $0.trouble == nil } }
        }
    }

    @Test func givesBackWhatIsOverItsCapacity() async throws {
        let gate = Gate()
        try await Bench.run(capacity: 2, handler: gate) { bench, _ in
            for number in 1...5 { try await bench.intake.send(delivery("\(number)")) }
            let back = try await bench.intake.settlements(3)
            #expect(back.map(\.handle.deliveryID) == ["3", "4", "5"])
            #expect(back.allSatisfy { $0.outcome == .returned(reason: "full") })
            #expect(gate.begun.sorted() == ["1", "2"])
            gate.open()
            let done = try await bench.intake.settlements(2)
            #expect(Set(done.map(\.handle.deliveryID)) == ["1", "2"])
            try await bench.intake.send(delivery("6"))
            #expect(try await bench.intake.settlements(1).first?.outcome == .done([]), "there is room again")
        }
    }

    @Test func dropsWhatHasExpiredAndSurvivesWhatIsNoDelivery() async throws {
        let gate = Gate()
        gate.open()
        try await Bench.run(handler: gate) { bench, _ in
            try await bench.intake.send(delivery("late", expiresIn: .seconds(-1)))
            try await bench.intake.send(Array("{".utf8))
            try await bench.intake.send([0xFF])
            try await bench.intake.send([])
            for strip in [\Message.subject, \.deliveryID] {
                var message = delivery("stripped")
                message[keyPath: strip] = nil
                try await bench.intake.send(message)
            }
            var unknown = delivery("without context")
            unknown.context = nil
            try await bench.intake.send(unknown)
            try await bench.intake.send(delivery("good"))
            #expect(try await bench.intake.settlements(1).map(\.handle.deliveryID) == ["good"])
            #expect(gate.begun == ["good"])
        }
    }

    @Test func aSecondHandOutOfWhatIsHeldBeginsNothing() async throws {
        let gate = Gate()
        try await Bench.run(handler: gate) { bench, _ in
            for _ in 1...3 { try await bench.intake.send(delivery("1")) }
            try await bench.intake.send(delivery("2"))
            try await bench.intake.read { try $0.heartbeats.contains { $0.holds.count == 2 } }
            gate.open()
            let settled = try await bench.intake.settlements(2)
            #expect(Set(settled.map(\.handle.deliveryID)) == ["1", "2"])
            try await bench.intake.send(delivery("3"))
            #expect(try await bench.intake.settlements(1).map(\.handle.deliveryID) == ["3"], "nothing more of 1")
            #expect(gate.begun.sorted() == ["1", "2", "3"])
        }
    }

    @Test func sendsProgressBeforeItSettles() async throws {
        let handler = Handler { _, hand in
            for number in Int64(1)...3 {
                try await hand.progress([CausedEvent(type: .logAppended, data: ["number": .integer(number)])])
            }
            return [Self.told]
        }
        try await Bench.run(handler: handler) { bench, _ in
            try await bench.intake.send(delivery("1"))
            let messages = try await bench.intake.read { $0.contains { $0.type == .deliverySettled } }
                .filter { $0.type != .stageHeartbeat }
            #expect(
                messages.map(\.type) == [.deliveryProgress, .deliveryProgress, .deliveryProgress, .deliverySettled]
            )
            let numbers = try messages.dropLast().map { message -> JSONValue? in
                #expect(message.subject == "I-1")
                let progress: DeliveryProgress = try message.content()
                #expect(progress.handle.deliveryID == "1")
                return progress.events.first?.data["number"]
            }
            #expect(numbers == [.integer(1), .integer(2), .integer(3)])
        }
    }

    private struct Odd: Error, CustomStringConvertible { let description = "what nobody expected" }

    @Test func mapsEveryError() async throws {
        let until = Timestamp(milliseconds: 1_900_000_000_000)
        let answers: [(id: String, error: any Error, outcome: Outcome)] = [
            (
                "retry", StageError.retry("c", "m", after: 2.5),
                .failed(.init(code: "c", message: "m", retryable: true, retryAfterSeconds: 2.5))
            ),
            ("final", StageError.final("c", "m"), .failed(.init(code: "c", message: "m", retryable: false))),
            ("deferred", StageError.deferred(until: until, reason: "r"), .deferred(until: until, reason: "r")),
            ("returned", StageError.returned(reason: "r"), .returned(reason: "r")),
            ("cancelled", CancellationError(), .returned(reason: "shutting down")),
            (
                "odd", Odd(),
                .failed(.init(code: "internal", message: "what nobody expected", retryable: true))
            ),
        ]
        let handler = Handler { delivery, _ in
            guard let answer = answers.first(where: { $0.id == delivery.handle.deliveryID }) else { return [] }
            throw answer.error
        }
        try await Bench.run(handler: handler) { bench, _ in
            for answer in answers {
                try await bench.intake.send(delivery(answer.id))
                #expect(try await bench.intake.settlements(1).map(\.outcome) == [answer.outcome], "\(answer.id)")
            }
        }
    }

    @Test func mayBeginNothingOnceItsTimeIsOver() async throws {
        let clock = MovableClock()
        let handler = Handler { _, hand in
            clock.move(by: .seconds(600))
            try hand.checkInTime()
            return [Self.told]
        }
        try await Bench.run(clock: clock, handler: handler) { bench, _ in
            try await bench.intake.send(delivery("1", expiresIn: .seconds(600)))
            #expect(try await bench.intake.settlements(1).map(\.outcome) == [.returned(reason: "out of time")])
        }
    }

    /// What was begun may still take effect, so nobody else may look before its time is over.
    @Test func whatWasBegunIsNotGivenBack() async throws {
        let handler = Handler { delivery, hand in
            try hand.checkInTime()
            guard delivery.handle.deliveryID == "2" else { throw StageError.returned(reason: "shutting down") }
            return [Self.told]
        }
        try await Bench.run(handler: handler) { bench, _ in
            try await bench.intake.send(delivery("1"))
            try await bench.intake.send(delivery("2"))
            // Until nothing is held any more, so that whatever is given back has come.
            var isClaimed = false
            let messages = try await bench.intake.read { messages in
                guard let latest = try messages.heartbeats.last else { return false }
                isClaimed = isClaimed || !latest.holds.isEmpty || messages.contains { $0.type == .deliverySettled }
                return isClaimed && latest.holds.isEmpty && messages.contains { $0.type == .deliverySettled }
            }
            let settled = try messages.filter { $0.type == .deliverySettled }.map { message -> String in
                (try message.content() as DeliverySettled).handle.deliveryID
            }
            #expect(settled == ["2"])
        }
    }

    /// What is held ages by the monotonic clock: an operator who sets the clock back gives nobody more time.
    @Test func aClockThatIsSetBackPostponesNothing() async throws {
        let clock = MovableClock()
        let handler = Handler { delivery, hand in
            clock.move(by: .seconds(-3600))
            while hand.now() < delivery.expiryTime { try await Task.sleep(for: .milliseconds(5)) }
            try hand.checkInTime()
            return [Self.told]
        }
        try await Bench.run(clock: clock, handler: handler) { bench, _ in
            try await bench.intake.send(delivery("1", expiresIn: .seconds(5)))
            #expect(try await bench.intake.settlements(1).map(\.outcome) == [.returned(reason: "out of time")])
        }
    }

    /// Its clock is a minute behind: what intake's messages show of the time counts.
    @Test func aSlowClockIsCorrectedByWhatMessagesShow() async throws {
        let gate = Gate()
        gate.open()
        try await Bench.run(clock: MovableClock(ahead: .seconds(-60)), handler: gate) { bench, _ in
            // One behind the other, because what a message has shown is forgotten after some beats.
            try await bench.intake.send(delivery("1"))
            try await bench.intake.send(delivery("expired", expiresIn: .seconds(-5)))
            try await bench.intake.send(delivery("2"))
            #expect(Set(try await bench.intake.settlements(2).map(\.handle.deliveryID)) == ["1", "2"])
            #expect(Set(gate.begun) == ["1", "2"])
        }
    }
}

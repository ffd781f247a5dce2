import Messages
import Testing

@testable import StageKit

@Suite("The delivery contract of one process")
struct WorkerProtocolTests {
    private let clock = Timestamp(milliseconds: 1_800_000_000_000)

    private func message(_ id: String, attempt: Int = 1, expiresIn: Int64 = 8000, sentAt: Int64 = 0) -> Message {
        var message = delivery(id, attempt: attempt, sentAt: clock + .milliseconds(sentAt))
        message.expiryTime = clock + .milliseconds(expiresIn)
        return message
    }

    private func words(_ taken: WorkerProtocol.Taken) -> String {
        switch taken {
        case .start(let delivery): "start \(delivery.handle.deliveryID) \(delivery.handle.attempt)"
        case .answer(let settled, let incident): "answer \(incident) \(settled.outcome)"
        case .drop(let reason): "drop \(reason)"
        }
    }

    @Test func takesDropsAndGivesBack() throws {
        var worker = WorkerProtocol(stage: "s", instance: "i", capacity: 2, lease: .seconds(10))
        #expect(words(try worker.take(message("1", expiresIn: 0), clock: clock)) == "drop expired")
        #expect(words(try worker.take(message("1", expiresIn: 1), clock: clock)) == "start 1 1.1")
        #expect(words(try worker.take(message("1"), clock: clock)) == "drop held already")
        #expect(words(try worker.take(message("1", attempt: 2), clock: clock)) == "start 1 1.2")
        #expect(words(try worker.take(message("2"), clock: clock)) == "answer I-2 returned(reason: \"full\")")
        worker.settle(DeliveryHandle(deliveryID: "1", attempt: Attempt(epoch: 1, number: 1)))
        #expect(words(try worker.take(message("2"), clock: clock)) == "start 2 1.1")
        worker.isDraining = true
        #expect(words(try worker.take(message("3"), clock: clock)) == "answer I-3 returned(reason: \"shutting down\")")
        let heartbeat = worker.heartbeat(clock: clock, trouble: "t")
        #expect(heartbeat.capacity == 0)
        #expect(heartbeat.holds.map { "\($0.deliveryID) \($0.attempt)" } == ["1 1.2", "2 1.1"])
        #expect(heartbeat.trouble == "t")
    }

    @Test func remembersTheLargestLead() throws {
        var worker = WorkerProtocol(stage: "s", instance: "i", capacity: 9, lease: .seconds(10))
        _ = try worker.take(message("1", sentAt: -5000), clock: clock)
        #expect(worker.corrected(clock) == clock, "a clock that is ahead is not set back")
        _ = try worker.take(message("2", expiresIn: 11_000, sentAt: 3000), clock: clock)
        _ = try worker.take(message("3", expiresIn: 9000, sentAt: 1000), clock: clock)
        #expect(worker.corrected(clock) == clock + .seconds(3))
        #expect(words(try worker.take(message("4", expiresIn: 2999), clock: clock)) == "drop expired")
    }

    /// An event is as old as its incident: when intake's clock was ahead while it was written, every hand-out of it tells a
    /// time to come, long after the clock was set right.
    @Test func anEventFromTheFutureIsTakenAndSaysNothingOfTheClock() throws {
        var worker = WorkerProtocol(stage: "s", instance: "i", capacity: 9, lease: .seconds(10))
        #expect(words(try worker.take(message("1", sentAt: 3_600_000), clock: clock)) == "start 1 1.1")
        #expect(worker.corrected(clock) == clock)
        #expect(words(try worker.take(message("2"), clock: clock)) == "start 2 1.1")
    }

    /// Where intake's clock was set back, or ours was behind for a while, everything would count as expired for good.
    @Test func aLeadThatIsNotSeenAnyMoreIsForgotten() throws {
        var worker = WorkerProtocol(stage: "s", instance: "i", capacity: 9, lease: .seconds(10))
        let behind = clock + .seconds(-60)
        #expect(words(try worker.take(message("1"), clock: behind)) == "start 1 1.1")
        #expect(worker.corrected(behind) == clock)
        #expect(words(try worker.take(message("2"), clock: clock)) == "drop expired")
        for _ in 1..<(2 * WorkerProtocol.beatsToRemember) { worker.beat() }
        #expect(words(try worker.take(message("2"), clock: clock)) == "drop expired", "one window is remembered whole")
        worker.beat()
        #expect(words(try worker.take(message("2"), clock: clock)) == "start 2 1.1")
    }
}

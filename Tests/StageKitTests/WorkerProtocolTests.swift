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
        var worker = WorkerProtocol(stage: "s", instance: "i", capacity: 2)
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
        var worker = WorkerProtocol(stage: "s", instance: "i", capacity: 9)
        _ = try worker.take(message("1", sentAt: -5000), clock: clock)
        #expect(worker.corrected(clock) == clock, "a clock that is ahead is not set back")
        _ = try worker.take(message("2", sentAt: 3000), clock: clock)
        _ = try worker.take(message("3", sentAt: 1000), clock: clock)
        #expect(worker.corrected(clock) == clock + .seconds(3))
        #expect(words(try worker.take(message("4", expiresIn: 2999), clock: clock)) == "drop expired")
    }
}

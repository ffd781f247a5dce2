import Testing

@testable import ZeroMQ

@Suite("Outbox: the pure queue of frames to send")
struct OutboxTests {
    private static let now = ContinuousClock.now
    private static let failure = ZeroMQError(operation: "test", endpoint: nil, number: 1)

    private func order(_ outbox: Outbox, limit: Int = 4) -> Outbox.Order { outbox.order(at: Self.now, atMost: limit) }

    @Test("wakes the thread only for the first frame, and takes exactly the high mark")
    func bounded() {
        var outbox = Outbox(marks: Watermarks(low: 1, high: 4))
        #expect(order(outbox) == .wait)
        #expect(outbox.admit([]) == .queued(wakesThread: false))
        #expect(outbox.admit(frames(0..<1)) == .queued(wakesThread: true))
        #expect(outbox.admit(frames(1..<3)) == .queued(wakesThread: false))
        #expect(outbox.admit(frames(3..<5)) == .full)
        #expect(outbox.admit(frames(3..<4)) == .queued(wakesThread: false))
        #expect(outbox.admit(frames(4..<5)) == .full)
        #expect(order(outbox, limit: 3) == .send(frames(0..<3), until: nil))
    }

    @Test("lets waiting senders in at the low mark, in their order, and nobody overtake them")
    func fairness() {
        var outbox = Outbox(marks: Watermarks(low: 1, high: 4))
        _ = outbox.admit(frames(0..<4))
        outbox.wait(1, for: frames(4..<6))
        outbox.wait(2, for: frames(6..<7))
        #expect(outbox.confirm(sent: 2) == [])
        #expect(outbox.admit(frames(9..<10)) == .full)
        // One frame is left: the first comes in with two, and the second has to wait for the low mark again.
        #expect(outbox.confirm(sent: 1) == [1])
        #expect(order(outbox) == .send(frames(3..<6), until: nil))
        #expect(outbox.confirm(sent: 3) == [2])
        #expect(order(outbox) == .send(frames(6..<7), until: nil))
    }

    @Test("takes a batch larger than the high mark into an empty queue only")
    func largeBatch() {
        var outbox = Outbox(marks: Watermarks(low: 1, high: 4))
        _ = outbox.admit(frames(0..<1))
        #expect(outbox.admit(frames(1..<9)) == .full)
        outbox.wait(1, for: frames(1..<9))
        #expect(outbox.confirm(sent: 1) == [1])
        #expect(outbox.count == 8)
        #expect(outbox.admit(frames(9..<10)) == .full)
    }

    @Test("forgets a sender that gives up, and lets in the ones behind it")
    func cancellation() {
        var outbox = Outbox(marks: Watermarks(low: 1, high: 4))
        _ = outbox.admit(frames(0..<4))
        outbox.wait(1, for: frames(4..<8))
        outbox.wait(2, for: frames(8..<9))
        #expect(outbox.confirm(sent: 3) == [])
        let first = outbox.cancel(1)
        #expect(first.wasWaiting && first.admitted == [2])
        let second = outbox.cancel(2)
        #expect(!second.wasWaiting && second.admitted == [])
        #expect(order(outbox) == .send([frame(3), frame(8)], until: nil))
    }

    @Test("when closing refuses newcomers, and sends the rest until the deadline")
    func closing() {
        let deadline = Self.now + .seconds(1)
        var outbox = Outbox(marks: Watermarks(low: 1, high: 2))
        _ = outbox.admit(frames(0..<2))
        outbox.wait(1, for: frames(2..<3))
        #expect(outbox.close(deadline: deadline) == [1])
        #expect(outbox.close(deadline: deadline + .seconds(9)) == [])
        #expect(outbox.admit(frames(3..<4)) == .refused(nil))
        #expect(order(outbox) == .send(frames(0..<2), until: deadline))
        #expect(outbox.order(at: deadline, atMost: 4) == .stop(lingerUntil: deadline))
        #expect(outbox.confirm(sent: 2) == [])
        #expect(order(outbox) == .stop(lingerUntil: deadline))
    }

    @Test("once ended refuses with the reason, and keeps the count of what was not sent")
    func ended() {
        var outbox = Outbox(marks: Watermarks(low: 1, high: 2))
        _ = outbox.admit(frames(0..<2))
        outbox.wait(7, for: frames(2..<3))
        #expect(!outbox.hasEnded)
        #expect(outbox.end(Self.failure) == [7])
        #expect(outbox.end(nil) == [])
        #expect(outbox.admit(frames(3..<4)) == .refused(Self.failure))
        #expect(outbox.hasEnded && outbox.count == 2)
        #expect(order(outbox) == .stop(lingerUntil: Self.now))
    }
}

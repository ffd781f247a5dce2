import Testing

@testable import ZeroMQ

@Suite("Inbox: the pure hand-over of received batches")
struct InboxTests {
    private func received(_ numbers: Range<Int>, bytes: Int = 1) -> [ReceivedFrame] {
        numbers.map { ReceivedFrame(bytes: [UInt8](repeating: UInt8($0), count: bytes), userID: nil) }
    }

    private static let failure = ZeroMQError(operation: "test", endpoint: nil, number: 1)

    @Test("never holds more than the high mark, pauses there, and goes on at the low mark")
    func watermarks() {
        var inbox = Inbox(marks: Watermarks(low: 2, high: 8), maximumBatch: 3)
        var orders: [Inbox.Order] = []
        for _ in 0..<4 {
            orders.append(inbox.order)
            guard case .read(let limit) = inbox.order else { continue }
            inbox.put(received(0..<limit))
        }
        #expect(orders == [.read(atMost: 3), .read(atMost: 3), .read(atMost: 2), .pause])
        #expect(inbox.count == 8)
        #expect(inbox.take() == .batch(received(0..<3), resumesReading: false))
        #expect(inbox.order == .pause)
        #expect(inbox.take() == .batch(received(0..<3), resumesReading: true))
        #expect(inbox.order == .read(atMost: 3))
        #expect(inbox.take() == .batch(received(0..<2), resumesReading: false))
        #expect(inbox.take() == .empty)
        #expect(inbox.peak == 8)
    }

    @Test("after a stop reads no more, and gives what it has before the end")
    func stopping() {
        var inbox = Inbox(marks: .standard, maximumBatch: 64)
        inbox.put(received(0..<1))
        inbox.stop()
        #expect(inbox.order == .stop)
        inbox.end(nil)
        inbox.end(Self.failure)
        inbox.stop()
        #expect(inbox.order == .stop)
        #expect(inbox.take() == .batch(received(0..<1), resumesReading: false))
        #expect(inbox.take() == .ended(nil))
        #expect(inbox.take() == .ended(nil))
    }

    @Test("tells the error that ended it after what it has")
    func failing() {
        var inbox = Inbox(marks: .standard, maximumBatch: 64)
        inbox.put(received(0..<2))
        inbox.put([])
        inbox.end(Self.failure)
        #expect(inbox.take() == .batch(received(0..<2), resumesReading: false))
        #expect(inbox.take() == .ended(Self.failure))
    }

    @Test("pauses at its bound of bytes too, and goes on at half of it")
    func bytes() {
        var inbox = Inbox(marks: Watermarks(low: 50, high: 100), maximumBatch: 64, maximumBytes: 1000)
        inbox.put(received(0..<2, bytes: 499))
        #expect(inbox.order == .read(atMost: 64))
        inbox.put(received(2..<3, bytes: 2))
        #expect(inbox.order == .pause)
        #expect(inbox.bytes == 1000)
        inbox.put([])
        #expect(inbox.take() == .batch(received(0..<2, bytes: 499), resumesReading: true))
        #expect(inbox.bytes == 2)
        inbox.put(received(3..<4, bytes: 600))
        inbox.put(received(4..<5, bytes: 600))
        #expect(inbox.take() == .batch(received(2..<3, bytes: 2), resumesReading: false))
        #expect(inbox.take() == .batch(received(3..<4, bytes: 600), resumesReading: false))
        #expect(inbox.order == .pause)
        #expect(inbox.take() == .batch(received(4..<5, bytes: 600), resumesReading: true))
    }
}

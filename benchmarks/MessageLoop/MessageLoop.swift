import Foundation
import Messages

/// What a delivery costs in coding alone: its frame is read and the frame of its settlement is written, in a loop.
///
///     message-loop FILE SECONDS
///
/// FILE holds a delivery's frame. Prints pairs of one reading and one writing a second, on one core.
@main
enum MessageLoop {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let seconds = Double(arguments[2]) else {
            FileHandle.standardError.write(Data("usage: message-loop FILE SECONDS\n".utf8))
            exit(64)
        }
        let frame = Array(try Data(contentsOf: URL(filePath: arguments[1])))
        let end = ContinuousClock.now + .seconds(seconds)
        let start = ContinuousClock.now
        var count = 0
        var bytes = 0
        while ContinuousClock.now < end {
            for _ in 0..<100 { bytes += try pair(frame) }
            count += 100
        }
        let took = (ContinuousClock.now - start) / .seconds(1)
        // Printing the sum keeps the work from being left out.
        FileHandle.standardError.write(Data("\(bytes) bytes written\n".utf8))
        print(Int(Double(count) / took))
    }

    private static func pair(_ frame: [UInt8]) throws -> Int {
        let delivery = try Message(frame: frame)
        let settled = DeliverySettled(
            handle: DeliveryHandle(
                deliveryID: delivery.deliveryID ?? "",
                attempt: delivery.attempt ?? Attempt(epoch: 1, number: 1)
            ),
            outcome: .done([])
        )
        return try Message(
            type: DeliverySettled.type,
            source: "/noop/host-1",
            id: "01JD3M5Z7Y8W9V0T1S2R3Q4P5N",
            subject: delivery.subject,
            time: delivery.time,
            traceparent: delivery.traceparent,
            data: JSONValue(encoding: settled)
        ).frame().count
    }
}

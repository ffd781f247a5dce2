import Benchmark
import Foundation
import Messages

/// The coding of messages: what every hop costs beside the socket.
func coding() {
    Benchmark("DecodeDelivery", configuration: .init(scalingFactor: .kilo)) { benchmark in
        let frame = try deliveryFrame()
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try Message(frame: frame)) }
        benchmark.stopMeasurement()
    }

    Benchmark("EncodeDelivery", configuration: encoding) { benchmark in
        let delivery = try Message(frame: deliveryFrame())
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try delivery.frame()) }
        benchmark.stopMeasurement()
        benchmark.measurement(.messageBytes, try delivery.frame().count)
    }

    // What a stage does that has nothing to do.
    Benchmark("DecodeDeliveryEncodeSettlement", configuration: encoding) { benchmark in
        let frame = try deliveryFrame()
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try settlement(of: Message(frame: frame))) }
        benchmark.stopMeasurement()
        benchmark.measurement(.messageBytes, try settlement(of: Message(frame: frame)).count)
    }
}

private var encoding: Benchmark.Configuration {
    .init(metrics: BenchmarkMetric.timed + [BenchmarkMetric.messageBytes], scalingFactor: .kilo)
}

/// The published example of a delivery.
private func deliveryFrame() throws -> [UInt8] {
    let example = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../topology/messages/examples/delivery.json")
    return Array(try Data(contentsOf: example))
}

private func settlement(of delivery: Message) throws -> [UInt8] {
    guard let id = delivery.deliveryID, let attempt = delivery.attempt else {
        throw BenchmarkFailure(description: "the example is no delivery")
    }
    let handle = DeliveryHandle(deliveryID: id, attempt: attempt)
    return try Message(
        type: DeliverySettled.type,
        source: "/noop/host-1",
        id: "01JD3M5Z7Y8W9V0T1S2R3Q4P5N",
        subject: delivery.subject,
        time: delivery.time,
        traceparent: delivery.traceparent,
        data: JSONValue(encoding: DeliverySettled(handle: handle, outcome: .done([])))
    ).frame()
}

import Benchmark
import ZeroMQ

/// One ZeroMQ hop through our wrapper: messages of 700 bytes over TCP on the loopback, sent 50 at a time as stages do.
func hop() {
    var sockets: HopSockets?
    Benchmark("Hop700Bytes", configuration: .init(scalingFactor: .kilo)) { benchmark in
        guard let sockets else { throw BenchmarkFailure(description: "the sockets are not open") }
        try await sockets.send(benchmark.scaledIterations.count, bytes: 700)
    } setup: {
        sockets = try await HopSockets()
    } teardown: {
        await sockets?.close()
    }
}

/// A PUSH and a PULL in contexts of their own, as two processes have them.
private struct HopSockets {
    private let receiving: ZeroMQContext
    private let sending: ZeroMQContext
    private let pull: PullSocket
    private let push: PushSocket

    init() async throws {
        receiving = try ZeroMQContext()
        sending = try ZeroMQContext()
        pull = PullSocket(context: receiving, endpoints: [.bind("tcp://127.0.0.1:*")], name: "pull")
        try await pull.start()
        push = PushSocket(context: sending, endpoints: pull.boundAddresses.map { .connect($0) }, name: "push")
        try await push.start()
        // One that has arrived shows that the connection is there.
        try await send(1, bytes: 1)
    }

    /// Sends so many messages and returns when all of them have arrived.
    func send(_ count: Int, bytes: Int) async throws {
        let payload = [UInt8](repeating: UInt8(ascii: "a"), count: bytes)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var left = count
                while left > 0 {
                    let together = min(left, 50)
                    try await push.send(contentsOf: [[UInt8]](repeating: payload, count: together))
                    left -= together
                }
            }
            var batches = pull.messages.makeAsyncIterator()
            var received = 0
            while received < count, let batch = try await batches.next() { received += batch.count }
            try await group.waitForAll()
        }
    }

    func close() async {
        _ = await push.close()
        await pull.close()
        await sending.terminate()
        await receiving.terminate()
    }
}

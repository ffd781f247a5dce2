import Foundation
import ZeroMQ

/// One ZeroMQ hop through our wrapper: the same as `hop-c` does in plain C.
///
///     hop MESSAGES BYTES
///
/// Prints messages a second from the first that has arrived to the last.
@main
enum Hop {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        guard arguments.count == 2, arguments.allSatisfy({ $0 > 0 }) else {
            FileHandle.standardError.write(Data("usage: hop MESSAGES BYTES\n".utf8))
            exit(64)
        }
        print(Int(try await rate(messages: arguments[0], bytes: arguments[1])))
    }

    private static func rate(messages: Int, bytes: Int) async throws -> Double {
        let (receiving, sending) = (try ZeroMQContext(), try ZeroMQContext())
        let pull = PullSocket(context: receiving, endpoints: [.bind("tcp://127.0.0.1:*")], name: "pull")
        try await pull.start()
        let push = PushSocket(
            context: sending,
            endpoints: pull.boundAddresses.map { .connect($0) },
            name: "push"
        )
        try await push.start()
        let payload = [UInt8](repeating: UInt8(ascii: "a"), count: bytes)
        try await push.send(payload)
        var batches = pull.messages.makeAsyncIterator()
        // The first one shows that the connection is there.
        _ = try await batches.next()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // As stages send: what is there to be sent goes together.
                var left = messages
                while left > 0 {
                    let count = min(left, 50)
                    try await push.send(contentsOf: [[UInt8]](repeating: payload, count: count))
                    left -= count
                }
            }
            var received = 0
            while received < messages, let batch = try await batches.next() { received += batch.count }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        _ = await push.close()
        await pull.close()
        await sending.terminate()
        await receiving.terminate()
        return Double(messages) / seconds
    }
}

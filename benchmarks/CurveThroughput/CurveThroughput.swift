import Foundation
import ZeroMQ

/// How fast messages go over TCP on the loopback with CURVE and without, round for round in one run.
///
///     swift run -c release CurveThroughput [MESSAGES]
///
/// The rounds alternate, so that what else the machine does hits both alike; the ratio is that of the medians.
@main
enum CurveThroughput {
    private static let sizes = [700, 16_384]
    private static let rounds = 5

    static func main() async throws {
        let messages = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 100_000
        print("messages a second, one PUSH to one PULL, tcp loopback, \(rounds) rounds each, median (least to most)")
        for size in sizes {
            let count = max(1000, size > 4096 ? messages / 4 : messages)
            var plain: [Double] = []
            var curve: [Double] = []
            for _ in 0..<rounds {
                plain.append(try await rate(count, size, hasKeys: false))
                curve.append(try await rate(count, size, hasKeys: true))
            }
            let ratio = median(curve) / median(plain)
            print(
                "\(size) bytes: plain \(text(plain)), CURVE \(text(curve)), ratio "
                    + String(format: "%.2f", ratio)
            )
        }
    }

    /// Sends from one context to another, as two processes would, and gives messages a second.
    private static func rate(_ count: Int, _ size: Int, hasKeys: Bool) async throws -> Double {
        let (server, client) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let (receiving, sending) = (try ZeroMQContext(), try ZeroMQContext())
        // As intake does: every client is asked about, and every message tells who sent it.
        let admission = AdmissionHandler(context: receiving) { request in
            request.publicKey == client.publicKey ? .admitted(userID: request.publicKey) : .refused
        }
        try await admission.start()
        var (pullOptions, pushOptions) = (SocketOptions(), SocketOptions())
        if hasKeys {
            pullOptions.security = .curve(.server(server))
            pullOptions.admissionDomain = "answers"
            pushOptions.security = .curve(try .client(client, serverKey: server.publicKey))
        }
        let pull = PullSocket(
            context: receiving,
            endpoints: [.bind("tcp://127.0.0.1:*")],
            options: pullOptions,
            name: "pull"
        )
        try await pull.start()
        let push = PushSocket(
            context: sending,
            endpoints: pull.boundAddresses.map { .connect($0) },
            options: pushOptions,
            name: "push"
        )
        try await push.start()
        let payload = [UInt8](repeating: 0x61, count: size)
        // The handshake does not count: the clock starts with the first message that has arrived.
        try await push.send(payload)
        var frames = pull.frames.makeAsyncIterator()
        _ = try await frames.next()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let batch = [[UInt8]](repeating: payload, count: 50)
                for _ in 0..<count / 50 { try await push.send(contentsOf: batch) }
            }
            var received = 0
            while received < count / 50 * 50, let batch = try await frames.next() { received += batch.count }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        _ = await push.close()
        await pull.close()
        await admission.close()
        await sending.terminate()
        await receiving.terminate()
        return Double(count) / seconds
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func text(_ values: [Double]) -> String {
        let (least, most) = (values.min() ?? 0, values.max() ?? 0)
        return "\(Int(median(values))) (\(Int(least)) to \(Int(most)))"
    }
}

import Synchronization
import ZeroMQ

/// Stands between processes, passes every frame on and keeps a copy of it.
final class RecordingProxy: Sendable {
    private let context: ZeroMQContext
    private let lines: [(pull: PullSocket, push: PushSocket)]
    private let kept = Mutex<[[UInt8]]>([])

    private init(_ routes: [(from: Endpoint, to: Endpoint)]) throws {
        let context = try ZeroMQContext()
        self.context = context
        lines = routes.map { route in
            (
                PullSocket(context: context, endpoints: [route.from], name: "proxy-in"),
                PushSocket(context: context, endpoints: [route.to], name: "proxy-out")
            )
        }
    }

    /// All frames so far.
    var frames: [[UInt8]] { kept.withLock { $0 } }

    /// Runs one along these routes while `body` runs.
    static func with(
        _ routes: [(from: Endpoint, to: Endpoint)],
        _ body: (RecordingProxy) async throws -> Void
    ) async throws {
        let proxy = try RecordingProxy(routes)
        let result: Result<Void, any Error>
        do {
            try await proxy.start()
            result = .success(
                try await withThrowingTaskGroup { group in
                    for line in proxy.lines { group.addTask { try await proxy.pass(line.pull, line.push) } }
                    try await body(proxy)
                    group.cancelAll()
                }
            )
        } catch {
            result = .failure(error)
        }
        await proxy.context.terminate()
        try result.get()
    }

    private func start() async throws {
        for line in lines {
            try await line.push.start()
            try await line.pull.start()
        }
    }

    private func pass(_ pull: PullSocket, _ push: PushSocket) async throws {
        for try await batch in pull.messages {
            kept.withLock { $0 += batch }
            try await push.send(contentsOf: batch)
        }
    }
}

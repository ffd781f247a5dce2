import Dispatch
import HTTPClient
import Synchronization
import Testing

/// Runs a test against a server and a client of its own, and stops both whatever happens.
func withServer(
    configuration: HTTPClient.Configuration = HTTPClient.Configuration(),
    _ handler: @escaping RawServer.Handler,
    test: (RawServer, HTTPClient) async throws -> Void
) async throws {
    let server = try RawServer(handler)
    let client = HTTPClient(configuration: configuration)
    do {
        try await test(server, client)
    } catch {
        await client.close()
        await server.stop()
        throw error
    }
    await client.close()
    await server.stop()
}

/// Answers every request on every connection in the same way.
func answering(_ answer: @escaping @Sendable (Connection, Connection.Request) -> Bool) -> RawServer.Handler {
    { connection in
        while let request = connection.readRequest() {
            guard answer(connection, request) else { return }
        }
    }
}

/// The error that sending ends with; records an issue if it does not.
func failure(
    of client: HTTPClient,
    _ request: HTTPRequest,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws -> HTTPClientError {
    try await #require(throws: HTTPClientError.self, sourceLocation: sourceLocation) {
        let response = try await client.send(request)
        Issue.record("there was an answer: \(response.status)", sourceLocation: sourceLocation)
    }
}

/// A count that a test waits for, instead of sleeping.
final class Gate: Sendable {
    private struct State {
        var count = 0
        var waiting: [(target: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.count } }

    func signal() {
        let ready = state.withLock { state in
            state.count += 1
            let count = state.count
            defer { state.waiting.removeAll { $0.target <= count } }
            return state.waiting.filter { $0.target <= count }.map(\.continuation)
        }
        for continuation in ready {
            continuation.resume()
        }
    }

    func wait(for target: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.count >= target { return true }
                state.waiting.append((target, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

/// What a server has seen.
final class Seen: Sendable {
    private let state = Mutex<[Connection.Request]>([])

    var requests: [Connection.Request] { state.withLock { $0 } }

    func add(_ request: Connection.Request) {
        state.withLock { $0.append(request) }
    }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Holds threads of a server back until the test opens it, once and for all.
final class Latch: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func wait() {
        semaphore.wait()
        semaphore.signal()
    }

    func open() { semaphore.signal() }
}

/// Lets a thread of a server take one step for each signal of the test.
final class Semaphore: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func wait() { semaphore.wait() }
    func signal() { semaphore.signal() }
}

import Foundation
import TestSupport

@testable import ZeroMQ

/// The transports that every test of delivery runs over.
enum Transport: String, CaseIterable, Sendable {
    case tcp, ipc
}

/// What one test uses: a context that is terminated and a folder that is removed at its end.
struct Bench: Sendable {
    let context: ZeroMQContext
    let folder: URL

    /// Runs `body` with a new context and folder, and takes both away whatever happens.
    static func run(_ body: (Bench) async throws -> Void) async throws {
        // Short, since the path of a Unix socket has 107 bytes at most.
        let folder = URL(filePath: "/tmp/zmq-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let bench = Bench(context: try ZeroMQContext(), folder: folder)
        let result: Result<Void, any Error>
        do { result = .success(try await body(bench)) } catch { result = .failure(error) }
        await bench.context.terminate()
        try FileManager.default.removeItem(at: folder)
        try result.get()
    }

    /// An address that nobody uses.
    func address(_ transport: Transport) -> String {
        switch transport {
        case .tcp: "tcp://127.0.0.1:*"
        case .ipc: "ipc://\(folder.path)/\(UUID().uuidString.prefix(8))"
        }
    }

    /// A started PULL that binds.
    func pull(
        _ transport: Transport = .tcp,
        options: SocketOptions = SocketOptions(),
        buffer: Watermarks = .standard,
        maximumBatch: Int = 64,
        name: String = "pull"
    ) async throws -> PullSocket {
        try await pull(
            .bind(address(transport)),
            options: options,
            buffer: buffer,
            maximumBatch: maximumBatch,
            name: name
        )
    }

    /// A started PULL.
    func pull(
        _ endpoint: Endpoint,
        options: SocketOptions = SocketOptions(),
        buffer: Watermarks = .standard,
        maximumBatch: Int = 64,
        name: String = "pull"
    ) async throws -> PullSocket {
        let socket = PullSocket(
            context: context,
            endpoints: [endpoint],
            options: options,
            buffer: buffer,
            maximumBatch: maximumBatch,
            name: name
        )
        try await socket.start()
        return socket
    }

    /// A started PUSH.
    func push(
        _ endpoint: Endpoint,
        options: SocketOptions = SocketOptions(),
        buffer: Watermarks = .standard,
        name: String = "push"
    ) async throws -> PushSocket {
        let socket = PushSocket(
            context: context,
            endpoints: [endpoint],
            options: options,
            buffer: buffer,
            name: name
        )
        try await socket.start()
        return socket
    }
}

/// A TCP address where nobody listens, and that the system gives to nobody who asks for any.
func freeAddress() throws -> String { "tcp://127.0.0.1:\(try LoopbackPorts.find())" }

extension PullSocket {
    /// The first address bound.
    var address: String { boundAddresses.first ?? "none" }

    /// The next `count` frames.
    func frames(_ count: Int) async throws -> [[UInt8]] {
        var frames: [[UInt8]] = []
        for try await batch in messages {
            frames += batch
            if frames.count >= count { break }
        }
        return frames
    }
}

extension PushSocket {
    /// The first address bound.
    var address: String { boundAddresses.first ?? "none" }
}

/// A frame that holds a number.
func frame(_ number: Int) -> [UInt8] { Array(String(number).utf8) }

/// The frames of these numbers.
func frames(_ numbers: Range<Int>) -> [[UInt8]] { numbers.map(frame) }

/// What a failed expectation may print of a large frame: its size and a checksum.
func summary(_ frame: [UInt8]) -> String {
    "\(frame.count) bytes, \(frame.reduce(into: UInt64(7)) { $0 = $0 &* 31 &+ UInt64($1) })"
}

/// Waits for a condition that another thread brings about; the time limit of the test bounds it.
func eventually(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(1)) }
}

/// Runs blocking code on a thread of its own.
func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    let outcome = Promise<Result<R, any Error>>()
    try await NamedThread(name: "test-raw") { outcome.fulfil(Result { try body() }) }.join()
    return try await outcome.value.get()
}

/// The threads of this process that have this name (of 15 bytes at most).
func threads(named name: String) -> Int {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.count { task in
        // A thread may end between listing and reading.
        (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)) == name + "\n"
    }
}

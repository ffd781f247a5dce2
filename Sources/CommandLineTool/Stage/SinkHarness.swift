import Foundation
import HTTPClient
import Messages
import Synchronization
import Topology
import ZeroMQ

/// A metrics-sink by itself: its program, a process that sends samples, and whoever scrapes.
final class SinkHarness: Sendable {
    let program: HarnessProgram
    let listen: ListenAddress
    private let socket: PushSocket
    private let http: HTTPClient
    private let sequence = Mutex<Int64>(0)

    private init(_ program: HarnessProgram, listen: ListenAddress, _ socket: PushSocket, _ http: HTTPClient) {
        self.program = program
        self.listen = listen
        self.socket = socket
        self.http = http
    }

    /// Opens our side; ends it and the program after the body.
    ///
    /// - Parameters:
    ///   - setup: what it is made of; its stage is not looked at.
    ///   - body: what is done with it.
    /// - Returns: what the body returns.
    /// - Throws: `CommandFailure` where something cannot be brought up; what the body throws.
    static func with<Result: Sendable>(
        _ setup: SinkSetup,
        _ body: (SinkHarness) async throws -> Result
    ) async throws -> Result {
        for folder in ["sockets", "logs"] { try LocalData.makeFolder("\(setup.data)/\(folder)") }
        let listen = FreePort.settle(ListenAddress(host: "127.0.0.1", port: 0))
        let samples = SocketAddress.ipc(path: "\(setup.data)/sockets/samples.ipc")
        let program = HarnessProgram(
            ProcessSpec(
                name: SinkSetup.name,
                program: setup.command.first ?? "",
                arguments: setup.command.dropFirst() + ["--topology", setup.file, "--data", setup.data],
                environment: [
                    "MENDLINE_STAGE": SinkSetup.name, "MENDLINE_SAMPLES": "\(samples)", "METRICS_LISTEN": "\(listen)",
                ]
            ),
            host: ProcessHost(environment: setup.environment),
            log: try ProcessLog(path: "\(setup.data)/logs/\(SinkSetup.name).log")
        )
        let context = try ZeroMQContext()
        var options = SocketOptions.pushToOne()
        options.maximumFrameBytes = 4 << 20
        options.linger = .milliseconds(100)
        let socket = PushSocket(
            context: context,
            endpoints: [.connect("\(samples)")],
            options: options,
            name: "samples"
        )
        try await socket.start()
        let http = HTTPClient()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await program.serve() }
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(
                    try await body(SinkHarness(program, listen: listen, socket, http))
                )
            } catch {
                result = .failure(error)
            }
            await program.close()
            await http.close()
            _ = await socket.close()
            await context.terminate()
            return try result.get()
        }
    }

    /// Rises with every batch, over all processes that are played.
    func nextSequence() -> Int64 {
        sequence.withLock { sequence in
            sequence += 1
            return sequence
        }
    }

    func send(_ frame: [UInt8]) async throws { try await socket.send(frame) }

    /// What a scrape shows; nil where nobody answers.
    func scrape() async -> String? {
        guard let response = try? await http.send(HTTPRequest(url: "http://\(listen)/metrics")), response.status == 200
        else { return nil }
        return String(decoding: response.body, as: UTF8.self)
    }

    /// Scrapes until it shows this line.
    ///
    /// - Returns: false where it does not within that time, or the program has ended.
    func shows(_ line: String, within limit: Duration) async -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end, !Task.isCancelled, program.isAlive {
            if await scrape()?.split(separator: "\n").contains(Substring(line)) == true { return true }
            // Whoever scrapes has no way to be told.
            try? await Task.sleep(for: .milliseconds(50))
        }
        return false
    }
}

/// What the harness of a metrics-sink is made of.
struct SinkSetup: Sendable {
    static let name = "metrics-sink"

    /// The topology's file, an absolute path.
    var file: String
    /// Program and arguments.
    var command: [String]
    /// The harness's folder.
    var data: String
    /// What the process inherits.
    var environment: [String: String]
}

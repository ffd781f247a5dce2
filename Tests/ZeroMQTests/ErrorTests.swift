import Glibc
import Testing

@testable import ZeroMQ

@Suite("Errors name what was tried, where, and the remedy", .timeLimit(.minutes(3)))
struct ErrorTests {
    @Test("a taken port is told at once, with the endpoint")
    func portTaken() async throws {
        try await Bench.run { bench in
            let holder = try await bench.pull()
            let address = holder.address
            let second = PullSocket(context: bench.context, endpoints: [.bind(address)], name: "second")
            let error = try #require(await #expect(throws: ZeroMQError.self) { try await second.start() })
            #expect(error.code == .addressInUse)
            #expect(error.endpoint == address)
            #expect(error.number == EADDRINUSE)
            #expect(
                error.description
                    == "bind \(address): Address already in use (errno 98). "
                    + "Another process listens there: stop it (`ss -ltnp` shows which one), or choose another port."
            )
            // It stays closed with that error: for its consumer, for run, and for another start.
            await #expect(throws: error) { try await second.frames(1) }
            await #expect(throws: error) { try await second.run() }
            await #expect(throws: error) { try await second.start() }
            #expect(second.boundAddresses.isEmpty)
            await second.close()
        }
    }

    @Test(
        "addresses that cannot be used",
        arguments: [
            (Endpoint.bind("ipc:///tmp/there-is-no-such-folder/s"), ZeroMQError.Code.pathMissing, "create it before"),
            (.bind("ipc:///tmp/" + String(repeating: "x", count: 120)), .pathTooLong, "107 bytes"),
            (.bind("tcp://127.0.0.1"), .addressInvalid, "tcp://HOST:PORT"),
            (.bind("tcp://192.0.2.1:5555"), .addressUnavailable, "127.0.0.1"),
            (.bind("carrier-pigeon://x"), .addressInvalid, "ipc://PATH"),
            (.connect("nonsense"), .addressInvalid, "tcp://HOST:PORT"),
            (.connect("tcp://127.0.0.1:99999"), .addressInvalid, "tcp://HOST:PORT"),
            (.connect("tcp://127.0.0.1:*"), .addressInvalid, "tcp://HOST:PORT"),
            (.connect("tcp://127.0.0.1:0"), .addressInvalid, "tcp://HOST:PORT"),
            (.connect("tcp://127.0.0.1:80x"), .addressInvalid, "tcp://HOST:PORT"),
            (.bind("tcp://127.0.0.1:99999"), .addressInvalid, "tcp://HOST:PORT"),
        ]
    )
    func badAddress(_ endpoint: Endpoint, _ code: ZeroMQError.Code, _ remedy: String) async throws {
        try await Bench.run { bench in
            let error = await #expect(throws: ZeroMQError.self) { try await bench.push(endpoint) }
            #expect(error?.code == code)
            #expect(error?.operation == endpoint.role.rawValue)
            #expect(error?.endpoint == endpoint.address)
            #expect(error?.description.contains(remedy) == true, "\(error.debugDescription)")
        }
    }

    @Test("options and counts that cannot be used")
    func badOptions() async throws {
        try await Bench.run { bench in
            let changes: [(String, @Sendable (inout SocketOptions) -> Void)] = [
                ("highWaterMark", { $0.highWaterMark = 0 }),
                ("maximumFrameBytes", { $0.maximumFrameBytes = -1 }),
                ("kernelBufferBytes", { $0.kernelBufferBytes = 0 }),
                ("linger", { $0.linger = .seconds(-1) }),
                ("heartbeatTimeout", { $0.heartbeatTimeout = .seconds(10_000) }),
            ]
            for (name, change) in changes {
                var options = SocketOptions()
                change(&options)
                let error = await #expect(throws: ZeroMQError.self) { try await bench.pull(options: options) }
                #expect(error?.code == .optionInvalid)
                #expect(error?.description.contains("set \(name) to") == true)
            }
            let nowhere = PullSocket(context: bench.context, endpoints: [], name: "nowhere")
            let error = await #expect(throws: ZeroMQError.self) { try await nowhere.start() }
            #expect(error?.description.contains("open nowhere without an endpoint") == true)
            #expect(throws: ZeroMQError.self) { try ZeroMQContext(ioThreads: 0) }
        }
    }

    @Test("when one of several endpoints fails, the others are released")
    func partialStart() async throws {
        try await Bench.run { bench in
            let holder = try await bench.pull()
            let free = try freeAddress()
            let other = try ZeroMQContext()
            let pull = PullSocket(context: other, endpoints: [.bind(free), .bind(holder.address)], name: "two")
            let error = await #expect(throws: ZeroMQError.self) { try await pull.start() }
            #expect(error?.endpoint == holder.address)
            await other.terminate()
            #expect(try await bench.pull(.bind(free)).address == free)
        }
    }

    @Test("starting twice at once opens one socket")
    func startTwice() async throws {
        try await Bench.run { bench in
            let pull = PullSocket(
                context: bench.context,
                endpoints: [.bind("tcp://127.0.0.1:*"), .bind(bench.address(.ipc))],
                name: "twice"
            )
            async let first: Void = pull.start()
            async let second: Void = pull.start()
            _ = try await (first, second)
            #expect(pull.boundAddresses.count == 2)
            #expect(threads(named: "twice") == 1)
        }
    }
}

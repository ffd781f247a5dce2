import Glibc
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

@testable import ZeroMQ

@Suite("Closing sockets and terminating contexts", .timeLimit(.minutes(3)))
struct ClosingTests {
    @Test("close sends what is queued as long as a receiver takes it", arguments: Transport.allCases)
    func closeWithMessagesPending(_ transport: Transport) async throws {
        try await Bench.run { bench in
            // Over ipc fewer than the receiver's high-water mark: libzmq loses what a saturated receiver has not read
            // (see Endpoint).
            let count = transport == .tcp ? 1_000 : 200
            let pull = try await bench.pull(transport)
            var options = SocketOptions()
            options.linger = .seconds(30)
            let push = try await bench.push(.connect(pull.address), options: options)
            try await push.send(contentsOf: frames(0..<count))
            async let received = pull.frames(count)
            #expect(await push.close() == 0)
            #expect(try await received == frames(0..<count))
            #expect(!push.offer([frame(0)]))
            let error = await #expect(throws: ZeroMQError.self) { try await push.send(frame(0)) }
            #expect(error?.code == .closed)
        }
    }

    @Test("close gives up after linger, and says how many frames were not sent")
    func closeWithoutPeer() async throws {
        try await Bench.run { bench in
            var options = SocketOptions()
            options.linger = .milliseconds(20)
            let push = try await bench.push(.bind(bench.address(.tcp)), options: options)
            try await push.send(contentsOf: frames(0..<7))
            #expect(await push.close() == 7)
            #expect(await push.close() == 7)

            let unstarted = PushSocket(context: bench.context, endpoints: [.connect(push.address)], name: "idle")
            try await unstarted.send(frame(0))
            #expect(await unstarted.close() == 1)
            let error = await #expect(throws: ZeroMQError.self) { try await unstarted.start() }
            #expect(error?.code == .closed)
        }
    }

    @Test("close refuses suspended senders")
    func closeWithSuspendedSender() async throws {
        try await Bench.run { bench in
            var options = SocketOptions()
            options.linger = .zero
            let push = try await bench.push(
                .bind(bench.address(.tcp)),
                options: options,
                buffer: Watermarks(low: 0, high: 1)
            )
            try await push.send(frame(0))
            let sender = Task { try await push.send(frame(1)) }
            #expect(await push.close() == 1)
            let error = await #expect(throws: ZeroMQError.self) { try await sender.value }
            #expect(error?.code == .closed)
        }
    }

    @Test("what a closed PULL has buffered stays for its consumer, then the sequence ends")
    func closePull() async throws {
        try await Bench.run { bench in
            let pull = try await bench.pull()
            let push = try await bench.push(.connect(pull.address))
            try await push.send(contentsOf: frames(0..<10))
            try await eventually { pull.bufferedFrames == 10 }
            await pull.close()
            #expect(try await pull.frames(11) == frames(0..<10))
        }
    }

    @Test("terminating a context ends its open sockets, whatever they wait for", arguments: Transport.allCases)
    func terminateWithSocketsOpen(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let pull = try await bench.pull(transport)
            let idle = try await bench.push(.connect(pull.address))
            let alone = try await bench.push(.bind(bench.address(transport)), buffer: Watermarks(low: 0, high: 2))
            let paused = try await bench.pull(transport, buffer: Watermarks(low: 0, high: 1))
            let feeder = try await bench.push(.connect(paused.address))
            try await feeder.send(contentsOf: frames(0..<2))
            try await eventually { paused.bufferedFrames == 1 }

            let consumer = Task { try await pull.frames(1) }
            try await alone.send(contentsOf: frames(0..<2))
            let sender = Task { try await alone.send(frame(2)) }
            let service = Task { try await idle.run() }
            await bench.context.terminate()
            await bench.context.terminate()

            for result in [await consumer.result.map { _ in }, await sender.result, await service.result] {
                let error = #expect(throws: ZeroMQError.self) { try result.get() }
                #expect(error?.code == .contextTerminated)
            }
            #expect(await alone.close() == 2)
            #expect(try await paused.frames(1) == frames(0..<1))
            let error = await #expect(throws: ZeroMQError.self) { try await bench.pull(transport) }
            #expect(error?.code == .contextTerminated)
        }
    }

    @Test("threads are named, one per socket, and gone when close returns")
    func threadsAreJoined() async throws {
        try await Bench.run { bench in
            let pull = try await bench.pull(name: "named-pull-of-a-test")
            let push = try await bench.push(.connect(pull.address), name: "named-push")
            #expect(threads(named: "named-pull-of-a") == 1)
            #expect(threads(named: "named-push") == 1)
            await pull.close()
            await push.close()
            #expect(threads(named: "named-pull-of-a") == 0)
            #expect(threads(named: "named-push") == 0)
        }
    }

    @Test("a socket that is dropped without close ends its thread, and its context joins it")
    func dropped() async throws {
        try await Bench.run { bench in
            do {
                let pull = try await bench.pull(name: "dropped-pull")
                #expect(threads(named: "dropped-pull") == 1)
                #expect(!pull.boundAddresses.isEmpty)
            }
            try await eventually { threads(named: "dropped-pull") == 0 }
        }
    }

    @Test("a context that is dropped without terminating ends by itself")
    func droppedContext() async throws {
        weak var weakContext: ZeroMQContext?
        do {
            let context = try ZeroMQContext()
            weakContext = context
            let pull = PullSocket(context: context, endpoints: [.bind("tcp://127.0.0.1:*")], name: "orphan")
            try await pull.start()
        }
        try await eventually { weakContext == nil && threads(named: "orphan") == 0 }
    }

    @Test("as services both end at graceful shutdown, the sender with everything sent", arguments: Transport.allCases)
    func gracefulShutdown(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let pull = try await bench.pull(transport)
            let push = PushSocket(context: bench.context, endpoints: [.connect(pull.address)], name: "push")
            try await testGracefulShutdown { trigger in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await push.run() }
                    try await push.send(contentsOf: frames(0..<200))
                    async let received = pull.frames(200)
                    trigger.triggerGracefulShutdown()
                    try await group.waitForAll()
                    #expect(try await received == frames(0..<200))
                }
            }
            let service = Task { try await pull.run() }
            service.cancel()
            try await service.value
            #expect(try await pull.frames(1) == [])
        }
    }
}

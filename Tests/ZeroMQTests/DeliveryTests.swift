import Foundation
import Testing

@testable import ZeroMQ

@Suite("Delivery from PUSH to PULL", .timeLimit(.minutes(3)))
struct DeliveryTests {
    @Test("10,000 messages arrive in order", arguments: Transport.allCases)
    func order(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let pull = try await bench.pull(transport)
            let push = try await bench.push(.connect(pull.address))
            async let sending: Void = {
                for start in stride(from: 0, to: 10_000, by: 8) {
                    try await push.send(contentsOf: frames(start..<start + 7))
                    try await push.send(frame(start + 7))
                }
            }()
            let received = try await pull.frames(10_000)
            try await sending
            #expect(received == frames(0..<10_000))
            #expect(await push.close() == 0)
        }
    }

    @Test("frames of every size up to the limit arrive unchanged", arguments: Transport.allCases)
    func sizes(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let sent = [0, 1, 29, 30, 255, 256, 65_536, 1 << 20].map { size in
                (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            }
            let pull = try await bench.pull(transport)
            let push = try await bench.push(.connect(pull.address))
            try await push.send(contentsOf: sent)
            #expect(try await pull.frames(sent.count).map(summary) == sent.map(summary))
        }
    }

    @Test("what was sent before the receiver starts is kept for it", arguments: Transport.allCases)
    func receiverStartsLate(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let push = try await bench.push(.bind(bench.address(transport)))
            try await push.send(contentsOf: frames(0..<500))
            #expect(push.queuedFrames == 500)
            let pull = try await bench.pull(.connect(push.address))
            #expect(try await pull.frames(500) == frames(0..<500))
            #expect(push.queuedFrames == 0)
        }
    }

    @Test("a sender that connects first waits for the receiver to bind", arguments: Transport.allCases)
    func receiverBindsLate(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let address = transport == .tcp ? try freeAddress() : bench.address(.ipc)
            let push = try await bench.push(.connect(address))
            try await push.send(contentsOf: frames(0..<50))
            let pull = try await bench.pull(.bind(address))
            #expect(try await pull.frames(50) == frames(0..<50))
        }
    }

    @Test("when the receiver is killed another one takes over", arguments: Transport.allCases)
    func receiverDies(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let push = try await bench.push(.bind(bench.address(transport)))
            try await push.send(contentsOf: frames(0..<10))
            let address = push.address
            await #expect(processExitsWith: .signal(SIGKILL)) { [address = address as String] in
                let pull = PullSocket(context: try ZeroMQContext(), endpoints: [.connect(address)], name: "victim")
                try await pull.start()
                _ = try await pull.frames(10)
                kill(getpid(), SIGKILL)
            }
            // What goes to the dead one before libzmq notices is lost; that nothing leaves the queue any more shows
            // that it has.
            while push.queuedFrames == 0 {
                try await push.send(Array("probe".utf8))
                _ = await push.drain(within: .milliseconds(20))
            }
            let probes = push.queuedFrames
            try await push.send(contentsOf: frames(0..<100))
            let heir = try await bench.pull(.connect(address))
            let received = try await heir.frames(probes + 100)
            #expect(Array(received.dropFirst(probes)) == frames(0..<100))
        }
    }

    @Test("a receiver that comes back at the same address is found again", arguments: Transport.allCases)
    func receiverReturns(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let other = try ZeroMQContext()
            let first = PullSocket(context: other, endpoints: [.bind(bench.address(transport))], name: "first")
            try await first.start()
            let push = try await bench.push(.connect(first.address))
            try await push.send(frame(1))
            #expect(try await first.frames(1) == [frame(1)])
            let address = first.address
            await other.terminate()

            let second = try await bench.pull(.bind(address))
            // Some may go the way of the dead connection; once one came through the new one, all do.
            async let probe = second.frames(1)
            let probing = Task {
                while !Task.isCancelled {
                    try await push.send(Array("probe".utf8))
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            _ = try await probe
            probing.cancel()
            _ = await probing.result
            try await push.send(contentsOf: frames(0..<100))
            var received: [[UInt8]] = []
            while received.count < 100 { received += try await second.frames(1).filter { $0 != Array("probe".utf8) } }
            #expect(received == frames(0..<100))
        }
    }

    @Test("several receivers share, and several senders reach one", arguments: Transport.allCases)
    func spreading(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let sink = try await bench.pull(transport, name: "sink")
            let source = try await bench.push(.bind(bench.address(transport)), name: "source")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<3 {
                    let pull = try await bench.pull(.connect(source.address), name: "worker-\(index)")
                    let push = try await bench.push(.connect(sink.address), name: "answer-\(index)")
                    group.addTask {
                        for try await batch in pull.messages { try await push.send(contentsOf: batch) }
                    }
                }
                try await source.send(contentsOf: frames(0..<3_000))
                let received = try await sink.frames(3_000)
                #expect(Set(received) == Set(frames(0..<3_000)))
                #expect(received.count == 3_000)
                group.cancelAll()
            }
        }
    }
}

import CZeroMQ
import Glibc
import Testing

@testable import ZeroMQ

@Suite("What is refused: large frames, messages of several frames", .timeLimit(.minutes(3)))
struct LimitTests {
    private static let large = [UInt8](repeating: 1, count: 2 << 20)

    @Test("a sender refuses a frame over the limit, with both sizes, and queues nothing of its batch")
    func sendTooLarge() async throws {
        try await Bench.run { bench in
            let push = try await bench.push(.bind(bench.address(.tcp)), name: "deliveries")
            let error = await #expect(throws: ZeroMQError.self) {
                try await push.send(contentsOf: [frame(0), Self.large])
            }
            #expect(error?.code == .frameTooLarge)
            #expect(error?.description.contains("2097152 bytes, where 1048576 are allowed, on deliveries") == true)
            #expect(!push.offer([Self.large]))
            #expect(push.queuedFrames == 0)
        }
    }

    @Test(
        "a receiver drops the connection of a peer that sends 2 MiB, and serves the others",
        arguments: Transport.allCases
    )
    func receiveTooLarge(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let pull = try await bench.pull(transport)
            let push = try await bench.push(.connect(pull.address))
            try await push.send(frame(1))
            #expect(try await pull.frames(1) == [frame(1)])
            let address = pull.address
            try await onThread {
                let peer = try RawPeer.push(to: address)
                try peer.waitFor(ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
                try peer.send([Self.large])
                try peer.waitFor(ZMQ_EVENT_DISCONNECTED)
            }
            try await push.send(frame(2))
            #expect(try await pull.frames(1) == [frame(2)])
        }
    }

    @Test("the announced length alone is refused, before any of the frame is sent or room for it made")
    func announcedTooLarge() async throws {
        try await Bench.run { bench in
            var options = SocketOptions()
            // Else silence would end the connection too.
            options.heartbeatInterval = .zero
            let pull = try await bench.pull(options: options)
            let address = pull.address
            for length: UInt64 in [(1 << 20) + 1, 1 << 40, .max >> 1] {
                try await onThread {
                    let peer = try HandmadePeer.push(to: address)
                    try peer.announce(length: length)
                    peer.readToEnd()
                }
            }
            // The same peer with a frame of exactly the limit is served.
            let largest = [UInt8](repeating: 9, count: 1 << 20)
            try await onThread {
                let peer = try HandmadePeer.push(to: address)
                try peer.announce(length: UInt64(largest.count))
                try peer.write(largest)
                // Closing with unread bytes would reset the connection and drop what is on its way.
                while pull.bufferedFrames < 1 { usleep(1_000) }
            }
            #expect(try await pull.frames(1).map(summary) == [summary(largest)])
        }
    }

    @Test("a peer that answers no heartbeat is disconnected")
    func silentPeer() async throws {
        try await Bench.run { bench in
            var options = SocketOptions()
            options.heartbeatInterval = .milliseconds(20)
            options.heartbeatTimeout = .milliseconds(50)
            let push = try await bench.push(.bind("tcp://127.0.0.1:*"), options: options)
            let address = push.address
            // Returns at all: without heartbeats the connection would stay for ever.
            try await onThread { try HandmadePeer.pull(from: address).readToEnd() }
        }
    }

    @Test("messages of several frames are dropped and counted, and the rest go on", arguments: Transport.allCases)
    func multipart(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let pull = try await bench.pull(transport)
            let address = pull.address
            try await onThread {
                let peer = try RawPeer.push(to: address)
                try peer.send([frame(1)])
                for _ in 0..<100 { try peer.send([frame(8), frame(9), []]) }
                try peer.send([frame(2)])
                // Unsent messages end with the peer, so it stays until all are taken.
                while pull.bufferedFrames < 2 { usleep(1_000) }
            }
            #expect(try await pull.frames(2) == [frame(1), frame(2)])
            #expect(pull.invalidMessages == 100)
        }
    }
}

import CZeroMQ
import Testing

@testable import ZeroMQ

@Suite("Peers that die while they are held back", .timeLimit(.minutes(3)))
struct HangUpTests {
    /// libzmq 4.3.4 aborts the process (`Assertion failed: !_io_error`) where the PULL asks after the dead ones.
    @Test("take nobody with them", arguments: Transport.allCases)
    func heldBack(_ transport: Transport) async throws {
        try await Bench.run { bench in
            var options = SocketOptions()
            options.highWaterMark = 1
            options.heartbeatInterval = .milliseconds(50)
            let pull = try await bench.pull(
                transport,
                options: options,
                buffer: Watermarks(low: 0, high: 1),
                maximumBatch: 1
            )
            let address = pull.address
            for _ in 0..<20 {
                try await onThread {
                    let peer = try RawPeer.push(to: address)
                    for _ in 0..<300 { try peer.send([[UInt8](repeating: 7, count: 200)]) }
                    try peer.waitFor(ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
                }
            }
            #expect(pull.bufferedFrames == 1)
            // Long enough for several questions to each of the dead.
            try await Task.sleep(for: .milliseconds(500))
            let push = try await bench.push(.connect(address))
            try await push.send(Array("alive".utf8))
            for try await batch in pull.messages where batch.contains(Array("alive".utf8)) { break }
        }
    }
}

import CZeroMQ
import Testing

@testable import ZeroMQ

@Suite("CURVE", .timeLimit(.minutes(3)))
struct CurveTests {
    private func options(_ keys: CurveKeys) -> SocketOptions {
        var options = SocketOptions()
        options.security = .curve(keys)
        options.linger = .zero
        return options
    }

    @Test("frames up to the limit go through, and one byte more does not", arguments: Transport.allCases)
    func roundTrip(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let server = try CurveKeyPair.generate()
            let client = try CurveKeyPair.generate()
            let pull = try await bench.pull(transport, options: options(.server(server)))
            let push = try await bench.push(
                .connect(pull.address),
                options: options(try .client(client, serverKey: server.publicKey))
            )
            let sent = [frame(1), [], [UInt8](repeating: 7, count: 1 << 20)]
            try await push.send(contentsOf: sent)
            #expect(try await pull.frames(3).map(summary) == sent.map(summary))

            var generous = options(try .client(client, serverKey: server.publicKey))
            generous.maximumFrameBytes = 2 << 20
            let offender = try await bench.push(.connect(pull.address), options: generous)
            try await offender.send([UInt8](repeating: 7, count: (1 << 20) + 1))
            #expect(await offender.drain(within: .seconds(30)) == 0)
            try await push.send(frame(2))
            #expect(try await pull.frames(1) == [frame(2)])
        }
    }

    @Test("a plaintext peer is refused", arguments: Transport.allCases)
    func plaintext(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let server = try CurveKeyPair.generate()
            let pull = try await bench.pull(transport, options: options(.server(server)))
            var plain = SocketOptions()
            plain.linger = .zero
            let push = try await bench.push(.connect(pull.address), options: plain)
            try await push.send(Array("plain".utf8))
            let address = pull.address
            try await onThread {
                let peer = try RawPeer.push(to: address)
                try peer.send([Array("plain".utf8)])
                try peer.waitFor(handshakeFailures | ZMQ_EVENT_DISCONNECTED)
            }
            let friend = try await bench.push(
                .connect(address),
                options: options(try .client(.generate(), serverKey: server.publicKey))
            )
            try await friend.send(Array("sealed".utf8))
            #expect(try await pull.frames(1) == [Array("sealed".utf8)])
            #expect(await push.close() == 1)
        }
    }

    @Test("a client that expects another server sends it nothing")
    func wrongServer() async throws {
        try await Bench.run { bench in
            let server = try CurveKeyPair.generate()
            let other = try CurveKeyPair.generate()
            let pull = try await bench.pull(options: options(.server(server)))
            let push = try await bench.push(
                .connect(pull.address),
                options: options(try .client(.generate(), serverKey: other.publicKey))
            )
            try await push.send(frame(1))
            let friend = try await bench.push(
                .connect(pull.address),
                options: options(try .client(.generate(), serverKey: server.publicKey))
            )
            try await friend.send(frame(2))
            #expect(try await pull.frames(1) == [frame(2)])
            #expect(await push.close() == 1)
        }
    }

    @Test("the public key follows from the secret one, which nothing prints")
    func keys() throws {
        let pair = try CurveKeyPair.generate()
        let secret = pair.withSecretKey { $0 }
        #expect(pair.publicKey.utf8.count == 40 && secret.utf8.count == 40)
        #expect(try CurveKeyPair(secretKey: secret) == pair)
        var dumped = ""
        dump(options(.server(pair)), to: &dumped)
        for text in ["\(pair)", "\(options(.server(pair)))", String(reflecting: CurveKeys.server(pair)), dumped] {
            #expect(!text.contains(secret))
        }
    }

    @Test(
        "a key that is none is refused without being repeated",
        arguments: [
            "", "short", String(repeating: "~", count: 40), String(repeating: "a", count: 41),
            "\0" + String(repeating: "a", count: 39),
        ]
    )
    func badKeys(_ key: String) throws {
        let error = #expect(throws: ZeroMQError.self) { try CurveKeyPair(secretKey: key) }
        #expect(error?.code == .optionInvalid)
        #expect(key.isEmpty || error?.description.contains(key) == false)
        let pair = try CurveKeyPair.generate()
        #expect(throws: ZeroMQError.self) { try CurveKeys.client(pair, serverKey: key) }
    }
}

import CZeroMQ
import Synchronization
import Testing

@testable import ZeroMQ

/// The handler of ZAP: on real sockets whom it lets in, and in tables what it answers.
@Suite("Admission", .timeLimit(.minutes(3)))
struct AdmissionTests {
    /// A server's keys, who is let in where, and what was asked.
    private final class Door: Sendable {
        let server: CurveKeyPair
        private let admitted = Mutex<[String: String]>([:])
        private let requests = Mutex<[AdmissionRequest]>([])

        init() throws { server = try CurveKeyPair.generate() }

        var asked: [AdmissionRequest] { requests.withLock { $0 } }

        func admit(_ key: String, to domain: String, as userID: String) {
            admitted.withLock { $0["\(domain) \(key)"] = userID }
        }

        @Sendable func decide(_ request: AdmissionRequest) -> Admission {
            requests.withLock { $0.append(request) }
            return admitted.withLock { $0["\(request.domain) \(request.publicKey)"] }
                .map { .admitted(userID: $0) } ?? .refused
        }

        func options(domain: String?) -> SocketOptions {
            var options = SocketOptions()
            options.security = .curve(.server(server))
            options.admissionDomain = domain
            options.linger = .zero
            return options
        }

        func client(_ pair: CurveKeyPair, linger: Duration = .zero) throws -> SocketOptions {
            var options = SocketOptions()
            options.security = .curve(try .client(pair, serverKey: server.publicKey))
            options.linger = linger
            return options
        }
    }

    /// Waits until libzmq has seen the handshake of this client fail.
    private func isTurnedAway(_ pair: CurveKeyPair, _ door: Door, at address: String) async throws {
        let secret = pair.withSecretKey { $0 }
        let (publicKey, serverKey) = (pair.publicKey, door.server.publicKey)
        try await onThread {
            let peer = try RawPeer.push(to: address) { socket in
                zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, serverKey, 41)
                zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, publicKey, 41)
                zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, 41)
            }
            try peer.waitFor(handshakeFailures | ZMQ_EVENT_DISCONNECTED)
        }
    }

    @Test("who is admitted comes in under a name, and the others stay outside", arguments: Transport.allCases)
    func names(_ transport: Transport) async throws {
        try await Bench.run { bench in
            let door = try Door()
            let handler = AdmissionHandler(context: bench.context, decide: door.decide)
            try await handler.start()
            let pull = try await bench.pull(transport, options: door.options(domain: "answers"))
            let (ann, bob, eve) = (
                try CurveKeyPair.generate(), try CurveKeyPair.generate(), try CurveKeyPair.generate()
            )
            door.admit(ann.publicKey, to: "answers", as: "ann")
            door.admit(bob.publicKey, to: "answers", as: "bob")
            door.admit(eve.publicKey, to: "deliveries", as: "eve")

            let stranger = try await bench.push(.connect(pull.address), options: try door.client(eve))
            try await stranger.send(frame(0))
            try await isTurnedAway(eve, door, at: pull.address)

            let first = try await bench.push(.connect(pull.address), options: try door.client(ann))
            let second = try await bench.push(.connect(pull.address), options: try door.client(bob))
            try await first.send(frame(1))
            try await second.send(frame(2))
            var received: [ReceivedFrame] = []
            for try await batch in pull.frames {
                received += batch
                if received.count >= 2 { break }
            }
            #expect(
                Set(received) == [
                    ReceivedFrame(bytes: frame(1), userID: "ann"), ReceivedFrame(bytes: frame(2), userID: "bob"),
                ]
            )
            #expect(await stranger.close() == 1, "nothing of a stranger's is taken")
            #expect(door.asked.allSatisfy { $0.domain == "answers" })
            #expect(Set(door.asked.map(\.publicKey)) == Set([ann, bob, eve].map(\.publicKey)))
            if transport == .tcp { #expect(door.asked.allSatisfy { $0.address == "127.0.0.1" }) }
            await handler.close()
        }
    }

    @Test("a PUSH that binds sends nothing to those who are not admitted")
    func deliveries() async throws {
        try await Bench.run { bench in
            let door = try Door()
            let handler = AdmissionHandler(context: bench.context, decide: door.decide)
            try await handler.start()
            let (friend, stranger) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
            door.admit(friend.publicKey, to: "deliveries.a", as: "friend")
            let push = try await bench.push(.bind("tcp://127.0.0.1:*"), options: door.options(domain: "deliveries.a"))
            let eavesdropper = try await bench.pull(.connect(push.address), options: try door.client(stranger))
            try await eventually { door.asked.contains { $0.publicKey == stranger.publicKey } }
            let pull = try await bench.pull(.connect(push.address), options: try door.client(friend))
            try await push.send(contentsOf: frames(0..<100))
            #expect(try await pull.frames(100).count == 100)
            #expect(eavesdropper.bufferedFrames == 0)
            await handler.close()
        }
    }

    @Test("without a handler nobody is let in, and after its end nobody new")
    func noHandler() async throws {
        try await Bench.run { bench in
            let door = try Door()
            let pull = try await bench.pull(options: door.options(domain: "answers"))
            let pair = try CurveKeyPair.generate()
            door.admit(pair.publicKey, to: "answers", as: "ann")
            try await isTurnedAway(pair, door, at: pull.address)
            #expect(door.asked.isEmpty)

            let handler = AdmissionHandler(context: bench.context, decide: door.decide)
            try await handler.start()
            let push = try await bench.push(.connect(pull.address), options: try door.client(pair))
            try await push.send(frame(1))
            #expect(try await pull.frames(1) == [frame(1)])

            let asked = door.asked.count
            await handler.close()
            try await isTurnedAway(try CurveKeyPair.generate(), door, at: pull.address)
            #expect(door.asked.count == asked)
        }
    }

    @Test("a context has one handler")
    func second() async throws {
        try await Bench.run { bench in
            let door = try Door()
            let first = AdmissionHandler(context: bench.context, decide: door.decide)
            try await first.start()
            let second = AdmissionHandler(context: bench.context, decide: door.decide)
            let error = await #expect(throws: ZeroMQError.self) { try await second.start() }
            #expect(error?.code == .addressInUse)
            await first.close()
        }
    }

    @Test("a domain is for CURVE servers, and has a bounded name", arguments: ["", String(repeating: "x", count: 101)])
    func badDomains(_ domain: String) throws {
        let door = try Door()
        #expect(throws: ZeroMQError.self) { try door.options(domain: domain).check() }
        var client = try door.client(.generate())
        client.admissionDomain = "answers"
        #expect(throws: ZeroMQError.self) { try client.check() }
        var plain = SocketOptions()
        plain.admissionDomain = "answers"
        #expect(throws: ZeroMQError.self) { try plain.check() }
        #expect(throws: Never.self) { try door.options(domain: "answers").check() }
    }

    // MARK: The answers

    private static let key = [UInt8](0..<32)

    private static func question(_ change: (inout [[UInt8]]) -> Void = { _ in }) -> [[UInt8]] {
        var parts = ["1.0", "17", "answers", "10.0.0.7", "", "CURVE"].map { Array($0.utf8) } + [key]
        change(&parts)
        return parts
    }

    private func texts(_ frames: [[UInt8]]) -> [String] { frames.map { String(decoding: $0, as: UTF8.self) } }

    @Test("a question is understood and answered with the name")
    func answers() throws {
        var asked: AdmissionRequest?
        let answer = ZAP.answer(to: Self.question()) { request in
            asked = request
            return .admitted(userID: "ann")
        }
        #expect(texts(answer) == ["1.0", "17", "200", "admitted", "ann", ""])
        #expect(asked?.domain == "answers")
        #expect(asked?.address == "10.0.0.7")
        #expect(asked?.publicKey.utf8.count == 40)
        #expect(texts(ZAP.answer(to: Self.question()) { _ in .refused })[2] == "400")
    }

    @Test("a name that no ZAP answer can carry is a no", arguments: ["", String(repeating: "x", count: 256)])
    func badNames(_ name: String) {
        let answer = texts(ZAP.answer(to: Self.question()) { _ in .admitted(userID: name) })
        #expect(answer == ["1.0", "17", "400", "not admitted", "", ""])
    }

    @Test("what is no question about a CURVE key is never decided")
    func malformed() {
        let questions = [
            [], [[]], Self.question { $0.removeLast() }, Self.question { $0.append([]) },
            Self.question { $0[0] = Array("2.0".utf8) }, Self.question { $0[5] = Array("NULL".utf8) },
            Self.question { $0[5] = Array("PLAIN".utf8) }, Self.question { $0[6] = [] },
            Self.question { $0[6].append(0) }, Self.question { $0[6] = Array(String(repeating: "a", count: 40).utf8) },
        ]
        for question in questions {
            let answer = ZAP.answer(to: question) { _ in
                Issue.record("it was decided")
                return .admitted(userID: "eve")
            }
            #expect(answer.count == 6)
            #expect(texts(answer)[2] == "500")
        }
    }
}

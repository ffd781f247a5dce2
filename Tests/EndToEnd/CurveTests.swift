import Foundation
import Messages
import Secrets
import TestSupport
import Testing
import ZeroMQ

extension EndToEnd {
    /// Keys between the processes: who has the right one works, and nobody else is let in.
    @Suite struct Curve {
        /// Everything over TCP with keys that `mendline keys new` has made.
        @Test func thePipelineRunsAndStrangersStayOutside() async throws {
            try await Scene.with { scene in
                let outside = try await scene.simulators()
                var wanted = TestTopology(coder: outside.coder.base, incidents: outside.incidents.base)
                wanted.ports = try FreePorts.find(for: ["answers", "samples"] + TestTopology.stages)
                wanted.hasCurve = true
                let topology = try scene.write(wanted)
                let place = scene.data + "/secrets/curve"

                let made = try scene.start("mendline", ["keys", "new", "--topology", topology, "--data", scene.data])
                #expect(try await made.exitCode() == 0, "\(made.output)")
                #expect(made.output.contains("\(place)/validator.secret\n  only to the machines that run validator"))
                let check = try scene.start("mendline", ["check", topology, "--data", scene.data])
                #expect(try await check.exitCode() == 0, "\(check.output)")
                #expect(check.output.contains("6 admitted keys, good"), "\(check.output)")

                let up = try await scene.up(topology: topology)
                let sender = try scene.send(5, concurrency: 5, id: "CURVE", to: up)
                #expect(try await scene.verdicts(of: sender) == ["succeeded": 5])
                try await up.untilReported((1...5).map { "CURVE-\($0)" })
                #expect(try await outside.effects() == .once(each: 5))

                let answers = "tcp://127.0.0.1:\(wanted.ports["answers"] ?? 0)"
                let server = try Self.key(place + "/intake.public")
                let reporter = try CurveKeyPair(secretKey: Self.key(place + "/reporter.secret"))
                let forged = try Self.settlement(from: "/validator/1")
                try await Self.withContext { context in
                    let strangers: [(name: String, security: SocketOptions.Security)] = [
                        ("no key", .null), ("an unlisted key", .curve(try .client(.generate(), serverKey: server))),
                        (
                            "a wrong server's key",
                            .curve(try .client(reporter, serverKey: CurveKeyPair.generate().publicKey))
                        ),
                    ]
                    var outsiders: [(String, PushSocket)] = []
                    for stranger in strangers {
                        let push = try await Self.push(context, answers, stranger.security)
                        try await push.send(forged)
                        outsiders.append((stranger.name, push))
                    }
                    // A key that is listed comes in, and may not speak for another stage.
                    let insider = try await Self.push(
                        context,
                        answers,
                        .curve(try .client(reporter, serverKey: server))
                    )
                    try await insider.send(forged)
                    try await eventually("the forged answer is counted") {
                        try await up.metric("mendline_dead_letters_total") == 1
                    }
                    try await eventually("the unlisted key is counted") {
                        try await up.metric("mendline_connections_refused_total") ?? 0 >= 1
                    }
                    let log = try String(contentsOfFile: scene.data + "/logs/intake.log", encoding: .utf8)
                    #expect(log.contains("\(reporter.publicKey) is not admitted for the stage validator"), "\(log)")
                    #expect(log.contains("turned away"))
                    #expect(try await up.intake.post("/remediate", .incident("CURVE-LAST")).status == 201)
                    for (name, push) in outsiders { #expect(await push.close() == 1, "\(name) was let in") }
                }
                #expect(try await up.verdict(of: "CURVE-LAST") == "succeeded")
            }
        }

        @Test func plainTCPBeyondLoopbackIsRefusedUnlessAFlagSaysSo() async throws {
            try await Scene.with { scene in
                var wanted = TestTopology(coder: "http://127.0.0.1:9", incidents: "http://127.0.0.1:9")
                wanted.host = "0.0.0.0"
                wanted.ports = ["answers": 7001]
                let topology = try scene.write(wanted)
                try scene.makeFolder("secrets")
                try scene.write(TokenSeal.PrivateKey().publicKey.base64, to: scene.data + "/secrets/seal-public-key")
                for program in ["intake", "validator"] {
                    let arguments = ["--topology", topology, "--data", scene.data, "--check"]
                    let refused = try scene.start(program, arguments)
                    #expect(try await refused.exitCode() != 0)
                    #expect(
                        refused.output.contains("does not use tcp://0.0.0.0:7001 without keys"),
                        "\(refused.output)"
                    )
                    #expect(refused.output.contains("mendline keys new"), "it says what to do")
                    let forced = try scene.start(program, arguments + ["--insecure-plain-tcp"])
                    #expect(try await forced.exitCode() == 0, "\(forced.output)")
                    #expect(forced.output.contains("INSECURE"), "\(forced.output)")
                }
                let sink = try scene.start("metrics-sink", ["--topology", topology, "--data", scene.data, "--check"])
                #expect(try await sink.exitCode() == 0, "it has no part in that socket: \(sink.output)")
                let check = try scene.start("mendline", ["check", topology, "--data", scene.data])
                #expect(try await check.exitCode() == 0)
                #expect(check.output.contains("warning: `intake.answers` leaves the machine"), "\(check.output)")
            }
        }

        private static func withContext(_ body: (ZeroMQContext) async throws -> Void) async throws {
            let context = try ZeroMQContext()
            try await doing {
                try await body(context)
            } finally: {
                await context.terminate()
            }
        }

        private static func push(
            _ context: ZeroMQContext,
            _ address: String,
            _ security: SocketOptions.Security
        ) async throws -> PushSocket {
            var options = SocketOptions()
            options.security = security
            options.linger = .zero
            let push = PushSocket(context: context, endpoints: [.connect(address)], options: options, name: "stranger")
            try await push.start()
            return push
        }

        private static func key(_ file: String) throws -> String {
            try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)
        }

        private static func settlement(from source: String) throws -> [UInt8] {
            try MessageCoding.encode(
                [
                    "specversion": "1.0", "type": "delivery.settled", "source": .string(source), "id": "m",
                    "subject": "CURVE-1", "time": "2026-11-23T18:00:00.123Z", "datacontenttype": "application/json",
                    "data": ["deliveryid": "01J", "attempt": "1.1", "outcome": "done", "events": []],
                ] as JSONValue
            )
        }
    }
}

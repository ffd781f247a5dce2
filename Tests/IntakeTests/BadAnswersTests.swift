import Foundation
import Ledger
import Messages
import TestSupport
import Testing
import ZeroMQ

@testable import Intake

/// What comes in on the socket of answers from those who get it wrong, or mean harm; real sockets, a real ledger.
@Suite("Bad answers", .timeLimit(.minutes(3)))
struct BadAnswersTests {
    private struct Garbage {
        var name: String
        var bytes: [UInt8]
        /// Words of the dead letter's reason.
        var says: String
    }

    private static func garbage(delivery: String) throws -> [Garbage] {
        var random = SystemRandomNumberGenerator()
        let returned: JSONValue = [
            "deliveryid": .string(delivery), "attempt": "1.1", "outcome": "returned", "reason": "x",
        ]
        var forged = returned
        if case .object(var members) = forged {
            members["attempt"] = "7.3"
            forged = .object(members)
        }
        let settled = try frame("delivery.settled", from: "/validator/1", returned)
        return [
            Garbage(name: "nothing", bytes: [], says: "ends too early"),
            Garbage(
                name: "random bytes",
                bytes: (0..<5000).map { _ in .random(in: 128...255, using: &random) },
                says: "invalid UTF-8"
            ),
            Garbage(name: "zeros", bytes: [UInt8](repeating: 0, count: 1 << 20), says: "not a JSON value"),
            Garbage(name: "cut off", bytes: Array(settled.dropLast(9)), says: "a string that never ends"),
            Garbage(name: "two messages", bytes: settled + settled, says: "text after the end"),
            Garbage(name: "a number", bytes: Array("7".utf8), says: "is not of type"),
            Garbage(name: "an array", bytes: Array("[]".utf8), says: "is not of type"),
            Garbage(name: "an empty object", bytes: Array("{}".utf8), says: "is missing"),
            Garbage(
                name: "a million elements",
                bytes: Array(("[" + String(repeating: "1,", count: 500_000) + "1]").utf8),
                says: "more than 100000 values"
            ),
            Garbage(
                name: "a million elements inside",
                bytes: Array(
                    (String(decoding: try frame("stage.heartbeat", from: "/validator/1", "HERE"), as: UTF8.self)
                        .replacing("\"HERE\"", with: "[" + String(repeating: "0,", count: 500_000) + "0]")).utf8
                ),
                says: "more than 100000 values"
            ),
            Garbage(
                name: "deep nesting",
                bytes: Array(String(repeating: "[", count: 500_000).utf8),
                says: "nesting deeper"
            ),
            Garbage(
                name: "an unknown version",
                bytes: Array(String(decoding: settled, as: UTF8.self).replacing("\"1.0\"", with: "\"2.0\"").utf8),
                says: "specversion is \"2.0\""
            ),
            Garbage(
                name: "an unknown type",
                bytes: try frame("delivery.stolen", from: "/validator/1", returned),
                says: "stages do not send delivery.stolen"
            ),
            Garbage(
                name: "an event",
                bytes: try frame("incident.approved", from: "/validator/1", [:]),
                says: "stages do not send incident.approved"
            ),
            Garbage(
                name: "data of another shape",
                bytes: try frame("delivery.settled", from: "/validator/1", ["deliveryid": [1], "attempt": 7]),
                says: "deliveryid"
            ),
            Garbage(
                name: "an unknown delivery of an unknown incident",
                bytes: try frame(
                    "delivery.settled",
                    from: "/validator/1",
                    ["deliveryid": "01J-none", "attempt": "1.1", "outcome": "done"],
                    subject: "I-404"
                ),
                says: "the ledger does not have"
            ),
            Garbage(
                name: "an unknown stage",
                bytes: try frame("delivery.settled", from: "/nobody/1", returned),
                says: "no stage of the source"
            ),
            Garbage(
                name: "a heartbeat of an unknown stage",
                bytes: try frame("stage.heartbeat", from: "/nobody/1", ["stage": "nobody", "instance": "1"]),
                says: "no stage of the source"
            ),
            Garbage(
                name: "a forged stage",
                bytes: try frame("delivery.settled", from: "/reporter/1", returned),
                says: "of the stage validator, not of reporter"
            ),
            Garbage(
                name: "a forged attempt",
                bytes: try frame("delivery.settled", from: "/validator/1", forged),
                says: "never handed out as 7.3"
            ),
        ]
    }

    /// The delivery that the validator will be handed, once it is there.
    private func openDelivery(_ bench: AnswersBench, _ incident: String) async throws -> String {
        try await eventually("there is a delivery") {
            try await bench.ledger.reader.detail(of: incident)?.deliveries.first?.id
        }
    }

    @Test func eachIsCountedToldOfAndKeptAndWorkGoesOn() async throws {
        try await AnswersBench.with { bench in
            try await bench.accept("I-1")
            let garbage = try Self.garbage(delivery: try await openDelivery(bench, "I-1"))
            let push = try await bench.push()
            for bad in garbage {
                let before = try await bench.deadLetters()
                try await push.send(bad.bytes)
                try await eventually("\(bad.name) is kept") { try await bench.deadLetters() == before + 1 }
                let letter = try #require(try await bench.ledger.reader.deadLetters(limit: 1).first)
                #expect(letter.reason.contains(bad.says), "\(bad.name): \(letter.reason)")
                #expect(letter.bytes == Array(bad.bytes.prefix(DeadLetter.maximumBytes)), "\(bad.name)")
            }
            try await eventually("all are counted") { bench.ledger.health.tallies.deadLetters == garbage.count }
            // What was held back is told of a second later, without anything new.
            try await eventually("all are told of") { toldOf(bench) == garbage.count }
            let detail = try #require(try await bench.ledger.reader.detail(of: "I-1"))
            #expect(detail.deliveries.map(\.failures) == [0] && detail.record.state == .waiting, "nothing has changed")
            try await bench.withValidator {
                try await bench.accept("I-2")
                try await bench.areDeclined(["I-1", "I-2"])
            }
        }
    }

    /// The sum of what the log's lines stand for.
    private func toldOf(_ bench: AnswersBench) -> Int {
        bench.log.lines.filter { $0.message.contains("dead letters") }
            .reduce(0) { $0 + (Int($1.metadata["count"] ?? "") ?? 0) }
    }

    /// Several senders push garbage as fast as it is taken; a validator's answers get through beside it.
    @Test func aFloodDelaysNobodyForGood() async throws {
        try await AnswersBench.with { bench in
            try await bench.withValidator {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<3 {
                        let push = try await bench.push()
                        group.addTask {
                            let bytes = [UInt8](repeating: UInt8(number), count: 30_000)
                            while !Task.isCancelled { try? await push.send(contentsOf: [bytes, bytes, bytes, bytes]) }
                        }
                    }
                    try await eventually("the flood has begun") { bench.ledger.health.tallies.deadLetters > 500 }
                    let before = bench.ledger.health.tallies.deadLetters
                    let ids = (1...30).map { "FLOOD-\($0)" }
                    for id in ids { try await bench.accept(id) }
                    try await bench.areDeclined(ids)
                    #expect(bench.ledger.health.tallies.deadLetters > before, "the flood went on meanwhile")
                    #expect(bench.ledger.health.tallies.leasesLost == 0, "heartbeats came through in time")
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
            #expect(try await bench.deadLetters() <= 10_000)
        }
    }

    // MARK: - Keys

    @Test func aKeySpeaksForItsStageOnly() async throws {
        try await AnswersBench.with(encrypted: true) { bench in
            let keys = try #require(bench.keys)
            try await bench.accept("I-1")
            let delivery = try await openDelivery(bench, "I-1")
            let settled: JSONValue = [
                "deliveryid": .string(delivery), "attempt": "1.1", "outcome": "done", "events": [],
            ]
            let forged = try await bench.push(try keys.client(keys.reporter))
            let attempts: [(frame: [UInt8], says: String)] = [
                (
                    try frame("delivery.settled", from: "/validator/1", settled),
                    "is not admitted for the stage validator"
                ),
                (
                    try frame("delivery.settled", from: "/reporter/1", settled),
                    "of the stage validator, not of reporter"
                ),
                (
                    try frame("delivery.progress", from: "/validator/1", settled),
                    "is not admitted for the stage validator"
                ),
                (
                    try frame(
                        "stage.heartbeat",
                        from: "/validator/1",
                        [
                            "stage": "validator", "instance": "1", "clock": "2026-11-23T18:00:00.123Z",
                            "capacity": 100, "holds": [],
                        ]
                    ), "is not admitted for the stage validator"
                ),
            ]
            for attempt in attempts {
                let before = try await bench.deadLetters()
                try await forged.send(attempt.frame)
                try await eventually("\(attempt.says)") { try await bench.deadLetters() == before + 1 }
                let letter = try #require(try await bench.ledger.reader.deadLetters(limit: 1).first)
                #expect(letter.reason.contains(attempt.says), "\(letter.reason)")
                #expect(letter.reason.contains(keys.reporter.publicKey) || letter.source == "/reporter/1")
            }
            #expect(bench.ledger.health.stages.first { $0.stage == "validator" }?.processes == 0)
            #expect(try await bench.ledger.reader.detail(of: "I-1")?.record.state == .waiting)
            // Its own it may.
            try await bench.withValidator { try await bench.areDeclined(["I-1"]) }
        }
    }

    @Test func withoutAListedKeyNobodyIsHeard() async throws {
        try await AnswersBench.with(encrypted: true) { bench in
            let keys = try #require(bench.keys)
            let wrongServer = SocketOptions.Security.curve(
                try .client(keys.validator, serverKey: keys.stranger.publicKey)
            )
            var strangers: [(name: String, push: PushSocket)] = []
            for (name, security) in [
                ("no key", .null), ("an unlisted key", try keys.client(keys.stranger)), ("a wrong server", wrongServer),
            ] as [(String, SocketOptions.Security)] {
                let push = try await bench.push(security)
                try await push.send(Array("knock".utf8))
                strangers.append((name, push))
            }
            try await eventually("the unlisted key is turned away") {
                bench.log.lines.contains {
                    $0.message.contains("turned away") && $0.metadata["key"] == keys.stranger.publicKey
                        && $0.metadata["socket"] == "answers"
                }
            }
            // Whoever is listed works meanwhile.
            try await bench.accept("I-1")
            try await bench.withValidator { try await bench.areDeclined(["I-1"]) }
            for (name, push) in strangers { #expect(await push.close() == 1, "\(name) was let in") }
            #expect(try await bench.deadLetters() == 0)
        }
    }

    @Test func deliveriesGoToTheirStagesKeysOnly() async throws {
        try await AnswersBench.with(encrypted: true) { bench in
            let keys = try #require(bench.keys)
            var eavesdroppers: [PullSocket] = []
            for security in [try keys.client(keys.reporter), try keys.client(keys.stranger), .null] {
                var options = SocketOptions()
                options.security = security
                let pull = PullSocket(
                    context: bench.context,
                    endpoints: [.connect("ipc://\(bench.folder)/v")],
                    options: options,
                    name: "eavesdropper"
                )
                try await pull.start()
                eavesdroppers.append(pull)
            }
            for pair in [keys.reporter, keys.stranger] {
                try await eventually("turned away from another stage's deliveries") {
                    bench.log.lines.contains {
                        $0.metadata["key"] == pair.publicKey && $0.metadata["socket"] == "deliveries.validator"
                    }
                }
            }
            let ids = (1...20).map { "I-\($0)" }
            try await bench.withValidator {
                for id in ids { try await bench.accept(id) }
                try await bench.areDeclined(ids)
            }
            #expect(eavesdroppers.map(\.bufferedFrames) == [0, 0, 0])
            #expect(bench.ledger.health.tallies.leasesLost == 0, "none went astray")
        }
    }
}

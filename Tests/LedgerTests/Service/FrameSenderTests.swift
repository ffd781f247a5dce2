import Messages
import Testing

@testable import Ledger

/// Which frames are not taken although the core could read them, and that what was aimed at stays as it was.
@Suite("Whose frame it is", .timeLimit(.minutes(2)))
struct FrameSenderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var source = "/validator/host-7/4121"
        var type: EventType = .deliverySettled
        /// `DELIVERY` stands for the validator's open delivery.
        var data: JSONValue
        var sender = FrameSender.anyone
        /// Words of the objection; nil where there is none.
        var says: String?

        var testDescription: String { name }
    }

    private static func settled(_ delivery: JSONValue = "DELIVERY", attempt: JSONValue = "1.1") -> JSONValue {
        ["deliveryid": delivery, "attempt": attempt, "outcome": "returned", "reason": "full"]
    }

    private static func beat(
        _ stage: JSONValue = "validator",
        instance: String = "host-7/4121",
        trouble: JSONValue = .null
    )
        -> JSONValue
    {
        [
            "stage": stage, "instance": .string(instance), "clock": "2026-11-23T18:00:00.123Z", "capacity": 1,
            "holds": [],
            "trouble": trouble,
        ]
    }

    private static func beat(of instance: String) -> Case {
        Case(name: "", source: "/validator/\(instance)", type: .stageHeartbeat, data: beat(instance: instance))
    }

    private static let made: JSONValue = [
        "deliveryid": "01J-long-gone", "attempt": "1.1", "outcome": "done",
        "events": [
            [
                "type": "workspace.created",
                "data": [
                    "workspace_id": "0f2c", "workspace_name": "w", "url": "http://c/w", "build_id": "b",
                    "template": "t",
                    "adopted": false,
                ],
            ]
        ],
    ]

    private static func key(_ stages: String...) -> FrameSender { .key("K", stages: Set(stages)) }

    static let table: [Case] = [
        // Of its own stage
        Case(name: "an answer of its own", data: settled()),
        Case(name: "an answer of its own with a key", data: settled(), sender: key("validator")),
        Case(name: "a key of several stages", data: settled(), sender: key("reporter", "validator")),
        Case(name: "a heartbeat", type: .stageHeartbeat, data: beat()),
        Case(name: "a heartbeat with a key", type: .stageHeartbeat, data: beat(), sender: key("validator")),
        Case(name: "an answer from before the restart", data: settled(attempt: "0.9")),
        Case(name: "an answer to what is settled", data: settled("01J-long-gone")),
        Case(name: "a workspace, late", source: "/provisioner/1", data: made, sender: key("provisioner")),
        // Sources
        Case(name: "an unknown stage", source: "/nobody/1", data: settled(), says: "no stage of the source"),
        Case(name: "no stage", source: "/", data: settled(), says: "no stage of the source"),
        Case(name: "an empty source", source: "", data: settled(), says: "no stage of the source"),
        Case(name: "a source of one word", source: "validator", data: settled(), says: "no stage of the source"),
        Case(
            name: "a stage without an instance",
            source: "/validator",
            data: settled(),
            says: "no stage of the source"
        ),
        Case(name: "intake itself", source: "/intake/1", data: settled(), says: "no stage of the source"),
        // Keys
        Case(name: "another stage's key", data: settled(), sender: key("reporter"), says: "the key K is not admitted"),
        Case(name: "a key of nobody", data: settled(), sender: .key("", stages: []), says: "is not admitted"),
        Case(name: "intake's own key", data: settled(), sender: key("intake"), says: "is not admitted"),
        Case(
            name: "another stage's key on a heartbeat",
            type: .stageHeartbeat,
            data: beat(),
            sender: key("reporter"),
            says: "is not admitted for the stage validator"
        ),
        Case(
            name: "another stage's key on progress",
            type: .deliveryProgress,
            data: ["deliveryid": "DELIVERY", "attempt": "1.1", "events": []],
            sender: key("reporter"),
            says: "is not admitted"
        ),
        // Stages
        Case(
            name: "another stage's delivery",
            source: "/reporter/1",
            data: settled(),
            says: "of the stage validator, not of reporter"
        ),
        Case(
            name: "another stage's delivery with one's own key",
            source: "/reporter/1",
            data: settled(),
            sender: key("reporter"),
            says: "of the stage validator, not of reporter"
        ),
        Case(
            name: "progress on another stage's delivery",
            source: "/reporter/1",
            type: .deliveryProgress,
            data: ["deliveryid": "DELIVERY", "attempt": "1.1", "events": []],
            says: "of the stage validator"
        ),
        Case(
            name: "a heartbeat for another stage",
            type: .stageHeartbeat,
            data: beat("reporter"),
            sender: key("validator"),
            says: "another stage than its source"
        ),
        Case(name: "a heartbeat of no stage", type: .stageHeartbeat, data: beat(.null), says: "another stage"),
        Case(name: "a workspace of who makes none", data: made, says: "makes no workspaces"),
        // Attempts
        Case(name: "a hand-out that never was", data: settled(attempt: "1.2"), says: "never handed out as 1.2"),
        Case(name: "a start that never was", data: settled(attempt: "2.1"), says: "never handed out as 2.1"),
        Case(
            name: "a huge attempt",
            data: settled(attempt: "9223372036854775807.9223372036854775807"),
            says: "never handed out"
        ),
        // Bounds
        Case(
            name: "a long instance",
            type: .stageHeartbeat,
            data: beat(instance: "a" + String(repeating: "\u{301}", count: 100)),
            says: "more than 200 bytes"
        ),
        Case(
            name: "a long trouble",
            type: .stageHeartbeat,
            data: beat(trouble: .string(String(repeating: "x", count: 4097))),
            says: "the trouble has more than 4096 bytes"
        ),
        // What only the core can tell
        Case(name: "no handle", data: [:], says: "is missing"),
        Case(name: "another shape", data: [1, 2], says: "is not of type"),
        Case(name: "an attempt that is none", data: settled(attempt: "x"), says: "not epoch.number"),
        Case(
            name: "a heartbeat for another instance",
            type: .stageHeartbeat,
            data: beat(instance: "2"),
            says: "the instance that it names"
        ),
        Case(name: "an unknown type", type: EventType(rawValue: "delivery.stolen"), data: [:], says: "do not send"),
        Case(name: "an event", type: .incidentApproved, data: [:], says: "stages do not send incident.approved"),
    ]

    /// A core with one delivery in a validator's hand.
    private static func opened() throws -> (CoreFixture, HandOutOrder) {
        var fixture = CoreFixture()
        _ = fixture.accept()
        try fixture.beat("validator")
        let order = try #require(fixture.finish().first)
        return (fixture, order)
    }

    private static func frame(_ wanted: Case, _ order: HandOutOrder) throws -> ReadFrame {
        let text = String(decoding: try MessageCoding.encode(wanted.data), as: UTF8.self)
        let data = try MessageCoding.decode(
            JSONValue.self,
            from: Array(text.replacing("DELIVERY", with: order.handle.deliveryID).utf8)
        )
        let message = Message(
            type: wanted.type,
            source: wanted.source,
            id: "m",
            subject: order.incident,
            time: Timestamp(milliseconds: 1_800_000_000_000),
            data: data
        )
        return ReadFrame(IncomingFrame(bytes: try message.frame(), sender: wanted.sender))
    }

    @Test(arguments: table)
    func isTakenOrKept(_ wanted: Case) throws {
        var (fixture, order) = try Self.opened()
        let before = Set(fixture.core.deliveries.values)
        let frame = try Self.frame(wanted, order)
        fixture.core.take(frame, at: fixture.now)
        let letters = fixture.core.finishBatch(at: fixture.now).deadLetters
        guard let says = wanted.says else {
            #expect(letters.isEmpty, "\(letters)")
            return
        }
        let letter = try #require(letters.first)
        #expect(letters.count == 1 && fixture.core.tallies.deadLetters == 1)
        #expect(letter.reason.contains(says), "\(letter.reason)")
        #expect(letter.source == wanted.source)
        #expect(letter.bytes == Array(frame.bytes.prefix(DeadLetter.maximumBytes)))
        #expect(Set(fixture.core.deliveries.values) == before, "what was aimed at stays as it was")
    }

    @Test func theProcessesOfAStageAreBounded() throws {
        var (fixture, order) = try Self.opened()
        for number in 0..<LedgerCore.maximumProcesses + 10 {
            let beat = Self.beat(of: "many-\(number)")
            fixture.core.take(try Self.frame(beat, order), at: fixture.now)
        }
        #expect(fixture.core.stages["validator"]?.processes.count == LedgerCore.maximumProcesses)
        #expect(fixture.core.tallies.deadLetters == 11, "the one that was there before counts")
        fixture.core.take(try Self.frame(Self.beat(of: "many-1"), order), at: fixture.now)
        #expect(fixture.core.tallies.deadLetters == 11, "who is known goes on")
    }

    /// One character of Swift's may have a million bytes.
    @Test func aDeadLetterIsBoundedInBytes() {
        let hostile = "a" + String(repeating: "\u{301}", count: 500_000)
        let letter = DeadLetter(
            time: Timestamp(milliseconds: 0),
            source: hostile,
            reason: "no\nway\u{1B}[31m \(hostile)",
            bytes: [UInt8](repeating: 7, count: 1 << 20)
        )
        #expect(
            letter.source.utf8.count <= 200
                && letter.source.unicodeScalars.starts(with: "a\u{301}\u{301}".unicodeScalars)
        )
        #expect(letter.reason.utf8.count <= 500)
        #expect(letter.reason.hasPrefix("no\u{FFFD}way\u{FFFD}[31m "))
        #expect(letter.bytes.count == 4096)
        let short = DeadLetter(time: Timestamp(milliseconds: 0), source: "/ä/1", reason: "zu spät", bytes: [1])
        #expect(short.source == "/ä/1" && short.reason == "zu spät" && short.bytes == [1])
    }
}

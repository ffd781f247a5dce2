import Messages
import Testing

@testable import CommandLineTool

/// What `mendline stage check` takes for an answer of the contract.
@Suite("The book of a stage's answers")
struct AnswerBookTests {
    private static let handle = DeliveryHandle(deliveryID: "d-1", attempt: Attempt(epoch: 1, number: 1))

    private static func book(_ contents: [any EventData], source: String = "/tester/one") throws -> AnswerBook {
        var book = AnswerBook(stage: "tester", emits: ["incident.confirmed"])
        for content in contents {
            let message = Message(
                type: type(of: content).type,
                source: source,
                id: "1",
                subject: "I-1",
                time: Timestamp(milliseconds: 1000),
                data: try JSONValue(encoding: content)
            )
            book.take(try message.frame(), at: .now, clock: Timestamp(milliseconds: 1000))
        }
        return book
    }

    private static func done(_ events: [CausedEvent]) -> DeliverySettled {
        DeliverySettled(handle: handle, outcome: .done(events))
    }

    @Test func notesHeartbeatsAndSettlements() throws {
        let heartbeat = StageHeartbeat(
            stage: "tester",
            instance: "one",
            clock: Timestamp(milliseconds: 900),
            capacity: 3,
            holds: [Self.handle]
        )
        let refusal = IncidentDeclined(reasons: [Reason(code: "x", message: "y")])
        let book = try Self.book([heartbeat, Self.done([try CausedEvent(refusal)])])
        #expect(book.faults == [])
        #expect(book.isClaimed(Self.handle))
        #expect(book.beats["one"]?.clockOffset == -100)
        #expect(book.outcome(of: Self.handle) != nil)
        #expect(Finding.answers(book).isHeld)
    }

    @Test(arguments: [
        (CausedEvent(type: .incidentDeclined, data: ["reasons": .array([])]), "needs a reason"),
        (CausedEvent(type: .incidentApproved, data: .object([:])), "plan is missing"),
        (CausedEvent(type: .sweepDue, data: ["number": .integer(1)]), "only intake may"),
        (CausedEvent(type: EventType(rawValue: "incident.invented"), data: .object([:])), "no type of the contract"),
        (
            CausedEvent(
                type: .logAppended,
                data: ["lines": .array(Array(repeating: AnswerBookTests.line, count: 201))]
            ), "more than 200"
        ),
    ])
    func namesEventsThatAreNotOfTheContract(_ event: CausedEvent, _ words: String) throws {
        let book = try Self.book([Self.done([event])])
        #expect(book.faults.count == 1)
        #expect(book.faults.first?.contains(words) == true, "\(book.faults)")
        #expect(!Finding.answers(book).isHeld)
    }

    private static let line: JSONValue = [
        "log": "agent/1", "line": .integer(1), "time": "2026-11-23T18:00:00.000Z", "level": "info", "source": "script",
        "text": "hello",
    ]

    @Test func takesWhatTheTopologyLetsTheStageCause() throws {
        let event = CausedEvent(type: EventType(rawValue: "incident.confirmed"), data: ["anything": .bool(true)])
        #expect(try Self.book([Self.done([event])]).faults == [])
    }

    @Test func noticesTwoAnswersToOneHandOut() throws {
        let finding = Finding.answers(try Self.book([Self.done([]), Self.done([])]))
        #expect(!finding.isHeld)
        #expect(finding.seen.contains("d-1"))
    }

    @Test func noticesForeignSources() throws {
        #expect(try Self.book([Self.done([])], source: "/other/one").faults.first?.contains("/other/one") == true)
        #expect(try Self.book([Self.done([])], source: "tester").faults.count == 1)
    }
}

/// When memory counts as growing.
@Suite("Growth of memory")
struct MemoryGrowthTests {
    @Test(arguments: [
        ([100, 100, 100, 100, 100], false), ([90, 140, 95, 150, 100], false), ([100, 108, 116, 124, 132], true),
        ([100, 101, 102, 103, 103], false), ([50, 52, 60, 70, 80], true),
    ])
    func tellsGrowthFromNoise(_ mebibytes: [Int], _ grows: Bool) {
        var growth = MemoryGrowth()
        for reading in mebibytes { growth.note(reading << 20) }
        #expect(growth.isGrowing == grows)
    }
}

import Foundation
import Messages
import Testing

/// Every type of the contract has a documented example, which is decoded, encoded and compared.
@Suite("Message examples")
struct MessageExampleTests {
    static let contents: [any EventData.Type] = [
        IncidentAccepted.self, IncidentApproved.self, IncidentDeclined.self, IncidentCancelled.self,
        IncidentRetried.self, IncidentReported.self, WorkspaceCreated.self, WorkspaceChanged.self,
        WorkspaceExpiring.self, WorkspaceDispose.self, WorkspaceReleased.self, LogAppended.self,
        RemediationFinished.self, DeliveryExhausted.self, SweepDue.self, WorkspacesSeen.self, StageHeartbeat.self,
        DeliveryProgress.self,
    ]

    /// Whoever adds a type gives it an example.
    @Test func everyTypeOfTheContractIsTried() throws {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let source = try String(contentsOf: root.appending(path: "Sources/Messages/EventType.swift"), encoding: .utf8)
        let types = source.matches(of: /static let \w+ = EventType\(rawValue: "([^"]+)"\)/).map { String($0.1) }
        // Settlements have a test of their own below; what samples contain belongs to the metrics.
        let tried = Self.contents.map { $0.type.rawValue } + ["delivery.settled", "metrics.sample"]
        #expect(Set(types) == Set(tried))
    }

    @Test(arguments: contents.indices)
    func comesBackTheSame(_ index: Int) throws {
        let type = Self.contents[index]
        try check(type, example: "\(type.type)")
    }

    @Test(arguments: ["done", "failed", "deferred", "returned"])
    func settlementComesBackTheSame(_ outcome: String) throws {
        try check(DeliverySettled.self, example: "delivery.settled.\(outcome)")
    }

    @Test func deliveryComesBackTheSame() throws {
        let bytes = try Self.example("delivery")
        let message = try Message(frame: bytes)
        #expect(message.deliveryID == "01JE4V8Q0CFXV4D1B7S0ZKQH7M")
        #expect(message.attempt == Attempt(epoch: 7, number: 1))
        #expect(message.context?.workspaceName.hasPrefix("m-inc-1042-1-") == true)
        try Self.compare(try message.frame(), bytes)
    }

    @Test(arguments: [
        (
            #"{"specversion":"0.3","type":"a","source":"/x","id":"1","time":"2026-11-23T18:00:00Z","data":{}}"#,
            "specversion"
        ),
        (#"{"specversion":"1.0","source":"/x","id":"1","time":"2026-11-23T18:00:00Z","data":{}}"#, "type is missing"),
        (#"{"specversion":"1.0","type":"a","source":"/x","id":"1","time":"yesterday","data":{}}"#, "yesterday"),
        (#"[]"#, ""), ("not json", "not a JSON value"),
    ])
    func refusesWhatIsNoMessage(_ text: String, _ named: String) {
        let error = #expect(throws: MessageError.self) { try Message(frame: Array(text.utf8)) }
        #expect(named.isEmpty || error?.what.contains(named) == true, "\(String(describing: error))")
    }

    @Test func toleratesUnknownFields() throws {
        var text = String(decoding: try Self.example("delivery"), as: UTF8.self)
        text = text.replacing("\"specversion\"", with: "\"somethingnew\": {\"a\": [1]}, \"specversion\"")
        #expect(try Message(frame: Array(text.utf8)).type == .incidentApproved)
    }

    private func check<Content: EventData>(_: Content.Type, example: String) throws {
        let bytes = try Self.example(example)
        let message = try Message(frame: bytes)
        let content: Content = try message.content()
        var again = message
        again.data = try JSONValue(encoding: content)
        try Self.compare(try again.frame(), bytes)
    }

    private static func example(_ name: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Examples"))
        return Array(try Data(contentsOf: url))
    }

    private static func compare(_ left: [UInt8], _ right: [UInt8]) throws {
        let left = try MessageCoding.decode(JSONValue.self, from: left)
        let right = try MessageCoding.decode(JSONValue.self, from: right)
        #expect(left == right)
    }
}

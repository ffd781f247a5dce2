import Foundation
import Messages
import MetricsCore
import Testing

/// Every type of the contract has published examples, which are decoded, encoded and compared.
@Suite("Message examples")
struct MessageExampleTests {
    /// Whoever adds a type gives it an example.
    @Test func everyTypeOfTheContractIsTried() throws {
        // What samples contain belongs to the metrics.
        let tried = MessageContract.all.map { $0.type.rawValue } + ["metrics.sample"]
        #expect(try PublishedContract.types() == Set(tried))
        let exemplified = try PublishedContract.exampleNames.map { try Self.message($0).type.rawValue }
        #expect(Set(tried).subtracting(exemplified) == [])
    }

    @Test(arguments: PublishedContract.exampleNames)
    func comesBackTheSame(_ name: String) throws {
        let message = try Self.message(name)
        #expect(name.hasPrefix("\(message.type)") || message.deliveryID != nil, "a message of type \(message.type)")
        var again = message
        if let content = try Self.content(of: message) { again.data = try JSONValue(encoding: content) }
        try Self.compare(try again.frame(), try PublishedContract.example(name))
    }

    /// A field that no example has is one that nobody who reads them knows of, and that no schema is held to.
    @Test func everyFieldHasAnExample() throws {
        var seen = SeenFields()
        for name in PublishedContract.exampleNames {
            let message = try Self.message(name)
            seen.look(at: message)
            if let content = try Self.content(of: message) { seen.look(at: content) }
        }
        #expect(seen.neverFilled == [])
        #expect(seen.count > 40, "fields are found at all: \(seen.count)")
    }

    @Test func deliveryComesBackTheSame() throws {
        let message = try Self.message("delivery")
        #expect(message.deliveryID == "01JE4V8Q0CFXV4D1B7S0ZKQH7M")
        #expect(message.attempt == Attempt(epoch: 7, number: 1))
        #expect(message.context?.workspaceName.hasPrefix("m-inc-1042-1-") == true)
    }

    /// The bounds of samples are the sink's, not the decoder's.
    @Test func theSinkTakesTheExampleOfSamples() throws {
        var aggregator = Aggregator()
        let batch: SampleBatch = try Self.message("metrics.sample").data.decoded()
        #expect(aggregator.take(batch, at: .zero) == [:])
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
        var text = String(decoding: try PublishedContract.example("delivery"), as: UTF8.self)
        text = text.replacing("\"specversion\"", with: "\"somethingnew\": {\"a\": [1]}, \"specversion\"")
        #expect(try Message(frame: Array(text.utf8)).type == .incidentApproved)
    }

    private static func message(_ example: String) throws -> Message {
        try Message(frame: try PublishedContract.example(example))
    }

    /// What the message says, as its type; nil where the contract does not have the type.
    private static func content(of message: Message) throws -> (any Encodable)? {
        if message.type == .metricsSample { return try message.data.decoded(as: SampleBatch.self) }
        func content<Content: EventData>(_: Content.Type) throws -> any Encodable {
            try message.content(as: Content.self)
        }
        return try MessageContract.all.first { $0.type == message.type }.map { try content($0) }
    }

    private static func compare(_ left: [UInt8], _ right: [UInt8]) throws {
        let left = try MessageCoding.decode(JSONValue.self, from: left)
        let right = try MessageCoding.decode(JSONValue.self, from: right)
        #expect(left == right)
    }
}

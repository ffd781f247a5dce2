import Foundation
import Messages
import MetricsCore

extension Subject {
    /// Every type of the message contract; a test holds this list to it.
    static let messages: [Subject] = MessageContract.all.map(message) + [sample]

    private static func message(_ content: any EventData.Type) -> Subject {
        let type = content.type.rawValue
        let examples = ExampleFiles.messages.filter { $0.key.hasPrefix(type + ".") }.sorted { $0.key < $1.key }
        let delivery = ExampleFiles.messages["delivery.json"].map { [$0] } ?? []
        precondition(!examples.isEmpty, "there is no example of \(type)")
        return Subject(name: type, examples: .json(examples.map(\.value) + delivery)) { try read(content, $0) }
    }

    /// What is read must be the same once it is written, content and all: the ledger stores what it has read.
    private static func read<Content: EventData>(_: Content.Type, _ bytes: [UInt8]) throws {
        guard let message = try? Message(frame: bytes) else { return }
        if let frame = try? message.frame() {
            try Broken.unless(try Message(frame: frame) == message, "the message differs once written")
        }
        guard let content: Content = try? message.content() else { return }
        let again = try JSONValue(encoding: content).decoded(as: Content.self)
        try Broken.unless(again == content, "the content differs once written")
    }

    private static let sample = Subject(
        name: "metrics.sample",
        examples: .json([
            ExampleFiles.json(
                """
                {"instance":"host-7/4121","stage":"validator","started":"2026-11-23T18:00:00Z","sequence":7,"samples":[
                 {"name":"a_total","help":"h","kind":"counter","labels":{"a":"b"},"value":3},
                 {"name":"b","help":"h","kind":"gauge","labels":{},"value":-1.5},
                 {"name":"c","help":"h","kind":"histogram","labels":{},
                  "histogram":{"bounds":[0.5,1],"counts":[1,2,3],"sum":4.5}}]}
                """
            )
        ])
    ) { bytes in
        // As it comes: the data of a message, whose whole numbers beyond 64 bits with a sign are not exact.
        guard let json = try? MessageCoding.decode(JSONValue.self, from: bytes),
            let batch = try? json.decoded(as: SampleBatch.self), batch.isExact
        else { return }
        let again = try JSONValue(encoding: batch).decoded(as: SampleBatch.self)
        try Broken.unless(again == batch, "the samples differ once written")
        var aggregator = Aggregator()
        _ = aggregator.take(batch, at: .zero)
        _ = Exposition.render(aggregator.families(at: .zero))
    }
}

extension SampleBatch {
    /// Whether all its counts are below 2⁶³, where JSON numbers are kept as they are.
    fileprivate var isExact: Bool {
        let counts = [sequence] + samples.flatMap { $0.histogram?.counts ?? [] }
        return counts.allSatisfy { $0 <= UInt64(Int64.max) }
    }
}

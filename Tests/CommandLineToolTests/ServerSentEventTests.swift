import Testing

@testable import CommandLineTool

@Suite struct ServerSentEventTests {
    private static let stream =
        ": hello\n\nevent: line\ndata: {\"a\":1}\nid: 7\n\ndata:one\ndata: two\r\n\r\nevent: empty\n\nevent: end\rdata: x\r\r"

    private static let events = [
        ServerSentEvent(name: "line", data: "{\"a\":1}"), ServerSentEvent(name: "message", data: "one\ntwo"),
        ServerSentEvent(name: "end", data: "x"),
    ]

    @Test(arguments: 1...20)
    func pieceByPiece(size: Int) throws {
        let bytes = Array(Self.stream.utf8)
        var parser = ServerSentEventParser()
        var events: [ServerSentEvent] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += try parser.take(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(events == Self.events)
    }

    @Test func unfinishedEventsAreNoEvents() throws {
        var parser = ServerSentEventParser()
        let events = try parser.take(Array("data: x\n".utf8))
        #expect(events == [])
    }

    @Test func aStreamWithoutAnEndIsRefused() {
        var parser = ServerSentEventParser()
        #expect(throws: ServerSentEventParser.TooLong.self) {
            _ = try parser.take(repeatElement(UInt8(ascii: "x"), count: ServerSentEventParser.mostBytes + 1))
        }
    }

    @Test func commentsDoNotAddUp() throws {
        var parser = ServerSentEventParser()
        let comment = Array((":" + String(repeating: "x", count: 65_535) + "\n").utf8)
        for _ in 0..<100 {
            let events = try parser.take(comment)
            #expect(events == [])
        }
    }
}

import Testing

@testable import HTTPClient

@Suite("Heads of answers")
struct ResponseHeadParserTests {
    private static func parse(_ lines: [String]) -> [ResponseHeadParser.Outcome] {
        var parser = ResponseHeadParser()
        return lines.map { parser.take(Array(($0 + "\r\n").utf8)) }
    }

    @Test("Interim heads and trailers do not count")
    func interim() {
        let outcomes = Self.parse([
            "HTTP/1.1 100 Continue", "X: interim", "", "HTTP/2 204 ", "A: 1", "b:  two \t", " folded", "A:3", "",
            "Trailer: x", "",
        ])
        let headers = HTTPHeaders([
            HTTPHeader(name: "A", value: "1"), HTTPHeader(name: "b", value: "two folded"),
            HTTPHeader(name: "A", value: "3"),
        ])
        let heads = outcomes.filter { $0 != .more }
        #expect(heads == [.head(status: 204, headers: headers)])
        #expect(outcomes[8] == heads.first)
    }

    @Test(
        "What is no head",
        arguments: [
            ["SSH-2.0"], ["HTTP/1.1"], ["HTTP/1.1 20 OK"], ["HTTP/1.1 099 OK"], ["HTTP/1.1 abc"], [""],
            ["HTTP/1.1 200 OK", " folded"], ["HTTP/1.1 200 OK", "no colon"], ["HTTP/1.1 200 OK", ":x"],
        ]
    )
    func malformed(lines: [String]) throws {
        let last = try #require(Self.parse(lines).last)
        guard case .malformed = last else {
            Issue.record("\(last)")
            return
        }
    }

    @Test("The header's size is limited, trailers and interim heads included")
    func limit() throws {
        let long = "X: " + String(repeating: "y", count: 1000)
        let endless = Self.parse(["HTTP/1.1 200 OK"] + [String](repeating: long, count: 66))
        let trailers = Self.parse(["HTTP/1.1 200 OK", ""] + [String](repeating: long, count: 66))
        let interim = Self.parse([[String]](repeating: ["HTTP/1.1 102 Wait", long, ""], count: 66).flatMap(\.self))
        for outcomes in [endless, trailers, interim] {
            let last = try #require(outcomes.last)
            guard case .malformed(let reason) = last else {
                Issue.record("\(last)")
                continue
            }
            #expect(reason.contains("65536"))
        }
    }
}

import Foundation
import HTTPClient
import Messages
import TestSupport
import Testing
import Topology

@testable import Intake

/// Slow, many and large, over real sockets.
@Suite("Bounds of the HTTP API", .timeLimit(.minutes(3)))
struct EdgeTests {
    private static let short = HTTPBounds(
        connections: 64,
        requests: 16,
        headerTime: .seconds(1),
        bodyTime: .seconds(1),
        idleTime: .seconds(2)
    )
    /// Nobody is cut off for being slow.
    private static let patient = HTTPBounds(
        connections: 64,
        requests: 4,
        headerTime: .seconds(3600),
        bodyTime: .seconds(3600),
        idleTime: .seconds(3600)
    )

    private static func head(_ path: String = "/remediate", length: Int, more: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n"
            + "Prefer: respond-async\r\n\(more)\r\n"
    }

    /// One byte at a time until the other side has had enough; each byte would set a clock of idleness back.
    private func drip(_ text: String, into connection: RawConnection) async throws {
        for character in text {
            guard !connection.isGone() else { return }
            try await connection.send(String(character))
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func slowHeadsAreCut() async throws {
        try await LiveIntake.with(bounds: Self.short) { intake in
            let silent = try RawConnection(port: intake.port)
            let slow = try RawConnection(port: intake.port)
            try await drip("GET /health HTTP/1.1\r\nX-A: " + String(repeating: "a", count: 3000), into: slow)
            #expect(slow.isGone())
            #expect(slow.received() == "", "there is no request to answer")
            try await eventually("a silent connection is closed") { silent.isGone() }
            #expect(try await intake.post("I-1").status == 202)
            try await eventually("what was cut is not counted") { intake.edge.counts.busy == 0 }
        }
    }

    @Test func slowBodiesAreToldToComeAgain() async throws {
        try await LiveIntake.with(bounds: Self.short) { intake in
            let connection = try RawConnection(port: intake.port)
            let body = LiveIntake.incident("I-1")
            // All of an incident, and a length that says that more comes.
            try await connection.send(Self.head(length: body.utf8.count + 3000) + body)
            try await drip(String(repeating: " ", count: 3000), into: connection)
            let answer = try await connection.answer()
            #expect(answer.status == 503)
            #expect(answer.head.lowercased().contains("retry-after: "))
            #expect(answer.body.contains("urn:mendline:problem:slow-body"))
            try await eventually("it is closed") { connection.isGone() }
            #expect(try await intake.call(.get, "/incidents/I-1").status == 404, "half a body is no incident")
            try await eventually("it is not counted any more") { intake.edge.counts.busy == 0 }
        }
    }

    @Test func aBodyThatIsCutOffIsNoIncident() async throws {
        try await LiveIntake.with(bounds: Self.patient) { intake in
            let body = LiveIntake.incident("I-1")
            do {
                let connection = try RawConnection(port: intake.port)
                try await connection.send(Self.head(length: body.utf8.count + 1) + body)
                try await eventually("it is in progress") { intake.edge.counts.busy == 1 }
            }
            try await eventually("it is over") { intake.edge.counts.busy == 0 }
            #expect(try await intake.call(.get, "/incidents/I-1").status == 404)
        }
    }

    @Test func idleConnectionsAreClosed() async throws {
        try await LiveIntake.with(bounds: Self.short) { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await connection.answer().status == 200)
            try await eventually("it is closed") { connection.isGone() }
        }
    }

    @Test func aReaderThatDoesNotReadIsCut() async throws {
        try await LiveIntake.with(bounds: Self.short) { intake in
            for number in 0..<64 {
                let id = "I-\(number)-" + String(repeating: "x", count: 180)
                #expect(try await intake.post(id).status == 202)
            }
            let connection = try RawConnection(port: intake.port)
            // Asks for far more than the system's buffers take, and reads nothing.
            let count = 2000
            for _ in 0..<count where !connection.isClosed {
                try await connection.send("GET /incidents?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            }
            try await eventually("it is cut off, and the others are closed") { intake.edge.counts.open == 0 }
            try await eventually("it notices") { connection.isGone() }
            #expect(connection.received().matches(of: /HTTP\/1.1 200/).count < count)
        }
    }

    @Test func requestsOverTheBoundArePutOffAtOnce() async throws {
        try await LiveIntake.with(bounds: Self.patient) { intake in
            let body = LiveIntake.incident("I-1")
            var held: [RawConnection] = []
            for _ in 0..<4 {
                let connection = try RawConnection(port: intake.port)
                try await connection.send(Self.head(length: body.utf8.count) + body.dropLast())
                held.append(connection)
            }
            try await eventually("four are in progress") { intake.edge.counts.busy == 4 }

            let fifth = try await intake.post("I-2")
            #expect(fifth.status == 503)
            #expect(fifth.headers.first("Retry-After") == "2")
            #expect(fifth.headers.first("Content-Type") == "application/problem+json")
            #expect(fifth.json["type"]?.string == "urn:mendline:problem:overloaded")
            let head = try await intake.call(.head, "/incidents")
            #expect(head.status == 503)
            #expect(try await intake.call(.get, "/health").status == 200, "whoever looks whether it lives is answered")

            // The connection goes on, body or not.
            let other = try RawConnection(port: intake.port)
            try await other.send(Self.head(length: 10) + "0123456789GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try await eventually("both are answered") {
                let text = other.received()
                return text.contains("HTTP/1.1 503") && text.contains("HTTP/1.1 200")
            }

            for connection in held { try await connection.send(String(body.suffix(1))) }
            for connection in held { #expect([200, 202].contains(try await connection.answer().status)) }
            #expect(try await intake.post("I-2").status == 202, "there is room again")
        }
    }

    @Test func idleConnectionsMakeRoomAndThoseAtWorkStay() async throws {
        try await LiveIntake.with(bounds: Self.patient) { intake in
            let body = LiveIntake.incident("I-1")
            let working = try RawConnection(port: intake.port)
            try await working.send(Self.head(length: body.utf8.count) + body.dropLast())
            try await eventually("it is in progress") { intake.edge.counts.busy == 1 }
            var idle: [RawConnection] = []
            for number in 1...300 {
                idle.append(try RawConnection(port: intake.port))
                try await eventually("connection \(number) is there") {
                    intake.edge.counts.open >= min(number + 1, Self.patient.connections)
                }
            }
            try await eventually("the rest was closed") { intake.edge.counts.open <= Self.patient.connections }
            try await eventually("the oldest are gone") { idle.prefix(200).allSatisfy { $0.isGone() } }
            #expect(try await intake.post("I-2").status == 202)
            #expect(!working.isGone())
            try await working.send(String(body.suffix(1)))
            #expect(try await working.answer().status == 202)
        }
    }

    @Test(arguments: [
        "GET /health HTTP/1.1\r\nX-A: " + String(repeating: "a", count: 40_000) + "\r\n\r\n",
        "GET /health HTTP/1.1\r\n" + (0..<200).map { "X-\($0): a\r\n" }.joined() + "\r\n",
        "GET /" + String(repeating: "a", count: 40_000) + " HTTP/1.1\r\n\r\n",
    ])
    func largeHeadsAreRefused(text: String) async throws {
        try await LiveIntake.with(bounds: Self.patient) { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(text)
            #expect(try await connection.answer().status == 431)
            try await eventually("it is closed") { connection.isGone() }
        }
    }

    /// A body without an end: its head, and a piece of 64 KiB.
    private static let endless = (
        head: "POST /remediate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n",
        piece: "10000\r\n" + String(repeating: " ", count: 65_536) + "\r\n"
    )

    @Test func anEndlessBodyIsAnsweredAndThenCut() async throws {
        try await LiveIntake.with(bounds: Self.patient) { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(Self.endless.head)
            for _ in 0..<16 { try await connection.send(Self.endless.piece) }
            // So far a body may go; this is the byte too many, and nothing comes after it.
            try await connection.send("1\r\n \r\n")
            #expect(try await connection.answer().status == 413)
            try await eventually("it is closed") { connection.isGone() }
        }
    }

    /// Whoever still sends when it is cut may never read the answer: the reset overtakes it.
    @Test func whoeverGoesOnSendingIsCut() async throws {
        try await LiveIntake.with(bounds: Self.patient) { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(Self.endless.head)
            for _ in 0..<1000 where !connection.isClosed { try await connection.send(Self.endless.piece) }
            try await eventually("it is closed") { connection.isGone() }
        }
    }
}

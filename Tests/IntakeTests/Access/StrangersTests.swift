import Crypto
import Foundation
import HTTPClient
import Messages
import TestSupport
import Testing
import Topology

@testable import Intake

/// Heads that claim a signature, over real sockets.
@Suite("Bodies that are still to tell who calls", .timeLimit(.minutes(3)))
struct StrangersTests {
    /// One such body is read at once; whoever shows a token may be slow.
    private static let bounds = HTTPBounds(
        connections: 64,
        requests: 4,
        headerTime: .seconds(3600),
        bodyTime: .seconds(3600),
        idleTime: .seconds(3600)
    )
    private static let zeros = Data(repeating: 0, count: 32).base64EncodedString()
    private static let keys = "gh github key\nsw standard-webhooks whsec_" + zeros
    private static let claim = "X-Hub-Signature-256: sha256=" + String(repeating: "0", count: 64)

    private static func head(_ headers: [String]) -> String {
        let lines = [
            "POST /remediate HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Content-Length: 100",
        ]
        return (lines + headers).joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static func signed(_ body: String) -> [String: String] {
        let key = SymmetricKey(data: Data("key".utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data(body.utf8), using: key)
        let text = code.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        return ["X-Hub-Signature-256": "sha256=" + text, "Prefer": "respond-async"]
    }

    @Test(
        arguments: [
            (["X-Hub-Signature-256: x"], "X-Hub-Signature-256"),
            (["X-Hub-Signature-256: sha256=00"], "X-Hub-Signature-256"),
            (["webhook-signature: v1,aaaa", "webhook-id: a", "webhook-timestamp: 1"], "webhook-signature"),
            (["webhook-signature: v1," + zeros, "webhook-timestamp: 1"], "webhook-id"),
            (["webhook-signature: v1," + zeros, "webhook-id: a", "webhook-timestamp: 1"], "300 s"),
        ] as [([String], String)]
    )
    func whatNoBodyMakesCountIsAnsweredBeforeTheBody(headers: [String], why: String) async throws {
        try await LiveIntake.with(keys: Self.keys, bounds: Self.bounds) { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(Self.head(headers))
            let answer = try await connection.answer()
            #expect(answer.status == 401)
            #expect(answer.body.contains(why), "\(answer.body)")
            try await eventually("it holds no request") { intake.edge.counts.busy == 0 }
        }
    }

    @Test func areAShareOfTheRequestsAndNoMore() async throws {
        try await LiveIntake.with(tokens: "am send t-send", keys: Self.keys, bounds: Self.bounds) { intake in
            // The one place that there is, as by a body that does not come.
            let hasPlace = intake.edge.beginStranger()
            #expect(hasPlace)
            let connection = try RawConnection(port: intake.port)
            try await connection.send(Self.head([Self.claim]))
            let answer = try await connection.answer("an answer before the body")
            #expect(answer.status == 503)
            #expect(answer.head.lowercased().contains("retry-after: "))
            let body = LiveIntake.incident("I-1")
            let refused = try await intake.call(.post, "/remediate", headers: Self.signed(body), body: body)
            #expect(refused.status == 503)
            #expect(refused.headers.first("Retry-After") == "2")
            #expect(refused.json["type"]?.string == "urn:mendline:problem:overloaded")
            #expect(
                try await intake.post("I-2", headers: ["Authorization": "Bearer t-send"]).status == 202,
                "whoever shows a token is not touched"
            )

            intake.edge.endStranger()
            let taken = try await intake.call(.post, "/remediate", headers: Self.signed(body), body: body)
            #expect(taken.status == 202)
            #expect(intake.edge.strangersReading == 0)
        }
    }

    @Test func whoeverLeavesGivesItsPlaceBack() async throws {
        try await LiveIntake.with(keys: Self.keys, bounds: Self.bounds) { intake in
            do {
                let connection = try RawConnection(port: intake.port)
                try await connection.send(Self.head([Self.claim]))
                try await eventually("its body is waited for") { intake.edge.strangersReading == 1 }
                _ = connection.isGone()
            }
            try await eventually("its place is free") { intake.edge.strangersReading == 0 }
            let body = LiveIntake.incident("I-1")
            let taken = try await intake.call(.post, "/remediate", headers: Self.signed(body), body: body)
            #expect(taken.status == 202)
        }
    }

    /// Takes the ten seconds that such a body has, where others have an hour.
    @Test func haveATimeOfTheirOwn() async throws {
        try await LiveIntake.with(keys: Self.keys, bounds: Self.bounds) { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(Self.head([Self.claim]))
            let answer = try await connection.answer("that the body did not come")
            #expect(answer.status == 503)
            #expect(answer.body.contains("urn:mendline:problem:slow-body"))
            try await eventually("it is closed") { connection.isGone() }
            try await eventually("its place is free") { intake.edge.strangersReading == 0 }
        }
    }
}

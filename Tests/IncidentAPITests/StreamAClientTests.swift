import HTTPClient
import Synchronization
import Testing

@testable import IncidentAPI

/// The client against a server of the test's own.
@Suite(.timeLimit(.minutes(3))) struct StreamAClientTests {
    private let secret = "stream-a-s3cret"

    private func withClient(
        _ answers: [String],
        key: (@Sendable () throws -> String)? = nil,
        test: (StreamAClient, CannedServer) async throws -> Void
    ) async throws {
        let server = try CannedServer(answers)
        let http = HTTPClient()
        let secret = secret
        do {
            try await test(StreamAClient(url: server.url + "/", apiKey: key ?? { secret }, http: http), server)
        } catch {
            await http.close()
            await server.stop()
            throw error
        }
        await http.close()
        await server.stop()
    }

    private func lines(_ request: String) -> Set<String> {
        Set(request.split(separator: "\r\n").map(String.init))
    }

    @Test func `an update is one PATCH with key, bearer and sorted body`() async throws {
        try await withClient([answer(200, "{}")]) { client, server in
            try await client.update(
                "INC 1/2",
                IncidentUpdate(status: .remediationFailed, notes: "a\nb", updatedBy: "bot"),
                key: "mendline-\"7"
            )
            let request = try #require(server.requests.first)
            #expect(request.hasPrefix("PATCH /api/incidents/INC%201%2F2 HTTP/1.1\r\n"))
            #expect(
                lines(request).isSuperset(of: [
                    "Authorization: Bearer \(secret)", "Content-Type: application/json",
                    "Idempotency-Key: \"mendline-%227\"",
                    #"{"notes":"a\nb","status":"remediation_failed","updated_by":"bot"}"#,
                ])
            )
        }
    }

    @Test func `a comment is one POST, and an answer without a body is one too`() async throws {
        try await withClient([answer(201, #"{"id":"1"}"#), answer(204, "")]) { client, server in
            for _ in 0..<2 {
                try await client.comment("INC-1", IncidentComment(body: "hello", author: "bot"), key: "k")
            }
            #expect(server.requests.count == 2)
            for request in server.requests {
                #expect(request.hasPrefix("POST /api/incidents/INC-1/comments HTTP/1.1\r\n"))
                #expect(request.hasSuffix(#"{"author":"bot","body":"hello"}"#))
            }
        }
    }

    @Test(arguments: [
        (#"{"comments":[{"body":"a","author":"x","id":"1"},{"body":"b"}],"count":2}"#, ["a", "b"]),
        (#"[{"body":"a"}]"#, ["a"]), (#"{"comments":[]}"#, []), ("[]", []),
    ])
    func `comments come as a list or inside an object`(body: String, bodies: [String]) async throws {
        try await withClient([answer(200, body)]) { client, server in
            #expect(try await client.comments(of: "INC-1").map(\.body) == bodies)
            let request = try #require(server.requests.first)
            #expect(request.hasPrefix("GET /api/incidents/INC-1/comments HTTP/1.1\r\n"))
            #expect(!request.contains("Idempotency-Key"))
        }
    }

    @Test(arguments: [
        (#"{"status":"open","notes":"n","x":[]}"#, IncidentState(status: "open", notes: "n")),
        (#"{"status":"open","notes":null}"#, IncidentState(status: "open", notes: nil)),
        ("{}", IncidentState(status: nil, notes: nil)),
    ])
    func `a state may lack what we look at`(body: String, state: IncidentState) async throws {
        try await withClient([answer(200, body)]) { client, _ in
            let answered = try await client.state(of: "INC-1")
            #expect(answered == state)
        }
    }

    @Test(arguments: [
        "<html>Sign in</html>", #"{"comments":[{"body":7}]}"#, #"{"other":[]}"#, "", #"{"comments":[],"comments":[]}"#,
        String(repeating: "[", count: 40) + String(repeating: "]", count: 40), "{\"comments\":[]} x",
    ])
    func `a list that cannot be read is a bad answer, never an empty list`(body: String) async throws {
        try await withClient([answer(200, body)]) { client, _ in
            let error = try await #require(throws: IncidentAPIError.self) { try await client.comments(of: "INC-1") }
            #expect(error.kind == .badAnswer && error.status == 200 && !error.mayHaveTakenEffect)
        }
    }

    @Test func `an effect answered with a page of a proxy may or may not have happened`() async throws {
        try await withClient([answer(200, "<html>Sign in</html>")]) { client, _ in
            let error = try await #require(throws: IncidentAPIError.self) {
                try await client.comment("INC-1", IncidentComment(body: "a", author: nil), key: "k")
            }
            #expect(error.kind == .ambiguous && error.mayHaveTakenEffect)
        }
    }

    @Test func `an answer that breaks off is ambiguous for an effect and unavailable for a look`() async throws {
        let broken = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"comments\""
        try await withClient([broken, broken, "", ""]) { client, _ in
            for _ in 0..<2 {
                let lost = try await #require(throws: IncidentAPIError.self) {
                    try await client.update(
                        "INC-1",
                        IncidentUpdate(status: .remediated, notes: "", updatedBy: "bot"),
                        key: "k"
                    )
                }
                #expect(lost.kind == .ambiguous && lost.mayHaveTakenEffect)
                let unread = try await #require(throws: IncidentAPIError.self) {
                    try await client.comments(of: "INC-1")
                }
                #expect(unread.kind == .unavailable && !unread.mayHaveTakenEffect)
            }
        }
    }

    @Test func `a redirect is not followed, so the key goes nowhere else`() async throws {
        try await withClient([answer(307, "", headers: ["Location: http://127.0.0.1:1/"])]) { client, server in
            let error = try await #require(throws: IncidentAPIError.self) {
                try await client.comment("INC-1", IncidentComment(body: "a", author: nil), key: "k")
            }
            #expect(error.kind == .rejected)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `an API that repeats the key does not get it into an error`() async throws {
        try await withClient([answer(401, "{\"message\":\"\(secret) is not known\"}")]) { client, _ in
            let error = try await #require(throws: IncidentAPIError.self) { try await client.state(of: "INC-1") }
            #expect(error.kind == .unauthorized)
            #expect(error.message == "[masked] is not known")
            #expect(!"\(error)".contains(secret))
        }
    }

    @Test func `the key is asked for at every request`() async throws {
        let keys = Mutex(["first", "second"])
        try await withClient(
            [answer(200, "{}"), answer(200, "{}")],
            key: { keys.withLock { $0.removeFirst() } }
        ) { client, server in
            _ = try await client.state(of: "a")
            _ = try await client.state(of: "a")
            #expect(lines(server.requests[0]).contains("Authorization: Bearer first"))
            #expect(lines(server.requests[1]).contains("Authorization: Bearer second"))
        }
    }

    @Test func `without a key, or with an id that fits in no path, nothing is sent`() async throws {
        struct NoKey: Error {}
        try await withClient([answer(200, "{}")], key: { throw NoKey() }) { client, server in
            let error = try await #require(throws: IncidentAPIError.self) { try await client.state(of: "a") }
            #expect(error.kind == .unauthorized && error.status == nil)
            let dots = try await #require(throws: IncidentAPIError.self) { try await client.state(of: "..") }
            #expect(dots.kind == .rejected)
            #expect(server.requests.isEmpty)
        }
    }
}

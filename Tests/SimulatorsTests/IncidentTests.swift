import Foundation
import FoundationNetworking
import SimulatorKit
import Testing

@testable import IncidentSimulator

/// The incident API over real sockets.
@Suite(.timeLimit(.minutes(3))) struct IncidentTests {
    private func comment(
        _ client: Client,
        _ id: String = "INC-1",
        _ body: String = "{\"body\": \"hello\", \"author\": \"bot\"}",
        key: String? = nil,
        timeout: TimeInterval = 20
    ) async throws -> Answer {
        try await client.send(
            "POST",
            "/api/incidents/\(id)/comments",
            body,
            headers: key.map { ["Idempotency-Key": $0] } ?? [:],
            timeout: timeout
        )
    }

    private func comments(_ client: Client) async throws -> Int? {
        try await client.counts().at("effects.comments")?.int
    }

    @Test func `an incident springs into being, takes comments and patches, and counts them`() async throws {
        try await withIncidents { client in
            let fresh = try await client.get("/api/incidents/INC-1")
            #expect(fresh.status == 200)
            #expect(fresh.at("status")?.text == "open")
            let first = try await comment(client)
            #expect(first.status == 201)
            #expect(first.at("id")?.text != nil)
            #expect(try await comment(client).at("id") != first.at("id"))
            let patched = try await client.send(
                "PATCH",
                "/api/incidents/INC-1",
                "{\"status\": \"remediated\", \"notes\": \"done\", \"updated_by\": \"bot\"}"
            )
            #expect(patched.status == 200)
            #expect(patched.at("status")?.text == "remediated")
            #expect(patched.at("updated_by")?.text == "bot")
            let list = try await client.get("/api/incidents/INC-1/comments")
            #expect(list.at("comments.0.body")?.text == "hello")
            #expect(list.at("comments.1.author")?.text == "bot")
            #expect(list.at("count")?.int == 2)
            let counts = try await client.counts()
            #expect(counts["incidents"]?["INC-1"]?["comments"]?.int == 2)
            #expect(counts["incidents"]?["INC-1"]?["patches_by_status"]?["remediated"]?.int == 1)
            #expect(counts["requests_by_incident"]?["INC-1"]?.int == 5)
            #expect(counts["requests"]?["POST /api/incidents/{incident}/comments"]?["outcomes"]?["201"]?.int == 2)
        }
    }

    @Test(arguments: ["a/b", "100%", "ä ö?#", "..", "INC 1+1"])
    func `ids are free text`(id: String) async throws {
        try await withIncidents { client in
            let encoded = try #require(
                id.addingPercentEncoding(withAllowedCharacters: CharacterSet(charactersIn: "abcINC1"))
            )
            #expect(try await comment(client, encoded.replacingOccurrences(of: ".", with: "%2E")).status == 201)
            #expect(try await client.counts()["incidents"]?[id]?["comments"]?.int == 1)
        }
    }

    @Test func `an id has at most 200 characters`() async throws {
        try await withIncidents { client async throws in
            #expect(try await comment(client, String(repeating: "x", count: 200)).status == 201)
            #expect(try await comment(client, String(repeating: "x", count: 201)).status == 404)
        }
    }

    @Test func `a key sent again has one effect and the same answer, quoted or not`() async throws {
        try await withIncidents { client in
            let first = try await comment(client, key: "\"k-1\"")
            let again = try await comment(client, key: "k-1")
            #expect(again.status == 201)
            #expect(again.body == first.body)
            #expect(try await comments(client) == 1)
            #expect(try await comment(client, "INC-1", "{\"body\": \"other\"}", key: "k-1").status == 422)
            #expect(try await comment(client, "INC-2", key: "k-1").status == 422)
            #expect(try await comments(client) == 1)
            #expect(try await comment(client, key: "k-2").status == 201)
            #expect(try await comments(client) == 2)
        }
    }

    @Test func `many at once with one key have one effect`() async throws {
        try await withIncidents { client in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await comment(client, key: "same").status } }
                for try await status in group { #expect(status == 201) }
            }
            #expect(try await comments(client) == 1)
        }
    }

    @Test func `without keys every request has its effect, and comments may be hidden`() async throws {
        try await withIncidents(
            set: {
                $0.honoursKeys = false
                $0.commentsAreReadable = false
            }
        ) { client in
            _ = try await comment(client, key: "k")
            _ = try await comment(client, key: "k")
            #expect(try await comments(client) == 2)
            let list = try await client.get("/api/incidents/INC-1/comments")
            #expect(list.status == 403)
            #expect(list.header("Content-Type") == "application/problem+json")
        }
    }

    @Test(arguments: [
        ("POST", "/api/incidents/a/comments", "{", 400), ("POST", "/api/incidents/a/comments", "{}", 422),
        ("POST", "/api/incidents/a/comments", "{\"body\": \"\"}", 422),
        ("POST", "/api/incidents/a/comments", "{\"body\": 5}", 422), ("PATCH", "/api/incidents/a", "{}", 422),
        ("PATCH", "/api/incidents/a", "nothing", 400), ("POST", "/api/other", "{}", 404),
    ])
    func `what is wrong is refused as a problem`(method: String, path: String, body: String, status: Int) async throws {
        try await withIncidents { client in
            let answer = try await client.send(method, path, body)
            #expect(answer.status == status)
            #expect(answer.header("Content-Type") == "application/problem+json")
            #expect(answer.at("status")?.int == status)
            #expect(answer.at("title")?.text?.isEmpty == false)
            let counts = try await client.counts()
            #expect(counts.at("effects.comments")?.int == 0)
            #expect(counts.at("effects.patches")?.int == 0)
        }
    }

    @Test(arguments: ["", "Bearer ", "Bearer wrong", "Basic stream-a-key", "stream-a-key"])
    func `a wrong key is a 401`(authorization: String) async throws {
        try await withIncidents { client in
            let answer = try await client.send(
                "GET",
                "/api/incidents/INC-1",
                headers: ["Authorization": authorization]
            )
            #expect(answer.status == 401)
            #expect(answer.at("title")?.text == "Unauthorized")
        }
    }

    @Test(arguments: [
        ("{\"error_rate\": 1, \"error_status\": 502}", 502, 0), ("{\"error_after_rate\": 1}", 500, 1),
        ("{\"too_many_requests_rate\": 1, \"retry_after\": 2}", 429, 0), ("{\"unauthorized\": true}", 401, 0),
        ("{\"hold_answer\": \"50ms\"}", 201, 1),
    ])
    func `faults have the effects that they say`(patch: String, status: Int, effects: Int) async throws {
        try await withIncidents { client in
            try await client.faults(patch)
            let answer = try await comment(client)
            #expect(answer.status == status)
            if status == 429 { #expect(answer.header("Retry-After") == "2") }
            #expect(try await comments(client) == effects)
        }
    }

    @Test(arguments: [
        ("{\"down\": true}", 0), ("{\"hang_rate\": 1}", 0), ("{\"cut_rate\": 1}", 1),
        ("{\"hold_answer\": \"never\"}", 1),
    ])
    func `lost answers have the effects that they say`(patch: String, effects: Int) async throws {
        try await withIncidents { client in
            try await client.faults(patch)
            await #expect(throws: URLError.self) { try await comment(client, timeout: 0.5) }
            #expect(try await comments(client) == effects)
        }
    }

    @Test func `a body over 1 MiB is a 413`() async throws {
        try await withIncidents { client async throws in
            let body = "{\"body\": \"\(String(repeating: "x", count: 1 << 20))\"}"
            #expect(try await comment(client, "INC-1", body).status == 413)
        }
    }
}

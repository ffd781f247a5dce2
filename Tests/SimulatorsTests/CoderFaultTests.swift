import Foundation
import FoundationNetworking
import TestSupport
import Testing

@testable import CoderSimulator

/// What goes wrong with answers and builds, over real sockets.
@Suite(.timeLimit(.minutes(3))) struct CoderFaultTests {
    private func effects(_ coder: CoderClient) async throws -> Int? {
        try await coder.client.counts().at("effects.creates")?.int
    }

    private func create(_ coder: CoderClient, timeout: TimeInterval = 20) async throws -> Answer {
        try await coder.client.send("POST", "/api/v2/users/me/workspaces", coder.body("a"), timeout: timeout)
    }

    private func outcome(_ coder: CoderClient, _ name: String) async throws -> Int? {
        try await coder.client.counts()["requests"]?["POST /api/v2/users/{user}/workspaces"]?["outcomes"]?[name]?.int
    }

    @Test(arguments: [
        ("{\"error_rate\": 1, \"error_status\": 503}", 503), ("{\"too_many_requests_rate\": 1}", 429),
        ("{\"unauthorized\": true}", 401),
    ])
    func `a refusal has no effect`(patch: String, status: Int) async throws {
        try await withCoder { coder in
            try await coder.client.faults(patch)
            #expect(try await create(coder).status == status)
            #expect(try await effects(coder) == 0)
            try await coder.client.faults("{\"error_rate\": 0, \"too_many_requests_rate\": 0, \"unauthorized\": false}")
            #expect(try await create(coder).status == 201)
        }
    }

    @Test func `an error may quote the request`() async throws {
        try await withCoder { coder in
            try await coder.client.faults("{\"error_rate\": 1, \"error_status\": 400, \"error_echoes\": true}")
            let answer = try await create(coder)
            #expect(answer.status == 400)
            let said = answer.at("message")?.text?.lowercased()
            #expect(
                said?.contains("template_id") == true
                    && said?.contains("coder-session-token") == true,
                "\(answer)"
            )
            #expect(try await effects(coder) == 0)
        }
    }

    @Test(arguments: [("down", "dropped"), ("hang_rate", "hung")])
    func `a request that is never handled has no effect`(fault: String, word: String) async throws {
        try await withCoder { coder in
            try await coder.client.faults("{\"\(fault)\": true}")
            await #expect(throws: URLError.self) { try await create(coder, timeout: 0.5) }
            #expect(try await effects(coder) == 0)
            _ = try await eventually("it is counted") { try await outcome(coder, word) == 1 ? true : nil }
        }
    }

    @Test(arguments: [
        ("{\"cut_rate\": 1, \"times\": 1}", "cut"), ("{\"hold_answer\": \"never\", \"times\": 1}", "withheld"),
    ])
    func `a lost answer has its effect`(patch: String, word: String) async throws {
        try await withCoder { coder in
            try await coder.client.faults(patch)
            await #expect(throws: URLError.self) { try await create(coder, timeout: 0.5) }
            #expect(try await effects(coder) == 1)
            _ = try await eventually("it is counted") { try await outcome(coder, word) == 1 ? true : nil }
            // What a careful client finds when it looks.
            #expect(try await create(coder).status == 409)
        }
    }

    @Test func `an error after the effect looks like one before it`() async throws {
        try await withCoder { coder in
            try await coder.client.faults("{\"error_after_rate\": 1, \"times\": 1}")
            #expect(try await create(coder).status == 500)
            #expect(try await effects(coder) == 1)
            #expect(try await create(coder).status == 409)
        }
    }

    @Test func `garbage is no JSON, under the right status`() async throws {
        try await withCoder { coder in
            try await coder.client.faults("{\"garbage_rate\": 1, \"times\": 1}")
            let answer = try await create(coder)
            #expect(answer.status == 201)
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Tree.self, from: answer.body) }
            #expect(try await effects(coder) == 1)
        }
    }

    @Test func `a held answer comes after its effect can be seen, and reading is not held`() async throws {
        try await withCoder { coder in
            try await coder.client.faults("{\"hold_answer\": \"30s\"}")
            async let answer = create(coder)
            _ = try await eventually("the effect") { try await effects(coder) == 1 ? true : nil }
            #expect(try await coder.client.get("/api/v2/users/me/workspace/a").status == 200)
            // The answer is held still: the client gives up.
            coder.client.close()
            _ = try? await answer
        }
    }

    @Test func `a short hold ends with the answer`() async throws {
        try await withCoder { coder in
            try await coder.client.faults("{\"hold_answer\": \"50ms\"}")
            #expect(try await create(coder).status == 201)
        }
    }

    @Test func `faults that make no sense are refused and change nothing`() async throws {
        try await withCoder { coder in
            let before = try await coder.client.get("/_simulator/faults").json
            for patch in ["{\"builders\": -1}", "{\"build_time\": \"soon\"}", "{\"nonsense\": 1}", "5"] {
                let answer = try await coder.client.send("PATCH", "/_simulator/faults", patch)
                #expect(answer.status == 400)
                #expect(answer.header("Content-Type") == "application/problem+json")
            }
            #expect(try await coder.client.get("/_simulator/faults").json == before)
            #expect(before.at("build_time")?.text == "200ms")
            #expect(before.at("timings")?.text == "now")
        }
    }

    @Test func `a failing build shows its cause in the build log only`() async throws {
        let record = Recorder()
        try await withCoder(record: record, set: { $0.failBuild = true }) { coder in
            let id = try await coder.create("a")
            let failed = try await coder.until(id, status: "failed")
            #expect(failed.at("latest_build.job.error")?.text == "terraform apply: exit status 1")
            #expect(failed.at("latest_build.resources")?.elements == [])
            let build = try #require(failed.at("latest_build.id")?.text)
            let log = try await coder.client.get(
                "/api/v2/workspacebuilds/\(build)/logs",
                route: "/workspacebuilds/{workspacebuild}/logs"
            )
            #expect(log.json.elements.contains { $0["log_level"]?.text == "error" })
            // The name stays taken until the workspace is deleted.
            #expect(try await create(coder).status == 409)
            #expect(try await coder.build(id, "delete").status == 201)
            _ = try await eventually("deleted") { try await coder.workspace(id).status == 410 ? true : nil }
            #expect(try await create(coder).status == 201)
        }
        try await record.check()
    }

    @Test func `an agent that does not come times out, and comes when the fault ends`() async throws {
        let record = Recorder()
        try await withCoder(record: record, set: { $0.noAgent = true }) { coder in
            let connecting = try await coder.until(try await coder.create("a"), status: "running")
            #expect(connecting.at("latest_build.resources.0.agents.0.status")?.text == "connecting")
            #expect(connecting.at("health.healthy")?.flag == true)
        }
        try await withCoder(
            record: record,
            set: {
                $0.noAgent = true; $0.connectionTimeout = 1
            }
        ) { coder in
            let id = try await coder.create("a")
            let late = try await eventually("a time-out") {
                let answer = try await coder.workspace(id)
                return answer.at("latest_build.resources.0.agents.0.status")?.text == "timeout" ? answer : nil
            }
            #expect(late.at("latest_build.status")?.text == "running")
            #expect(late.at("health.failing_agents")?.elements.count == 1)
            #expect(
                late.at("latest_build.resources.0.agents.0.health.reason")?.text
                    == "agent is taking too long to connect"
            )
            let listed = try await coder.client.get("/api/v2/workspaces?q=has-agent:timeout", route: "/workspaces")
            #expect(listed.at("count")?.int == 1)
            try await coder.client.faults("{\"no_agent\": false}")
            _ = try await coder.until(id, lifecycle: "ready")
        }
        try await record.check()
    }

    @Test func `timings may never come`() async throws {
        try await withCoder(set: { $0.timings = .never }) { coder in
            let id = try await coder.create("a")
            let ready = try await coder.until(id, lifecycle: "ready")
            let build = try #require(ready.at("latest_build.id")?.text)
            let timings = try await coder.client.get("/api/v2/workspacebuilds/\(build)/timings")
            #expect(timings.at("agent_script_timings")?.elements == [])
            #expect(timings.at("agent_connection_timings")?.elements.count == 1)
        }
    }

    @Test func `a workspace that vanishes is gone without a delete`() async throws {
        try await withCoder { coder in
            let id = try await coder.create("a")
            _ = try await coder.until(id, lifecycle: "ready")
            #expect(try await coder.client.post("/_simulator/workspaces/\(id)/vanish").status == 204)
            #expect(try await coder.workspace(id).status == 410)
            let counts = try await coder.client.counts()
            #expect(counts.at("effects.deletes")?.int == 0)
            #expect(counts.at("effects.existing")?.int == 0)
            #expect(try await coder.client.post("/_simulator/workspaces/\(UUID().text)/vanish").status == 404)
        }
    }

    @Test func `a build's log overflows with a warning`() async throws {
        try await withCoder(set: { $0.buildLogLines = 30_000 }) { coder in
            let id = try await coder.create("a")
            let running = try await coder.until(id, status: "running")
            #expect(running.at("latest_build.job.logs_overflowed")?.flag == true)
            let build = try #require(running.at("latest_build.id")?.text)
            let log = try await coder.client.get("/api/v2/workspacebuilds/\(build)/logs")
            #expect(log.json.elements.last?["log_level"]?.text == "warn")
        }
    }
}

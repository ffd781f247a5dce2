import Foundation
import SimulatorKit
import TestSupport
import Testing

@testable import CoderSimulator

/// Every route over real sockets; every answer is checked against Coder's swagger.
@Suite(.timeLimit(.minutes(3))) struct CoderRouteTests {
    private static let nobody = "00000000-0000-4000-8000-000000000000"

    @Test func `every route's answers are Coder's, through a whole life`() async throws {
        let record = Recorder()
        try await withCoder(record: record, set: { $0.buildTime = .never }) { coder in
            let client = coder.client
            #expect(try await client.get("/healthz").body == Data("OK".utf8))
            #expect(try await client.get("/api/v2/buildinfo", route: "/buildinfo").at("version")?.text == coderVersion)
            let user = try await client.get("/api/v2/users/me")
            #expect(user.at("username")?.text == "admin")
            _ = try await client.get(
                "/api/v2/organizations/default/templates/REMEDIATION",
                route: "/organizations/{organization}/templates/{templatename}"
            )
            let templates = try await client.get("/api/v2/templates?q=exact_name:remediation", route: "/templates")
            #expect(templates.at("0.id")?.text == coder.template)
            #expect(
                try await client.get("/api/v2/templates?q=exact_name:remed", route: "/templates").json.elements == []
            )
            let parameters = try await client.get(
                "/api/v2/templateversions/\(coder.version)/rich-parameters",
                route: "/templateversions/{templateversion}/rich-parameters"
            )
            #expect(
                parameters.json.elements.filter { $0["required"]?.flag == true }.compactMap { $0["name"]?.text }
                    == ["incident_id", "playbook"]
            )

            // A create: 201, pending or starting, nothing in it yet.
            let created = try await client.post(
                "/api/v2/users/me/workspaces",
                coder.body(
                    "Life-1",
                    ["nonsense": "dropped", "description": "high \\\"CPU\\\""],
                    more: ", \"ttl_ms\": 3600000"
                ),
                route: "/users/{user}/workspaces"
            )
            #expect(created.status == 201)
            #expect(created.at("latest_build.resources")?.elements == [])
            #expect(created.at("latest_build.template_version_name")?.text == "")
            #expect(created.at("latest_build.matched_provisioners.count")?.int == 16)
            #expect(created.at("ttl_ms")?.int == 3_600_000)
            let id = try #require(created.at("id")?.text)
            let build = try #require(created.at("latest_build.id")?.text)
            // The name is taken, whatever its case.
            let conflict = try await client.post(
                "/api/v2/organizations/coder/members/admin/workspaces",
                coder.body("life-1"),
                route: "/organizations/{organization}/members/{user}/workspaces"
            )
            #expect(conflict.status == 409)
            #expect(conflict.at("message")?.text == "Workspace \"life-1\" already exists.")
            #expect(
                conflict.at("validations.0.detail")?.text == "This value is already in use and should be unique."
            )
            let starting = try await coder.workspace(id)
            #expect(starting.at("latest_build.status")?.text == "starting")
            #expect(starting.at("latest_build.resources")?.elements == [])
            let busy = try await coder.build(id, "delete")
            #expect(busy.status == 409)
            #expect(busy.at("message")?.text == "A workspace build is already active.")

            // Running comes before the agent.
            try await client.faults("{\"build_time\": \"50ms\", \"agent_time\": \"never\"}")
            let running = try await coder.until(id, status: "running")
            #expect(running.at("latest_build.resources.0.agents.0.status")?.text == "connecting")
            #expect(running.at("latest_build.resources.0.agents.0.lifecycle_state")?.text == "created")
            try await client.faults("{\"agent_time\": \"50ms\"}")
            let ready = try await coder.until(id, lifecycle: "ready")
            let agent = try #require(ready.at("latest_build.resources.0.agents.0.id")?.text)
            #expect(ready.at("latest_build.deadline")?.text != nil)
            #expect(ready.at("health.healthy")?.flag == true)
            _ = try await client.get("/api/v2/workspacebuilds/\(build)", route: "/workspacebuilds/{workspacebuild}")
            let values = try await client.get(
                "/api/v2/workspacebuilds/\(build)/parameters",
                route: "/workspacebuilds/{workspacebuild}/parameters"
            )
            #expect(!values.json.elements.contains { $0["name"]?.text == "nonsense" })
            #expect(values.json.elements.contains { $0["value"]?.text == "high \"CPU\"" })
            let log = try await client.get(
                "/api/v2/workspacebuilds/\(build)/logs",
                route: "/workspacebuilds/{workspacebuild}/logs"
            )
            let ids = log.json.elements.compactMap { $0["id"]?.int }
            #expect(ids == ids.sorted() && Set(ids).count == ids.count && ids.count > 3)
            let rest = try await client.get(
                "/api/v2/workspacebuilds/\(build)/logs?after=\(ids[1])",
                route: "/workspacebuilds/{workspacebuild}/logs"
            )
            #expect(rest.json.elements.compactMap { $0["id"]?.int } == Array(ids.dropFirst(2)))
            _ = try await client.get("/api/v2/workspaceagents/\(agent)", route: "/workspaceagents/{workspaceagent}")
            #expect(try await coder.lines(agent).count == 1)
            #expect(try await coder.timing(build)["exit_code"]?.int == 0)
            let timings = try await client.get(
                "/api/v2/workspaces/\(id)/timings",
                route: "/workspaces/{workspace}/timings"
            )
            #expect(
                timings.at("provisioner_timings")?.elements.compactMap { $0["stage"]?.text }
                    == ["init", "plan", "graph", "apply"]
            )
            let byName = try await client.get(
                "/api/v2/users/me/workspace/LIFE-1",
                route: "/users/{user}/workspace/{workspacename}"
            )
            #expect(byName.at("id")?.text == id)
            let list = try await client.get("/api/v2/workspaces?q=owner:me+status:running", route: "/workspaces")
            #expect(list.at("count")?.int == 1)
            #expect(list.at("workspaces.0.latest_build.resources.0.agents.0.lifecycle_state")?.text == "ready")
            #expect(
                try await client.send(
                    "PUT",
                    "/api/v2/workspaces/\(id)/ttl",
                    "{\"ttl_ms\": null}",
                    route: "/workspaces/{workspace}/ttl"
                ).status == 204
            )

            // Stop, start, delete.
            #expect(try await coder.build(id, "stop").status == 201)
            #expect(try await coder.until(id, status: "stopped").at("latest_build.resources.0.agents") == nil)
            #expect(try await coder.build(id, "start").status == 201)
            _ = try await coder.until(id, status: "running")
            let deletion = try await coder.build(id, "delete")
            #expect(deletion.status == 201)
            let gone = try await eventually("deleted") {
                let answer = try await coder.workspace(id)
                return answer.status == 410 ? answer : nil
            }
            #expect(
                gone.at("message")?.text
                    == "Workspace \"\(id)\" was deleted, you can view this workspace by specifying '?deleted=true' and trying again."
            )
            let former = try await client.get(
                "/api/v2/workspaces/\(id)?include_deleted=true",
                route: "/workspaces/{workspace}"
            )
            #expect(former.at("latest_build.status")?.text == "deleted")
            #expect(
                try await client.get(
                    "/api/v2/users/me/workspace/life-1",
                    route: "/users/{user}/workspace/{workspacename}"
                ).status == 404
            )
            #expect(
                try await client.get(
                    "/api/v2/users/me/workspace/life-1?include_deleted=true",
                    route: "/users/{user}/workspace/{workspacename}"
                ).status == 200
            )
            let builds = try await client.get(
                "/api/v2/workspaces/\(id)/builds",
                route: "/workspaces/{workspace}/builds"
            )
            #expect(builds.json.elements.compactMap { $0["transition"]?.text } == ["delete", "start", "stop", "start"])
            #expect(try await client.get("/api/v2/workspaces", route: "/workspaces").at("count")?.int == 0)
            // Builds and logs of a deleted workspace can still be read.
            #expect(try await coder.lines(agent).count == 1)
        }
        try await record.check()
    }

    @Test func `every answer has the members that Coder's have`() async throws {
        try await withCoder { coder in
            let id = try await coder.create("all")
            let ready = try await coder.until(id, lifecycle: "ready").json
            #expect(
                ready.names.isSuperset(of: [
                    "id", "created_at", "updated_at", "name", "owner_id", "owner_name", "owner_avatar_url",
                    "organization_id", "organization_name", "template_id", "template_name", "template_display_name",
                    "template_icon", "template_allow_user_cancel_workspace_jobs", "template_active_version_id",
                    "template_require_active_version", "template_use_classic_parameter_flow", "outdated", "ttl_ms",
                    "last_used_at", "deleting_at", "dormant_at", "next_start_at", "automatic_updates", "allow_renames",
                    "favorite", "is_prebuild", "task_id", "latest_app_status", "health", "latest_build",
                ])
            )
            #expect(
                ready.at("latest_build")?.names.isSuperset(of: [
                    "id", "workspace_id", "workspace_name", "workspace_owner_id", "workspace_owner_name", "created_at",
                    "updated_at", "build_number", "transition", "reason", "initiator_id", "initiator_name",
                    "template_version_id", "template_version_name", "template_version_preset_id", "status", "deadline",
                    "max_deadline", "daily_cost", "matched_provisioners", "job", "resources",
                ]) == true
            )
            #expect(
                ready.at("latest_build.job")?.names.isSuperset(of: [
                    "id", "type", "status", "created_at", "started_at", "completed_at", "worker_id", "file_id",
                    "organization_id", "initiator_id", "tags", "queue_position", "queue_size", "logs_overflowed",
                    "input", "metadata",
                ]) == true
            )
            #expect(
                ready.at("latest_build.resources.0.agents.0")?.names.isSuperset(of: [
                    "id", "parent_id", "name", "resource_id", "status", "lifecycle_state", "created_at", "updated_at",
                    "first_connected_at", "last_connected_at", "started_at", "ready_at", "architecture",
                    "operating_system", "directory", "expanded_directory", "version", "api_version",
                    "environment_variables", "connection_timeout_seconds", "troubleshooting_url", "logs_length",
                    "logs_overflowed", "health", "apps", "display_apps", "subsystems", "startup_script_behavior",
                    "log_sources", "scripts",
                ]) == true
            )
        }
    }

    @Test(arguments: [
        ("{", 400, "Request body must be valid JSON."),
        ("{\"name\": 5}", 400, "Request body must be valid JSON."),
        ("{\"name\": \"a_b\", \"template_id\": \"TEMPLATE\"}", 400, "Validation failed."),
        ("{\"template_id\": \"TEMPLATE\"}", 400, "Validation failed."),
        ("{\"name\": \"a\"}", 400, "Validation failed."),
        (
            "{\"name\": \"a\", \"template_id\": \"TEMPLATE\", \"template_version_id\": \"TEMPLATE\"}", 400,
            "Validation failed."
        ),
        ("{\"name\": \"a\", \"template_id\": \"abc\"}", 400, "Request body must be valid JSON."),
        ("{\"name\": \"a\", \"template_id\": \"\(nobody)\"}", 400, "Template \"\(nobody)\" doesn't exist."),
        (
            "{\"name\": \"a\", \"template_version_id\": \"\(nobody)\"}", 400,
            "Template version \"\(nobody)\" doesn't exist."
        ),
        ("{\"name\": \"a\", \"template_id\": \"TEMPLATE\"}", 400, "Unable to validate parameters"),
        ("{\"name\": \"a\", \"template_id\": \"TEMPLATE\", \"ttl_ms\": 5}", 400, "Invalid Workspace Time to Shutdown."),
    ])
    func `a create that is refused changes nothing`(body: String, status: Int, message: String) async throws {
        let record = Recorder()
        try await withCoder(record: record) { coder in
            let answer = try await coder.client.post(
                "/api/v2/users/me/workspaces",
                body.replacingOccurrences(of: "TEMPLATE", with: coder.template),
                route: "/users/{user}/workspaces"
            )
            #expect(answer.status == status)
            #expect(answer.at("message")?.text == message)
            #expect(try await coder.client.get("/api/v2/workspaces").at("count")?.int == 0)
            #expect(try await coder.client.counts().at("effects.creates")?.int == 0)
        }
        try await record.check()
    }

    @Test func `errors are worded as Coder words them`() async throws {
        let record = Recorder()
        try await withCoder(record: record) { coder in
            let client = coder.client
            func expect(_ answer: Answer, _ status: Int, _ message: String, detail: String? = nil) {
                #expect(answer.status == status)
                #expect(answer.at("message")?.text == message)
                if let detail { #expect(answer.at("detail")?.text == detail) }
            }
            expect(try await client.get("/api/v2/nothing"), 404, "Route not found.")
            expect(
                try await coder.workspace(Self.nobody),
                404,
                "Resource not found or you do not have access to this resource"
            )
            expect(try await coder.workspace("abc"), 400, "Invalid UUID \"abc\".")
            expect(
                try await client.post(
                    "/api/v2/users/bob/workspaces",
                    coder.body("a"),
                    route: "/users/{user}/workspaces"
                ),
                400,
                "\"user\" must be an existing uuid or username.",
                detail: "queried user=\"bob\""
            )
            expect(
                try await client.get("/api/v2/workspaces?limit=-1&offset=x", route: "/workspaces"),
                400,
                "Query parameters have invalid values."
            )
            expect(
                try await client.get("/api/v2/workspaces?q=nonsense:1", route: "/workspaces"),
                400,
                "Invalid workspace search query."
            )
            let id = try await coder.create("a")
            let build = try #require(try await coder.until(id, status: "running").at("latest_build.id")?.text)
            expect(
                try await client.get(
                    "/api/v2/workspacebuilds/\(build)/logs?after=x",
                    route: "/workspacebuilds/{workspacebuild}/logs"
                ),
                400,
                "Query param \"after\" must be an integer."
            )
            expect(try await coder.build(id, "explode"), 400, "Validation failed.")
            expect(
                try await client.send(
                    "PATCH",
                    "/api/v2/workspacebuilds/\(build)/cancel",
                    route: "/workspacebuilds/{workspacebuild}/cancel"
                ),
                400,
                "Job has already completed!"
            )
            expect(
                try await client.send(
                    "PATCH",
                    "/api/v2/workspacebuilds/\(build)/cancel?expect_status=running",
                    route: "/workspacebuilds/{workspacebuild}/cancel"
                ),
                412,
                "Job is not in the expected state."
            )
            expect(
                try await client.send(
                    "PUT",
                    "/api/v2/workspaces/\(id)/ttl",
                    "{\"ttl_ms\": 1}",
                    route: "/workspaces/{workspace}/ttl"
                ),
                400,
                "Invalid workspace TTL."
            )
        }
        try await record.check()
    }

    @Test(arguments: [
        ([:], "Cookie \"coder_session_token\" or query parameter must be provided."),
        (
            ["Coder-Session-Token": "abc"],
            "Invalid API key format: incorrect amount of API key parts, expected 2 got 1"
        ),
        (["Coder-Session-Token": "zzzzzzzzzz-0123456789abcdefghijkl"], "API key is invalid."),
        (["Coder-Session-Token": "abcdefghij-xxxxxxxxxxxxxxxxxxxxxx"], "API key secret is invalid."),
        (
            ["Cookie": "coder_session_token=abc", "Coder-Session-Token": testToken],
            "Invalid API key format: incorrect amount of API key parts, expected 2 got 1"
        ),
    ])
    func `a wrong token is told what is wrong with it`(headers: [String: String], detail: String) async throws {
        try await withCoder { coder in
            let client = Client(url: coder.client.url)
            defer { client.close() }
            let answer = try await client.send("GET", "/api/v2/users/me", headers: headers)
            #expect(answer.status == 401)
            #expect(
                answer.at("message")?.text
                    == "You are signed out or your session has expired. Please sign in again to continue."
            )
            #expect(answer.at("detail")?.text == detail)
            #expect(answer.header("WWW-Authenticate")?.hasPrefix("Bearer realm=\"coder\"") == true)
            #expect(try await client.get("/api/v2/buildinfo").status == 200)
            let agent = try await client.send("GET", "/api/v2/workspaceagents/\(Self.nobody)/logs", headers: headers)
            #expect(
                agent.at("message")?.text
                    == "API key or external proxy authentication required, but none provided"
            )
        }
    }

    @Test func `the token may come in four ways`() async throws {
        try await withCoder { coder async throws in
            let client = Client(url: coder.client.url)
            defer { client.close() }
            for headers in [
                ["Coder-Session-Token": testToken], ["Authorization": "Bearer \(testToken)"],
                ["Cookie": "coder_session_token=\(testToken)"],
            ] {
                #expect(try await client.send("GET", "/api/v2/users/me", headers: headers).status == 200)
            }
            #expect(try await client.get("/api/v2/users/me?coder_session_token=\(testToken)").status == 200)
        }
    }

    @Test func `the coder profile has three builders, a queue, and a limit for each path`() async throws {
        let record = Recorder()
        try await withCoder(profile: .coder, record: record, set: { $0.buildTime = .after(.seconds(600)) }) { coder in
            var created: [Answer] = []
            for name in ["a", "b", "c", "d", "e"] {
                created.append(
                    try await coder.client.post(
                        "/api/v2/users/me/workspaces",
                        coder.body(name),
                        route: "/users/{user}/workspaces"
                    )
                )
            }
            #expect(
                created.map { $0.at("latest_build.status")?.text } == [
                    "starting", "starting", "starting", "pending", "pending",
                ]
            )
            #expect(created.map { $0.at("latest_build.job.queue_position")?.int } == [0, 0, 0, 1, 2])
            #expect(created[4].at("latest_build.job.queue_size")?.int == 2)
            #expect(created.map { $0.header("X-RateLimit-Limit") } == Array(repeating: "512", count: 5))
            let waiting = try #require(created[3].at("latest_build.id")?.text)
            #expect(
                try await coder.client.send(
                    "PATCH",
                    "/api/v2/workspacebuilds/\(waiting)/cancel?expect_status=pending",
                    route: "/workspacebuilds/{workspacebuild}/cancel"
                ).status == 200
            )
            let last = try await coder.workspace(try #require(created[4].at("id")?.text))
            #expect(last.at("latest_build.job.queue_position")?.int == 1)

            // The limit is for client and path; 401s count, other paths do not.
            try await coder.client.faults("{\"rate_limit\": 5}")
            var statuses: [Int] = []
            var refused: Answer?
            for _ in 0..<8 {
                let answer = try await coder.client.get(
                    "/api/v2/templates?q=exact_name:remediation",
                    route: "/templates"
                )
                statuses.append(answer.status)
                if answer.status == 429 { refused = answer }
            }
            // A minute may begin in between; then the five before still count for most of it.
            #expect(statuses.filter { $0 == 200 }.count <= 6)
            let limited = try #require(refused)
            #expect(limited.header("Retry-After") == "60")
            #expect(limited.header("X-RateLimit-Remaining") == "0")
            #expect(
                limited.at("message")?.text == "You've been rate limited for sending more than 5 requests in 1m0s."
            )
            #expect(try await coder.client.get("/api/v2/workspaces?limit=1").status == 200)
        }
        try await record.check()
    }

    @Test func `the fast profile has no limit, and every answer names build and request`() async throws {
        try await withCoder { coder in
            let answer = try await coder.client.get("/api/v2/workspaces")
            #expect(answer.header("X-RateLimit-Limit") == nil)
            #expect(answer.header("X-Coder-Build-Version") == "v2.28.6+df47153")
            #expect(answer.header("X-Coder-Request-Id").flatMap(UUID.init) != nil)
            #expect(answer.header("Content-Type") == "application/json; charset=utf-8")
            let other = try await coder.client.get("/api/v2/nothing")
            #expect(other.header("X-Coder-Request-Id") != answer.header("X-Coder-Request-Id"))
        }
    }

    @Test func `five hundred workspaces at concurrency fifty`() async throws {
        try await withCoder { coder in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    if number >= 50 { try await group.next() }
                    group.addTask { _ = try await coder.create("load-\(number)") }
                }
                try await group.waitForAll()
            }
            _ = try await eventually("all have run") {
                try await coder.client.counts().at("effects.script_starts")?.int == 500 ? true : nil
            }
            let list = try await coder.client.get("/api/v2/workspaces?q=owner:me+name:load-")
            #expect(list.at("count")?.int == 500)
            let states = list.at("workspaces")?.elements.map {
                $0.at("latest_build.resources.0.agents.0.lifecycle_state")?.text
            }
            #expect(states == Array(repeating: "ready", count: 500))
            let counts = try await coder.client.counts()
            #expect(counts.at("effects.creates")?.int == 500)
            #expect(counts.at("effects.script_starts")?.int == 500)
            #expect(counts.at("effects.existing")?.int == 500)
            #expect(counts["incidents"]?["load-7"]?["creates"]?.int == 1)
            #expect(counts["requests"]?["POST /api/v2/users/{user}/workspaces"]?["outcomes"]?["201"]?.int == 500)
        }
    }
}

import Foundation
import TestSupport
import Testing

/// What the tests do with a Coder again and again.
struct CoderClient: Sendable {
    let client: Client
    let template: String
    let version: String
    let work: String

    /// The body of a create.
    func body(_ name: String, _ parameters: [String: String] = [:], more: String = "") -> String {
        var values = ["incident_id": name, "playbook": "high-cpu"]
        values.merge(parameters) { $1 }
        let list = values.sorted { $0.key < $1.key }.map { "{\"name\": \"\($0.key)\", \"value\": \"\($0.value)\"}" }
        return """
            {"name": "\(name)", "template_id": "\(template)", "rich_parameter_values": [\(list.joined(separator: ", "))]\(more)}
            """
    }

    /// Creates a workspace and gives its id.
    func create(_ name: String, _ parameters: [String: String] = [:], more: String = "") async throws -> String {
        let answer = try await client.post(
            "/api/v2/users/me/workspaces",
            body(name, parameters, more: more),
            route: "/users/{user}/workspaces"
        )
        #expect(answer.status == 201)
        guard let id = answer.at("id")?.text else {
            throw TestFailure("no workspace: \(String(decoding: answer.body, as: UTF8.self))")
        }
        return id
    }

    func workspace(_ id: String) async throws -> Answer {
        try await client.get("/api/v2/workspaces/\(id)", route: "/workspaces/{workspace}")
    }

    func build(_ id: String, _ transition: String) async throws -> Answer {
        try await client.post(
            "/api/v2/workspaces/\(id)/builds",
            "{\"transition\": \"\(transition)\"}",
            route: "/workspaces/{workspace}/builds"
        )
    }

    /// The workspace, as soon as its latest build has that status.
    func until(_ id: String, status: String) async throws -> Answer {
        try await eventually("\(id) is \(status)") {
            let answer = try await workspace(id)
            return answer.at("latest_build.status")?.text == status ? answer : nil
        }
    }

    /// The workspace, as soon as its agent has one of these lifecycle states.
    func until(_ id: String, lifecycle: String...) async throws -> Answer {
        try await eventually("\(id) is \(lifecycle)") {
            let answer = try await workspace(id)
            let state = answer.at("latest_build.resources.0.agents.0.lifecycle_state")?.text
            return state.map(lifecycle.contains) == true ? answer : nil
        }
    }

    /// The first script timing of a build, as soon as there is one.
    func timing(_ build: String) async throws -> Tree {
        try await eventually("a timing of \(build)") {
            try await client.get(
                "/api/v2/workspacebuilds/\(build)/timings",
                route: "/workspacebuilds/{workspacebuild}/timings"
            ).at("agent_script_timings.0")
        }
    }

    /// The lines of an agent.
    func lines(_ agent: String) async throws -> [Tree] {
        try await client.get("/api/v2/workspaceagents/\(agent)/logs", route: "/workspaceagents/{workspaceagent}/logs")
            .json.elements
    }

    /// Creates a workspace and waits for the end of its script.
    ///
    /// - Returns: The lifecycle, the timing, and the lines, as soon as one of them is `last`.
    func run(
        _ name: String,
        _ parameters: [String: String],
        until last: (String) -> Bool
    ) async throws -> (lifecycle: String?, timing: Tree, lines: [String]) {
        let id = try await create(name, parameters)
        let done = try await until(id, lifecycle: "ready", "start_error", "start_timeout")
        let agent = try #require(done.at("latest_build.resources.0.agents.0"))
        let timing = try await timing(try #require(done.at("latest_build.id")?.text))
        let agentID = try #require(agent["id"]?.text)
        let lines = try await eventually("the last lines of \(name)") { () -> [String]? in
            let lines = try await self.lines(agentID).compactMap { $0["output"]?.text }
            return lines.contains(where: last) ? lines : nil
        }
        return (agent["lifecycle_state"]?.text, timing, lines)
    }
}

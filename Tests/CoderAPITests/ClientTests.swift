import CoderTestSupport
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import CoderAPI

/// The client against the simulator's process.
@Suite(.timeLimit(.minutes(3))) struct ClientTests {
    private func request(_ name: String, _ coder: CoderClient) async throws -> NewWorkspace {
        NewWorkspace(
            name: name,
            templateID: try await coder.templateID(named: "remediation"),
            parameters: ["incident_id": "INC-1", "playbook": "p", "unknown": "x"],
            ttlMilliseconds: 3_600_000
        )
    }

    private func kind(_ body: () async throws -> Void) async -> CoderError.Kind? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? CoderError)?.kind
        }
    }

    @Test func `a workspace lives and dies`() async throws {
        try await CoderSimulator.with { simulator in
            let coder = simulator.client()
            let made = try await coder.createWorkspace(try await request("m-a", coder))
            #expect(made.name == "m-a" && made.latestBuild.transition == .start)
            #expect(await kind { _ = try await coder.createWorkspace(try await request("M-A", coder)) } == .conflict)
            #expect(try await coder.workspace(named: "m-a")?.id == made.id)
            #expect(try await coder.workspace(named: "m-b") == nil)
            #expect(try await coder.parameters(ofBuild: made.latestBuild.id)["incident_id"] == "INC-1")
            #expect(try await coder.parameters(ofBuild: made.latestBuild.id)["unknown"] == nil)
            let ready = try await until(coder, made.id) { $0.latestBuild.agents.first?.lifecycleState == "ready" }
            #expect(try await coder.workspaces(matching: "owner:me name:m-").workspaces.map(\.id) == [made.id])
            #expect(try await coder.workspaces(matching: "id:\(made.id)").workspaces.map(\.id) == [made.id])
            #expect(await kind { _ = try await coder.workspaces(matching: "no:such:key") } == .invalid)
            let log = try await coder.logs(ofBuild: made.latestBuild.id, after: 0)
            #expect(log.count > 1)
            #expect(try await coder.logs(ofBuild: made.latestBuild.id, after: log[0].id) == Array(log.dropFirst()))
            let agent = try #require(ready.latestBuild.agents.first)
            #expect(try await coder.logs(ofAgent: agent.id, after: 0).count == 1)
            let timings = try await coder.scriptTimings(ofBuild: made.latestBuild.id)
            #expect(timings.map(\.exitCode) == [0] && timings[0].agentID == agent.id)
            #expect(await kind { try await coder.cancelBuild(made.latestBuild.id) } == .invalid)
            // Long enough for the request that must meet an active build, however busy the machine is.
            try await simulator.setFaults("{\"build_time\": \"5s\"}")
            let build = try await coder.requestBuild(.delete, of: made.id)
            #expect(build.transition == .delete)
            #expect(await kind { _ = try await coder.requestBuild(.stop, of: made.id) } == .conflict)
            let gone = try await eventually { await kind { _ = try await coder.workspace(id: made.id) } == .gone }
            #expect(gone)
        }
    }

    @Test func `templates are looked up once and forgotten when they are wrong`() async throws {
        try await CoderSimulator.with { simulator in
            let coder = simulator.client()
            let id = try await coder.templateID(named: "Remediation")
            #expect(id.isUUID)
            #expect(try await coder.templateID(named: "remediation") == id)
            #expect(try await simulator.counts().requests("/templates") == 1)
            #expect(try await coder.templateID(named: id.uppercased()) == id)
            #expect(await kind { _ = try await coder.templateID(named: "other") } == .notFound)
            #expect(await kind { _ = try await coder.templateID(named: "a b:c") } == .invalid)
            #expect(try await simulator.counts().requests("/templates") == 2)
            coder.templates.forget(id: id)
            _ = try await coder.templateID(named: "remediation")
            #expect(try await simulator.counts().requests("/templates") == 3)
        }
    }

    @Test(arguments: [
        ("{\"unauthorized\": true}", CoderError.Kind.unauthorized, 0),
        ("{\"error_rate\": 1}", .ambiguous, 0), ("{\"error_after_rate\": 1}", .ambiguous, 1),
        ("{\"cut_rate\": 1}", .ambiguous, 1), ("{\"garbage_rate\": 1}", .ambiguous, 1),
        ("{\"hold_answer\": \"never\"}", .ambiguous, 1),
        (
            "{\"too_many_requests_rate\": 1, \"retry_after\": 3}",
            .rateLimited(retryAfter: 3), 0
        ),
    ])
    func `a create that goes wrong is known for what it is`(
        faults: String,
        expected: CoderError.Kind,
        creates: Int
    ) async throws {
        try await CoderSimulator.with { simulator in
            let coder = simulator.client(total: .seconds(1))
            let request = try await request("m-a", coder)
            try await simulator.setFaults(faults)
            #expect(await kind { _ = try await coder.createWorkspace(request) } == expected)
            #expect(try await simulator.counts().effects.creates == creates)
        }
    }

    @Test func `the token is asked for before each request`() async throws {
        try await CoderSimulator.with { simulator in
            let token = Mutex("wrong")
            let coder = simulator.client { token.withLock { $0 } }
            #expect(await kind { _ = try await coder.workspaces(matching: "owner:me") } == .unauthorized)
            token.withLock { $0 = CoderSimulator.token }
            let workspaces = try await coder.workspaces(matching: "owner:me").workspaces
            #expect(workspaces.isEmpty)
            let without = simulator.client { throw TestFailure("no file") }
            #expect(await kind { _ = try await without.workspaces(matching: "owner:me") } == .unauthorized)
        }
    }

    @Test func `nobody there is unavailable, not ambiguous`() async throws {
        try await CoderSimulator.with { simulator in
            // Port 9 of loopback: nobody listens there on a machine for tests.
            let configuration = CoderClient.Configuration(baseURL: "http://127.0.0.1:9", token: { "t" })
            let coder = CoderClient(http: simulator.http, configuration: configuration)
            let request = NewWorkspace(name: "m-a", templateID: "t", parameters: [:], ttlMilliseconds: 60_000)
            #expect(await kind { _ = try await coder.createWorkspace(request) } == .unavailable)
        }
    }

    private func until(
        _ coder: CoderClient,
        _ id: String,
        _ condition: (Workspace) -> Bool
    ) async throws -> Workspace {
        while true {
            let workspace = try await coder.workspace(id: id)
            if condition(workspace) { return workspace }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
        while try await !condition() { try await Task.sleep(for: .milliseconds(20)) }
        return true
    }
}

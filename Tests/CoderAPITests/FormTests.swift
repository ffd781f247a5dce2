import CoderTestSupport
import Foundation
import HTTPClient
import Testing

@testable import CoderAPI

@Suite struct FormTests {
    @Test func `a workspace is read with its agents`() throws {
        let json = Sample.json(
            build: Sample.build(agents: [
                Sample.agent("connected", "ready", logs: 1532), Sample.agent(id: "a2", parent: "a1"),
            ])
        )
        let workspace = try Sample.workspace(json)
        #expect(workspace.ownerName == "alice")
        #expect(workspace.templateName == "remediation")
        #expect(workspace.isHealthy)
        let build = workspace.latestBuild
        #expect(build.transition == .start && build.status == "running" && build.job.status == .succeeded)
        #expect(build.matchedProvisioners == 3)
        #expect(build.agents.count == 2)
        #expect(build.mainAgents.map(\.id) == ["a1"])
        #expect(build.mainAgents[0].logsLength == 1532)
        #expect(build.mainAgents[0].startScripts == ["Startup Script"])
        #expect(build.mainAgents[0].logSources == ["s1": "Startup Script"])
    }

    @Test(arguments: ["health", "owner_display_name", "dormant_at"])
    func `what is not needed may be missing`(key: String) throws {
        var json = Sample.json(build: Sample.build(agents: [Sample.agent()]))
        json[key] = nil
        #expect(try Sample.workspace(json).isHealthy)
    }

    @Test(arguments: ["id", "name", "owner_name", "template_id", "template_name", "created_at", "latest_build"])
    func `what is needed may not be missing`(key: String) throws {
        var json = Sample.json(build: Sample.build())
        json[key] = nil
        #expect(throws: DecodingError.self) { try Sample.workspace(json) }
    }

    @Test func `a job status of a newer Coder is read as unknown and counts as active`() throws {
        let workspace = try Sample.workspace(build: Sample.build("start", "paused"))
        #expect(workspace.latestBuild.job.status == .unknown)
        #expect(workspace.latestBuild.job.status.isActive)
    }

    @Test func `one odd workspace does not hide the others of a list`() throws {
        let good = Sample.json(build: Sample.build())
        let odd: [Any] = [["id": 7], 1, "a", [["id"]], "}]\"{", NSNull()]
        for options: JSONSerialization.WritingOptions in [[], .prettyPrinted] {
            let data = try JSONSerialization.data(
                withJSONObject: ["workspaces": odd + [good, good], "count": 8],
                options: options
            )
            let list = try WorkspaceList(reading: Array(data))
            #expect(list.workspaces.count == 2 && list.count == 8)
        }
    }

    @Test(arguments: [
        "", "[]", #"{"workspaces":[]}"#, #"{"workspaces":[{}],"count":1"#, #"{"workspaces":[{},"count":1}"#,
        #"{"workspaces":{},"count":1}"#, #"{"other":[{}],"count":1}"#, #"{"workspaces":[{}]],"count":1}"#,
    ])
    func `what is no list is an error`(text: String) {
        #expect(throws: DecodingError.self) { try WorkspaceList(reading: Array(text.utf8)) }
    }

    @Test func `other members of a list may have elements of their own`() throws {
        let text = #"{"a":[{"workspaces":[{}]}], "workspaces" : [ ] ,"b":"workspaces","count":0}"#
        #expect(try WorkspaceList(reading: Array(text.utf8)).workspaces.isEmpty)
    }

    @Test func `a create says all parameters as texts, in order`() throws {
        let body = CreateBody(
            NewWorkspace(name: "m-1", templateID: "t", parameters: ["b": "2", "a": "1"], ttlMilliseconds: 60_000)
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(
            String(decoding: try encoder.encode(body), as: UTF8.self)
                == "{\"name\":\"m-1\",\"rich_parameter_values\":[{\"name\":\"a\",\"value\":\"1\"},"
                + "{\"name\":\"b\",\"value\":\"2\"}],\"template_id\":\"t\",\"ttl_ms\":60000}"
        )
    }

    @Test(arguments: [
        ("owner:me name:m-", "owner%3Ame%20name%3Am-"), ("ä/b?c=1&d", "%C3%A4%2Fb%3Fc%3D1%26d"),
        ("a-b_c.d~e", "a-b_c.d~e"),
        ("\n", "%0A"),
    ])
    func `text becomes a component`(text: String, encoded: String) { #expect(text.percentEncoded == encoded) }

    @Test(arguments: [
        ("0f2c0000-0000-4000-8000-000000000001", true), ("0F2C0000-0000-4000-8000-00000000000A", true),
        ("remediation", false), ("0f2c0000-0000-4000-8000-00000000000g", false), ("", false),
        ("0f2c0000000040008000000000000001", false),
    ])
    func `a uuid is known`(text: String, isUUID: Bool) { #expect(text.isUUID == isUUID) }

    @Test(arguments: [
        ("remediation", true), ("a-b-1", true), ("a--b", false), ("-a", false), ("a b", false), ("a:b", false),
        ("", false),
        (String(repeating: "a", count: 33), false), ("ä", false),
    ])
    func `a name is known`(text: String, isName: Bool) { #expect(text.isCoderName == isName) }

    @Test(arguments: [
        "https://coder.example.com", "https://coder.example.com/", "https://coder.example.com//",
        "https://coder.example.com/api/v2", "https://coder.example.com/api/v2/",
    ])
    func `the address may be written in several ways`(text: String) {
        let configuration = CoderClient.Configuration(baseURL: text, token: { "" })
        #expect(CoderClient(http: HTTPClient(), configuration: configuration).baseURL == "https://coder.example.com")
    }
}

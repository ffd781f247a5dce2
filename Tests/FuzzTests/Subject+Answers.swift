import Foundation
import HTTPClient
import Messages

@testable import CoderAPI
@testable import IncidentAPI

extension Subject {
    /// What Coder and the incident system answer.
    static let answers: [Subject] = [
        coder("coder.workspace", Workspace.self, [workspace]),
        Subject(
            name: "coder.workspaces",
            examples: .json([["workspaces": [workspace, workspace], "count": 2]])
        ) { bytes in
            let list = try? WorkspaceList(reading: bytes)
            // Element by element it takes what it takes of the whole; an element that is no JSON it leaves out.
            guard !String(decoding: bytes, as: UTF8.self).contains(#"\u"#),
                let whole = try? JSONDecoder().decode(WholeList.self, from: Data(bytes))
            else { return }
            try Broken.unless(list?.workspaces == whole.workspaces.compactMap(\.workspace), "it reads other workspaces")
            try Broken.unless(list?.count == whole.count, "it reads another count")
        },
        coder("coder.build", Build.self, [workspace["latest_build"] ?? .null]),
        coder("coder.build-log", [BuildLogLine].self, [[buildLine, buildLine]]),
        coder("coder.agent-log", [AgentLogLine].self, [[agentLine, agentLine]]),
        coder("coder.timing", [ScriptTiming].self, [[timing]]),
        Subject(name: "coder.error", examples: .json([error])) { bytes in
            for status in [400, 401, 409, 429, 500, 999] {
                let response = HTTPResponse(status: status, body: bytes, url: "http://coder")
                let error = CoderError(Call(operation: "create", path: "/x"), response, token: secret)
                try Broken.unless(!"\(error)".contains(secret), "the error tells the token: \(error)")
            }
        },
        Subject(
            name: "incident-api.answer",
            examples: .json([["status": "open", "notes": "n", "body": "b"], [comment]])
        ) { bytes in
            _ = try? MessageCoding.decode([IncidentComment].self, from: bytes)
            _ = try? MessageCoding.decode(IncidentAPI.IncidentState.self, from: bytes)
        },
        Subject(name: "incident-api.error", examples: .json([problem])) { bytes in
            let response = HTTPResponse(status: 422, body: bytes, url: "http://incidents")
            let text = AnswerText.message(of: response, without: secret)
            try Broken.unless(!text.contains(secret), "the error tells the key: \(text)")
            try Broken.unless(text.utf8.count <= IncidentAPIError.mostMessageBytes, "it has \(text.utf8.count) bytes")
        },
    ]

    /// As it is decoded of every answer; what cannot be read is an error, never a crash.
    private static func coder<Answer: Decodable & Sendable>(
        _ name: String,
        _: Answer.Type,
        _ examples: [JSONValue]
    ) -> Subject {
        Subject(name: name, examples: .json(examples)) { bytes in
            _ = try? JSONDecoder().decode(Answer.self, from: Data(bytes))
        }
    }

    private static let secret = "s3cr3t-0123456789"

    private static let workspace = ExampleFiles.json(
        """
        {"id":"0f2c0000-0000-4000-8000-000000000001","created_at":"2025-12-09T10:00:00.123456Z",
         "name":"m-inc-1-1-abcdefghjkmn","owner_name":"alice","template_id":"5b","template_name":"remediation",
         "health":{"healthy":true,"failing_agents":[]},"latest_build":{"id":"b1","build_number":1,"transition":"start",
         "status":"running","reason":"initiator","initiator_name":"alice","created_at":"2025-12-09T10:00:00Z",
         "job":{"status":"succeeded","error":"e","error_code":"c","queue_position":0,"started_at":"t"},
         "matched_provisioners":{"count":3},"resources":[{"id":"r1","agents":[{"id":"a1","name":"main","parent_id":null,
         "status":"connected","lifecycle_state":"ready","health":{"healthy":true,"reason":""},"logs_length":7,
         "log_sources":[{"id":"s1","display_name":"Startup Script"}],"first_connected_at":"2025-12-09T10:00:10Z",
         "scripts":[{"display_name":"Startup Script","run_on_start":true,"timeout":0}]}]},{"id":"r2"}]}}
        """
    )
    private static let buildLine = ExampleFiles.json(
        #"{"id":1,"created_at":"2025-12-09T10:00:00Z","log_level":"error","stage":"Planning","output":"Error: x"}"#
    )
    private static let agentLine = ExampleFiles.json(
        #"{"id":1,"created_at":"2025-12-09T10:00:00Z","level":"info","output":"x","source_id":"s1"}"#
    )
    private static let timing = ExampleFiles.json(
        """
        {"started_at":"2025-12-09T10:00:18.2Z","ended_at":"2025-12-09T10:00:31.2Z","exit_code":0,"stage":"start",
         "status":"ok","display_name":"Startup Script","workspace_agent_id":"a1","workspace_agent_name":"main"}
        """
    )
    private static let error: JSONValue = [
        "message": .string("no \(secret) here"), "detail": .string("\(secret)\(secret)"),
        "validations": [["field": "name", "detail": .string(secret)]],
    ]
    private static let problem: JSONValue = [
        "title": "Bad", "detail": .string("key \(secret) is wrong"), "message": .string(secret), "error": "e",
    ]
    private static let comment: JSONValue = ["body": "text", "author": "bot"]
}

/// A list, read at once.
private struct WholeList: Decodable {
    struct Readable: Decodable {
        var workspace: Workspace?

        init(from decoder: any Decoder) throws { workspace = try? Workspace(from: decoder) }
    }

    var workspaces: [Readable]
    var count: Int
}

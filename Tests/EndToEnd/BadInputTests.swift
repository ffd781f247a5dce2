import HTTPClient
import Messages
import TestSupport
import Testing

extension EndToEnd {
    /// What intake answers to those who get it wrong.
    @Suite struct BadInput {
        private struct Case {
            var name: String
            var method = HTTPRequest.Method.post
            var path = "/remediate"
            var body: [UInt8]?
            var type: String? = "application/json"
            var status: Int
            /// The fields that must be named, all at once.
            var fields: [String]?
            var allow: [String]?
        }

        private static let names = ["incident_id", "service_name", "severity", "description"]

        private static func incident(
            _ id: String,
            _ service: String,
            _ severity: String,
            _ description: String,
            _ token: String
        ) -> [UInt8] {
            Array(
                """
                {"incident_id": \(id), "service_name": \(service), "severity": \(severity),
                 "description": \(description), "target_service_token": \(token)}
                """.utf8
            )
        }

        private static func long(_ count: Int) -> String { "\"" + String(repeating: "x", count: count) + "\"" }

        private static let malformed: [Case] = [
            Case(name: "no body", body: [], status: 400),
            Case(name: "words", body: Array("help, the disk is full".utf8), status: 400),
            Case(name: "cut off", body: Array(#"{"incident_id": "INC-"#.utf8), status: 400),
            Case(name: "more behind it", body: Array("{} {}".utf8), status: 400),
            Case(name: "deep nesting", body: Array(String(repeating: "[", count: 100_000).utf8), status: 400),
            Case(
                name: "deep and well-formed",
                body: Array((String(repeating: #"{"a":"#, count: 500) + "1" + String(repeating: "}", count: 500)).utf8),
                status: 400
            ),
            Case(
                name: "a key twice",
                body: Array(
                    #"{"incident_id":"a","service_name":"s","severity":"high","description":"cpu","severity":"low"}"#
                        .utf8
                ),
                status: 400
            ),
            Case(
                name: "invalid UTF-8",
                body: Array(#"{"incident_id":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8),
                status: 400
            ),
            Case(name: "half a surrogate", body: Array(#"{"incident_id":"\ud800"}"#.utf8), status: 400),
        ]

        private static let invalid: [Case] = [
            Case(name: "no object", body: Array("[]".utf8), status: 422, fields: [""]),
            Case(name: "missing", body: Array("{}".utf8), status: 422, fields: names),
            Case(
                name: "wrong types",
                body: incident("7", "[]", "true", "{}", "1.5"),
                status: 422,
                fields: names + ["target_service_token"]
            ),
            Case(
                name: "empty",
                body: incident("\"\"", "\" \"", "\"\\t\"", "\"\\n\"", "\"\""),
                status: 422,
                fields: names + ["target_service_token"]
            ),
            Case(
                name: "over-long",
                body: incident(long(201), long(201), long(41), long(8193), long(4097)),
                status: 422,
                fields: names + ["target_service_token"]
            ),
            Case(
                name: "control characters",
                body: incident(#""a\u0000""#, #""a\nb""#, #""\u001b[31mhigh""#, #""\u0007cpu""#, #""\u007f""#),
                status: 422,
                fields: names + ["target_service_token"]
            ),
            Case(
                name: "labels",
                body: Array(
                    #"""
                    {"incident_id":"a","service_name":"s","severity":"high","description":"cpu",
                     "labels":{"env":1,"team":"x"},"annotations":[]}
                    """#.utf8
                ),
                status: 422,
                fields: ["labels.env", "annotations"]
            ),
            Case(
                name: "a cancel without a reason",
                path: "/incidents/INC-1/cancel",
                body: Array("{}".utf8),
                status: 422
            ),
        ]

        private static let misplaced: [Case] = [
            Case(
                name: "too large",
                body: incident("\"a\"", "\"s\"", "\"high\"", long(1 << 20), "\"t\""),
                status: 413
            ),
            Case(name: "text", body: Array("{}".utf8), type: "text/plain", status: 415),
            Case(name: "a form", body: Array("{}".utf8), type: "application/x-www-form-urlencoded", status: 415),
            Case(name: "an unknown route", method: .get, path: "/nope", status: 404),
            Case(name: "an unknown incident", method: .get, path: "/incidents/INC-404", status: 404),
            Case(name: "logs of an unknown incident", method: .get, path: "/incidents/INC-404/logs", status: 404),
            Case(name: "an unknown workspace", method: .get, path: "/status/INC-404", status: 404),
            Case(
                name: "a cancel of an unknown incident",
                path: "/incidents/INC-404/cancel",
                body: Array(#"{"reason":"over"}"#.utf8),
                status: 404
            ),
            Case(name: "a wrong method", method: .get, path: "/remediate", status: 405, allow: ["POST"]),
            Case(name: "another one", method: .delete, path: "/incidents/INC-1", status: 405, allow: ["GET"]),
            Case(
                name: "a wrong query",
                method: .get,
                path: "/incidents?limit=0&state=ill",
                status: 400,
                fields: ["state", "limit"]
            ),
        ]

        @Test func eachIsAnsweredWithAProblem() async throws {
            try await Scene.with { scene in
                let (up, outside) = try await scene.upLocal()
                for wrong in Self.malformed + Self.invalid + Self.misplaced {
                    let answer = try await up.intake.call(wrong.method, wrong.path, body: wrong.body, type: wrong.type)
                    let what: Comment = "\(wrong.name): \(answer.status) \(answer.text)"
                    #expect(answer.status == wrong.status, what)
                    #expect(answer.headers.first("Content-Type") == "application/problem+json", what)
                    let problem = answer.json
                    #expect(problem["status"]?.integer == wrong.status, what)
                    #expect(problem["type"]?.string?.hasPrefix("urn:mendline:problem:") == true, what)
                    #expect(problem["title"]?.string?.isEmpty == false, what)
                    #expect(problem["detail"]?.string?.isEmpty == false, what)
                    if let fields = wrong.fields {
                        let named = problem["errors"]?.elements.compactMap { $0["field"]?.string } ?? []
                        #expect(Set(named) == Set(fields), what)
                    }
                    if let allow = wrong.allow {
                        let methods = answer.headers.first("Allow")?.split(separator: ", ").map(String.init) ?? []
                        #expect(Set(methods).isSuperset(of: allow), what)
                    }
                }
                let untyped = try await up.intake.call(.post, "/remediate", body: Array("{}".utf8), type: nil)
                #expect(untyped.status == 415, "\(untyped.text)")

                #expect(try await up.intake.get("/incidents").json["incidents"] == [], "nothing was stored")
                #expect(try await outside.effects() == .once(each: 0), "nothing was done")
                #expect(try await up.intake.get("/health").status == 200)
            }
        }

        @Test func repeatedConflictingDeclinedAndCancelledIncidents() async throws {
            try await Scene.with { scene in
                let (up, outside) = try await scene.upLocal()
                let incident = JSONValue.incident("INC-1")
                #expect(try await up.intake.post("/remediate", incident).status == 201)
                #expect(try await up.intake.post("/remediate", incident).status == 200)

                var other = incident.members
                other["service_name"] = "checkout"
                let conflict = try await up.intake.post("/remediate", .object(other))
                #expect(conflict.status == 409)
                #expect(conflict.headers.first("Content-Type") == "application/problem+json")
                #expect(conflict.json["detail"]?.string?.contains("service_name") == true, "\(conflict.text)")

                var low = JSONValue.incident("INC-2").members
                low["severity"] = "low"
                let declined = try await up.intake.post("/remediate", .object(low))
                #expect(declined.status == 400)
                #expect(declined.headers.first("Content-Type") == "application/problem+json")
                #expect(declined.json["detail"]?.string?.contains("low") == true, "\(declined.text)")
                #expect(declined.json["reasons"]?.elements.isEmpty == false)

                #expect(try await up.verdict(of: "INC-1") == "succeeded")
                let late = try await up.intake.post("/incidents/INC-1/cancel", ["reason": "no longer needed"])
                #expect(late.status == 409, "\(late.text)")

                try await Outside.setFaults(["build_time": "4s"], of: outside.coder)
                _ = try await up.intake.post("/remediate", .incident("INC-3"), prefer: "respond-async")
                try await eventually("INC-3 has a workspace") { try await outside.effects().creates == 2 }
                let cancel = try await up.intake.post(
                    "/incidents/INC-3/cancel",
                    ["reason": "a false alarm", "by": "ann"]
                )
                #expect(cancel.status == 202, "\(cancel.text)")
                try await eventually("INC-3 is cancelled") {
                    try await up.incident("INC-3")["state"]?.string == "cancelled"
                }
                try await up.untilReported(["INC-3"])
                let told = try await outside.incidents.get("/api/incidents/INC-3").json
                #expect(told["notes"]?.string?.contains("a false alarm") == true, "\(told)")
                #expect(try await outside.effects().scriptStarts == 1, "the script of INC-3 never ran")
            }
        }
    }

    /// Who may call intake.
    @Suite struct Callers {
        @Test func beyondLoopbackItDoesNotListenWithoutAToken() async throws {
            try await Scene.with { scene in
                let intake = try scene.start(
                    "intake",
                    [
                        "--topology", Repository.path("topology/local.yaml"), "--data", scene.data, "--listen",
                        "0.0.0.0:0",
                    ]
                )
                #expect(try await intake.exitCode() != 0)
                #expect(intake.output.contains("does not listen on 0.0.0.0:0 without a token"), "\(intake.output)")
                #expect(intake.output.contains("MENDLINE_TOKEN_FILE"), "it says what to do: \(intake.output)")
            }
        }

        @Test func withATokenOnlyItsHoldersAreServed() async throws {
            try await Scene.with { scene in
                let (up, outside) = try await scene.upLocal(environment: ["MENDLINE_TOKEN": "a-token-of-intake"])
                for token in [nil, "another-token", "a-token-of-intak"] {
                    var stranger = up.intake
                    stranger.token = token
                    for answer in [
                        try await stranger.get("/incidents"), try await stranger.get("/ready"),
                        try await stranger.post("/remediate", .incident("INC-1")),
                    ] {
                        #expect(answer.status == 401)
                        #expect(answer.headers.first("Content-Type") == "application/problem+json")
                        #expect(answer.headers.first("WWW-Authenticate") == "Bearer")
                    }
                    #expect(try await stranger.get("/health").status == 200)
                }
                #expect(try await outside.effects().creates == 0)
                #expect(try await up.intake.post("/remediate", .incident("INC-1")).status == 201)
            }
        }
    }
}

import Crypto
import Foundation
import HTTPClient
import Messages
import Testing

@testable import Intake

/// Who gets in, over real sockets.
@Suite("Who gets in", .timeLimit(.minutes(3)))
struct AccessTests {
    private static let tokens = "am send t-send\nviewer read t-read\nops read,operate t-ops\nt-plain"

    private func bearer(_ token: String) -> [String: String] { ["Authorization": "Bearer \(token)"] }

    @Test func everyCallNeedsItsScope() async throws {
        try await LiveIntake.with(tokens: Self.tokens) { intake in
            #expect(try await intake.post("I-1", headers: bearer("t-send")).status == 202)
            let calls: [(HTTPRequest.Method, String, String?, String, Int)] = [
                (.get, "/incidents", nil, "read", 200), (.get, "/incidents/I-1", nil, "read", 200),
                (.get, "/incidents/I-1/logs", nil, "read", 200), (.get, "/status/I-1", nil, "read", 200),
                (.get, "/ready", nil, "read", 503), (.get, "/metrics", nil, "read", 503),
                (.get, "/openapi.yaml", nil, "read", 200), (.head, "/incidents", nil, "read", 200),
                (.post, "/remediate", LiveIntake.incident("I-1"), "send", 200),
                (.post, "/incidents/I-404/cancel", #"{"reason":"x"}"#, "operate", 404),
            ]
            let holders = ["t-send": ["send"], "t-read": ["read"], "t-ops": ["read", "operate"]]
            for (method, path, body, scope, status) in calls {
                for (token, scopes) in holders {
                    let answer = try await intake.call(method, path, headers: bearer(token), body: body)
                    let what: Comment = "\(method) \(path) with \(token): \(answer)"
                    if scopes.contains(scope) {
                        #expect(answer.status == status, what)
                    } else {
                        #expect(answer.status == 403, what)
                        #expect(
                            answer.headers.first("WWW-Authenticate")
                                == "Bearer error=\"insufficient_scope\", scope=\"\(scope)\"",
                            what
                        )
                        guard method != .head else { continue }
                        #expect(answer.json["scope"]?.string == scope, what)
                        #expect(answer.json["type"]?.string == "urn:mendline:problem:missing-scope", what)
                    }
                }
                #expect(
                    try await intake.call(method, path, headers: bearer("t-plain"), body: body).status == status
                )
                for headers in [[:], bearer("t-sen"), bearer(""), ["Authorization": "Basic dDp0"]] {
                    let answer = try await intake.call(method, path, headers: headers, body: body)
                    #expect(answer.status == 401)
                    #expect(answer.headers.first("WWW-Authenticate") == "Bearer")
                }
            }
            #expect(try await intake.call(.get, "/health").status == 200)
            #expect(try await intake.call(.get, "/health/").status == 401)
            #expect(try await intake.call(.get, "/nothing").status == 401, "a stranger learns of no path")
        }
    }

    @Test(arguments: [("t-ops", "ops"), ("t-plain", "ann")])
    func whatAnOperatorDoesIsInTheTimelineByName(token: String, name: String) async throws {
        try await LiveIntake.with(tokens: Self.tokens) { intake in
            #expect(try await intake.post("I-1", headers: bearer("t-send")).status == 202)
            let cancel = try await intake.call(
                .post,
                "/incidents/I-1/cancel",
                headers: bearer(token),
                body: #"{"reason":"a false alarm","by":"ann"}"#
            )
            #expect(cancel.status == 202)
            let detail = try await intake.call(.get, "/incidents/I-1", headers: bearer("t-read")).json
            guard case .array(let timeline)? = detail["timeline"] else {
                Issue.record("no timeline: \(detail)")
                return
            }
            let cancelled = timeline.first { $0["type"]?.string == "incident.cancelled" }
            #expect(cancelled?["data"]?["by"]?.string == name, "\(timeline)")
        }
    }

    @Test func signedBodiesBringIncidentsAndNothingElse() async throws {
        try await LiveIntake.with(keys: "gh github key\nsw standard-webhooks whsec_\(Self.standardKey)") { intake in
            func headers(_ body: String, key: String = "key") -> [String: String] {
                let code = HMAC<SHA256>.authenticationCode(for: Data(body.utf8), using: .init(data: Data(key.utf8)))
                return [
                    "X-Hub-Signature-256": "sha256="
                        + code.map { byte in
                            (byte < 16 ? "0" : "") + String(byte, radix: 16)
                        }.joined(),
                    "Prefer": "respond-async",
                ]
            }
            let body = LiveIntake.incident("I-1")
            #expect(try await intake.call(.post, "/remediate", headers: headers(body), body: body).status == 202)
            #expect(
                try await intake.call(.post, "/remediate", headers: headers(body), body: body).status == 200,
                "a sender without a time repeats what it sent"
            )
            for wrong in [headers(body, key: "other"), headers(body + " "), [:]] {
                let answer = try await intake.call(.post, "/remediate", headers: wrong, body: body)
                #expect(answer.status == 401)
                #expect(answer.headers.first("WWW-Authenticate") == "Bearer")
            }
            let cancel = #"{"reason":"x"}"#
            let refused = try await intake.call(
                .post,
                "/incidents/I-1/cancel",
                headers: headers(cancel),
                body: cancel
            )
            #expect(refused.status == 403)
            #expect(refused.json["scope"]?.string == "operate")
            #expect(refused.json["title"]?.string == "A signature does not allow this")
        }
    }

    private static let standardKey = Data((0..<32).map { UInt8($0) }).base64EncodedString()

    @Test func aCopyOfASignedRequestIsTurnedAway() async throws {
        try await LiveIntake.with(keys: "sw standard-webhooks whsec_\(Self.standardKey)") { intake in
            func headers(_ id: String, _ body: String, late: Int64 = 0) -> [String: String] {
                let time = Int64(Date().timeIntervalSince1970) + late
                let code = HMAC<SHA256>.authenticationCode(
                    for: Data("\(id).\(time).\(body)".utf8),
                    using: .init(data: Data((0..<32).map { UInt8($0) }))
                )
                return [
                    "webhook-id": id, "webhook-timestamp": "\(time)",
                    "webhook-signature": "v1," + Data(code).base64EncodedString(), "Prefer": "respond-async",
                ]
            }
            let body = LiveIntake.incident("I-1")
            let first = headers("msg_1", body)
            #expect(try await intake.call(.post, "/remediate", headers: first, body: body).status == 202)
            #expect(try await intake.call(.post, "/remediate", headers: first, body: body).status == 401)
            #expect(
                try await intake.call(.post, "/remediate", headers: headers("msg_1", body, late: 1), body: body).status
                    == 200,
                "a sender that repeats signs anew"
            )
            for late in [-600, 600] as [Int64] {
                let answer = try await intake.call(
                    .post,
                    "/remediate",
                    headers: headers("msg_2", body, late: late),
                    body: body
                )
                #expect(answer.status == 401)
                #expect(answer.json["detail"]?.string?.contains("300 s") == true)
            }
            let wrong = headers("msg_3", "{}")
            for _ in 0..<2 {
                #expect(
                    try await intake.call(.post, "/remediate", headers: wrong, body: "{}").status == 422,
                    "what was not taken may come again"
                )
            }
        }
    }
}

import Foundation
import HTTPClient
import Messages
import TestSupport
import Testing

@testable import Intake

/// An incident's id is the sender's to choose: it stays one id wherever it stands.
@Suite("Ids of senders", .timeLimit(.minutes(3)))
struct IdentifierTests {
    static let odd = [
        "a b", "a/b", "../../etc/passwd", "a/../b", "..%2f..", "a%2Fb", "%00", "%", "a?follow=1", "a#b", "a;b=c", "a&b",
        "a+b", "a\\b", "\u{fc}\u{f1}", "\u{1f525}", "e\u{301}", "<script>alert(1)</script>",
        "'; DROP TABLE incidents; --",
        "\"quoted\"", "{data}", "${jndi:ldap://x}", "http://169.254.169.254/", "event: end", "data:x", "-rf", "~root",
        "...",
        String(repeating: "\u{1f525}", count: 200),
    ]

    @Test func eachHasOneAddressEverywhere() async throws {
        try await LiveIntake.with { intake in
            for id in Self.odd {
                let posted = try await intake.post(id)
                #expect(posted.status == 202, "\(id): \(posted)")
                let location = try #require(posted.headers.first("Location"))
                #expect(location.wholeMatch(of: /\/incidents\/[A-Za-z0-9._~%-]+/) != nil, "\(location)")
                for path in [location, location.replacing("/incidents/", with: "/status/")] {
                    let answer = try await intake.call(.get, path)
                    #expect(answer.status == 200, "\(path): \(answer)")
                    #expect(answer.json["incident_id"]?.string?.utf8.elementsEqual(id.utf8) == true, "\(path)")
                }
                #expect(try await intake.call(.post, location + "/cancel", body: #"{"reason":"x"}"#).status == 202)
                let stream = try RawConnection(port: intake.port)
                try await stream.send(
                    "GET \(location)/logs?follow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                )
                try await eventually("the log of \(id) ends") { stream.isGone() }
                let events = stream.received().matches(of: /event: (.*)\n/).map { String($0.1) }
                #expect(events == ["end"], "\(id): \(stream.received())")
            }
            let list = try await intake.call(.get, "/incidents?limit=1000").json
            guard case .array(let listed)? = list["incidents"] else {
                Issue.record("no list: \(list)")
                return
            }
            #expect(listed.count == Self.odd.count, "no two are one, and none is another")
        }
    }

    @Test(
        arguments: [
            "", " ", ".", "..", "mendline:sweep", "a\r\nSet-Cookie: x", "a\nb", "a\u{0}", "\u{1b}[2J", "a\u{7f}",
            "a\u{85}b",
            "a\u{2028}b", "a\u{2029}b", "\u{202e}cba", "a\u{2066}b", String(repeating: "a", count: 201),
            "a" + String(repeating: "\u{301}", count: 200),
        ]
    )
    func whatLooksLikeMoreThanAnIDIsRefused(id: String) {
        let incident: JSONValue = [
            "incident_id": .string(id),
            "service_name": .string(id.hasPrefix("mendline:") || id.hasPrefix(".") ? "\n" : id),
            "severity": "high", "description": "High CPU",
        ]
        guard case .failure(let failure) = IncidentReader.read(incident) else {
            Issue.record("\(id.debugDescription) was taken")
            return
        }
        #expect(failure.errors.map(\.field) == ["incident_id", "service_name"])
    }

    @Test func whatAnOperatorSaysIsBoundedToo() async throws {
        try await LiveIntake.with { intake in
            #expect(try await intake.post("I-1").status == 202)
            let accents = String(repeating: "\u{301}", count: 100_000)
            for reason in ["", "\n", "a\u{1b}[2J", "a" + accents, String(repeating: "a", count: 501)] {
                let body = CompactText.of(["reason": .string(reason)])
                #expect(try await intake.call(.post, "/incidents/I-1/cancel", body: body).status == 422)
            }
            let hostile = CompactText.of(["reason": "a", "by": .string("a" + accents)])
            #expect(try await intake.call(.post, "/incidents/I-1/cancel", body: hostile).status == 422)
            let body = CompactText.of(["reason": "a", "by": "ann"])
            #expect(try await intake.call(.post, "/incidents/I-1/cancel", body: body).status == 202)
            let detail = CompactText.of(try await intake.call(.get, "/incidents/I-1").json)
            #expect(detail.contains(#""by":"ann""#))
        }
    }
}

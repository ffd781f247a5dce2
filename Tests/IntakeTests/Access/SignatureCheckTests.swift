import Foundation
import Secrets
import Testing

@testable import Intake

/// Signed bodies: each scheme's published vector, and every way in which a signature does not count.
@Suite("Signed bodies")
struct SignatureCheckTests {
    struct Vector: Sendable {
        var line: String
        var body: String
        var headers: [String: String]
        var now: Int64 = 0
        var isTimed = false
    }

    static let github = Vector(
        line: "gh github It's a Secret to Everybody",
        body: "Hello, World!",
        headers: [
            "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        ]
    )
    static let pagerDuty = Vector(
        line: "pd pagerduty secret",
        body: #"{"event":{"id":"01"}}"#,
        headers: ["X-PagerDuty-Signature": "v1=cf3f2d9bd59858110d7f83800c0c5dc6ceeb36e5b0f67f67d1963acdb0d6b6b7"]
    )
    static let grafana = Vector(
        line: "gf grafana,timestamp-header=X-Time secret",
        body: #"{"event":{"id":"01"}}"#,
        headers: [
            "X-Grafana-Alerting-Signature": "b885399293c9d29cb1b448a517e0de4b1b6e8dc51b366eb18bc0e1c065f7ca14",
            "X-Time": "1700000000",
        ],
        now: 1_700_000_000,
        isTimed: true
    )
    static let standard = Vector(
        line: "sw standard-webhooks whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        body: #"{"test": 2432232314}"#,
        headers: [
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ],
        now: 1_614_265_330,
        isTimed: true
    )
    static let vectors = [github, pagerDuty, grafana, standard]

    private func check(
        _ vector: Vector,
        keys: String? = nil,
        body: String? = nil,
        headers: [String: String?] = [:],
        now: Int64? = nil
    ) throws -> SignatureCheck.Finding {
        let all = merged(vector, headers)
        return SignatureCheck.check(
            Data((body ?? vector.body).utf8),
            try SignatureKeys(keys ?? vector.line),
            now: now ?? vector.now,
            header: { all[$0] }
        )
    }

    private func head(
        _ vector: Vector,
        keys: String? = nil,
        headers: [String: String?] = [:],
        now: Int64? = nil
    ) throws -> SignatureCheck.Head {
        let all = merged(vector, headers)
        return SignatureCheck.checkHead(
            try SignatureKeys(keys ?? vector.line),
            now: now ?? vector.now,
            header: { all[$0] }
        )
    }

    /// The vector's headers with these instead of its own; nil takes one away.
    private func merged(_ vector: Vector, _ headers: [String: String?]) -> [String: String] {
        vector.headers.merging(headers.compactMapValues { $0 }) { $1 }.filter { headers[$0.key] != .some(nil) }
    }

    private func signer(_ finding: SignatureCheck.Finding) -> String? {
        if case .signed(let signed) = finding { signed.name } else { nil }
    }

    @Test(arguments: vectors) func countsAsPublished(vector: Vector) throws {
        guard case .signed(let signed) = try check(vector) else {
            Issue.record("\(vector.line) was not taken")
            return
        }
        #expect(signed.name == vector.line.split(separator: " ")[0])
        #expect((signed.mark != nil) == vector.isTimed)
        // Among all the others, too.
        let keys = Self.vectors.map(\.line).joined(separator: "\n")
        #expect(signer(try check(vector, keys: keys)) == signed.name)
    }

    @Test(arguments: vectors) func nothingElseCounts(vector: Vector) throws {
        let spoiledKey =
            vector.line.hasPrefix("sw")
            ? vector.line.replacing("Lw", with: "Lx").replacing("LaSw", with: "LaSx")
            : vector.line + "x"
        #expect(try check(vector, body: vector.body + " ") == .refused(.mismatch))
        #expect(try check(vector, body: "") == .refused(.mismatch))
        #expect(try check(vector, keys: spoiledKey) == .refused(.mismatch))
        #expect(try check(vector, headers: vector.headers.mapValues { _ in nil }) == .unsigned)
        let header = try SignatureKeys(vector.line).all[0].scheme.header
        for value in ["", "x", "sha256=", "v1=", "v1,", "v1,aaaa", "v2=" + (vector.headers[header] ?? "").dropFirst(3)]
        {
            #expect(try check(vector, headers: [header: value]) == .refused(.malformed(header: header)), "\(value)")
        }
    }

    @Test(arguments: [grafana, standard]) func onlyWithinTheWindow(vector: Vector) throws {
        for late in [-300, -1, 1, 300] as [Int64] {
            #expect(signer(try check(vector, now: vector.now + late)) != nil, "\(late)")
        }
        for late in [-301, 301, 86_400, -86_400] as [Int64] {
            #expect(try check(vector, now: vector.now + late) == .refused(.outsideWindow), "\(late)")
        }
        let timeHeader = vector.headers["X-Time"] == nil ? "webhook-timestamp" : "X-Time"
        for value in [nil, "", "-1", "+1", " 1700000000", "1.7e9", "1700000000000", "\u{661}"] as [String?] {
            #expect(
                try check(vector, headers: [timeHeader: value]) == .refused(.malformed(header: timeHeader)),
                "\(value ?? "none")"
            )
        }
        #expect(
            try check(vector, headers: [timeHeader: "\(vector.now + 1)"]) == .refused(.mismatch),
            "the time is signed"
        )
    }

    @Test(arguments: vectors) func theHeadAloneTellsWhatNoBodyMakesCount(vector: Vector) throws {
        let header = try SignatureKeys(vector.line).all[0].scheme.header
        #expect(try head(vector) == .bodyDecides)
        #expect(try head(vector, headers: vector.headers.mapValues { _ in nil }) == .unsigned)
        for value in ["", "x", "sha256=", "sha256=00", "v1=00", "v1,aaaa"] {
            #expect(try head(vector, headers: [header: value]) == .refused(.malformed(header: header)), "\(value)")
        }
        for late in [-300, 300] as [Int64] {
            #expect(try head(vector, now: vector.now + late) == .bodyDecides, "\(late)")
        }
        for late in [-301, 301] as [Int64] {
            let expected = vector.isTimed ? SignatureCheck.Head.refused(.outsideWindow) : .bodyDecides
            #expect(try head(vector, now: vector.now + late) == expected, "\(late)")
        }
        // One signature that may count is enough.
        let keys = Self.vectors.map(\.line).joined(separator: "\n")
        let other = vector.line.hasPrefix("gh") ? "X-PagerDuty-Signature" : "X-Hub-Signature-256"
        #expect(try head(vector, keys: keys, headers: [other: "x"]) == .bodyDecides)
    }

    @Test func theHeadNeedsAllThatIsSignedBesideTheBody() throws {
        for header in ["webhook-id", "webhook-timestamp"] {
            #expect(try head(Self.standard, headers: [header: nil]) == .refused(.malformed(header: header)))
        }
        #expect(try head(Self.grafana, headers: ["X-Time": "soon"]) == .refused(.malformed(header: "X-Time")))
    }

    @Test func oneOfSeveralKeysAndCodesIsEnough() throws {
        let code = try #require(Self.pagerDuty.headers["X-PagerDuty-Signature"])
        let other = "v1=" + String(repeating: "0", count: 64)
        for value in ["\(other),\(code)", "\(code), \(other)", "v2=abc,\(code)", code.replacing("cf3f", with: "CF3F")] {
            #expect(signer(try check(Self.pagerDuty, headers: ["X-PagerDuty-Signature": value])) == "pd", "\(value)")
        }
        let tooMany = Array(repeating: other, count: 8).joined(separator: ",") + "," + code
        #expect(
            try check(Self.pagerDuty, headers: ["X-PagerDuty-Signature": tooMany])
                == .refused(.malformed(header: "X-PagerDuty-Signature"))
        )
        #expect(signer(try check(Self.pagerDuty, keys: "old pagerduty other\n\(Self.pagerDuty.line)")) == "pd")
        let code2 = try #require(Self.standard.headers["webhook-signature"])
        #expect(signer(try check(Self.standard, headers: ["webhook-signature": "v1a,QUJD \(code2)"])) == "sw")
    }

    @Test func anIDIsOnePartOfWhatIsSigned() throws {
        for id in [nil, "", "a.b", String(repeating: "x", count: 257)] as [String?] {
            #expect(try check(Self.standard, headers: ["webhook-id": id]) == .refused(.malformed(header: "webhook-id")))
        }
        #expect(try check(Self.standard, headers: ["webhook-id": "other"]) == .refused(.mismatch))
    }

    @Test func grafanasHeadersAreTheUsersChoice() throws {
        let vector = Vector(
            line: "gf grafana,header=X-Mine secret",
            body: Self.pagerDuty.body,
            headers: ["X-Mine": "cf3f2d9bd59858110d7f83800c0c5dc6ceeb36e5b0f67f67d1963acdb0d6b6b7"]
        )
        #expect(signer(try check(vector)) == "gf")
        #expect(
            try check(Self.grafana, headers: ["X-Time": nil]) == .refused(.malformed(header: "X-Time")),
            "whoever signs with a time may not leave it out"
        )
    }

    @Test(
        arguments: [
            ("", "no key"), ("a github", "line 1 is not"), ("\na gitlab s3cret", "line 2 has a scheme"),
            ("a github,x=y s3cret", "line 1 has a scheme"), ("a grafana,header= s3cret", "line 1 has an option"),
            ("a grafana,colour=red s3cret", "line 1 has an option"),
            ("a/b github s3cret", "line 1 begins with no name"),
            ("a standard-webhooks s3cret", "line 1: the key"),
            ("a standard-webhooks whsec_c2hvcnQ=", "line 1: the key"),
            ((0...32).map { "k\($0) github s3cret" }.joined(separator: "\n"), "over 32"),
        ]
    )
    func aListSaysWhatIsWrongAndNotTheKey(text: String, problem: String) throws {
        let error = try #require(throws: SecretError.self) { _ = try SignatureKeys(text) }
        #expect(error.what.contains(problem), "\(error.what)")
        #expect(!error.what.contains("s3cret"))
    }
}

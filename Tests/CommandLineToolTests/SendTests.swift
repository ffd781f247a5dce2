import Foundation
import Messages
import Synchronization
import Testing

@testable import CommandLineTool

@Suite struct RetryPolicyTests {
    @Test(arguments: [
        (1, 0.0, 100), (1, 1.0, 200), (2, 1.0, 400), (3, 0.5, 600), (6, 1.0, 5000), (100, 0.0, 2500),
    ])
    func wait(failures: Int, random: Double, milliseconds: Int) {
        let policy = RetryPolicy(total: .seconds(300))
        #expect(policy.wait(failures: failures, retryAfter: nil, random: random) == .milliseconds(milliseconds))
    }

    @Test func whatTheAnswerAsksForIsHonoured() {
        let policy = RetryPolicy(total: .seconds(300))
        #expect(policy.wait(failures: 1, retryAfter: .seconds(7), random: 0) == .seconds(7))
        #expect(policy.wait(failures: 6, retryAfter: .seconds(1), random: 1) == .seconds(5))
    }

    @Test func thereIsAnEnd() {
        let start = ContinuousClock.now
        var attempts = RetryPolicy(total: .seconds(10)).begin(at: start)
        #expect(attempts.next(after: nil, now: start, random: 1) == .milliseconds(200))
        #expect(attempts.next(after: .seconds(11), now: start, random: 1) == nil)
        #expect(attempts.next(after: nil, now: start + .seconds(10), random: 1) == nil)
        #expect(attempts.failures == 3)
    }

    @Test(arguments: [
        ("5", 5), ("0", 0), ("99999", 3600), ("-1", nil), ("Mon, 23 Nov 2026 18:00:00 GMT", nil), (nil, nil),
    ])
    func retryAfter(value: String?, seconds: Int?) {
        #expect(RetryAfter.parse(value) == seconds.map { .seconds($0) })
    }
}

@Suite struct PercentileTests {
    @Test func nearestRank() {
        let values = (1...200).map { Duration.milliseconds($0) }
        #expect(Percentile.of(values, 50) == .milliseconds(100))
        #expect(Percentile.of(values, 95) == .milliseconds(190))
        #expect(Percentile.of(values, 99) == .milliseconds(198))
        #expect(Percentile.of(values, 100) == .milliseconds(200))
        #expect(Percentile.of([.seconds(1)], 99) == .seconds(1))
        #expect(Percentile.of([], 50) == nil)
    }
}

@Suite struct SendReportTests {
    private func tally(_ ends: [SendOutcome.End]) -> SendTally {
        var tally = SendTally()
        for (index, end) in ends.enumerated() {
            tally.add(
                SendOutcome(id: "I-\(index + 1)", end: end, took: .milliseconds(100 * (index + 1)), repeated: ["503"])
            )
        }
        return tally
    }

    @Test func everythingWell() {
        let tally = tally([
            .finished(verdict: "succeeded"), .finished(verdict: "succeeded"), .finished(verdict: "script_failed"),
            .declined,
        ])
        #expect(tally.isComplete)
        #expect(
            SendReport(tally, elapsed: .seconds(2), waited: true).lines(.none) == [
                "4 incidents in 2.00 s, 2.0/s",
                "  accepted         3",
                "  declined         1",
                "  finished         2 succeeded, 1 script_failed",
                "  lost             0",
                "  repeated         4 503",
                "  POST to verdict  p50 200 ms  p95 400 ms  p99 400 ms  max 400 ms",
            ]
        )
    }

    @Test(arguments: [
        SendOutcome.End.lost("no answer"), .refused("422"), .withoutVerdict("no verdict within 1 s"),
    ])
    func whatIsLostIsSaidAndIsAFailure(end: SendOutcome.End) {
        let tally = tally([.accepted, end])
        #expect(!tally.isComplete)
        let lines = SendReport(tally, elapsed: .seconds(1), waited: false).lines(.none)
        #expect(lines.last?.hasPrefix("  ! I-2: ") == true)
        #expect(lines.contains("  POST to answer  p50 100 ms  p95 100 ms  p99 100 ms  max 100 ms"))
    }

    @Test func asJSON() throws {
        let report = SendReport(tally([.finished(verdict: "succeeded")]), elapsed: .seconds(1), waited: true)
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(CompactJSON.text(report).utf8))
        #expect(json["verdicts"]?["succeeded"] == 1)
        #expect(json["latency_ms"]?["p95"] == 100)
        #expect(json["lost"] == 0)
        #expect(json["without_verdict"] == 0)
    }
}

@Suite(.timeLimit(.minutes(3))) struct SenderTests {
    private func incidents(_ count: Int) -> [IncidentRequest] {
        (1...count).map { .init(incidentID: "I-\($0)", serviceName: "s", severity: "high", description: "d") }
    }

    private func sender(_ server: ScriptedServer, waits: Bool, retryFor: Duration = .seconds(300)) -> Sender {
        Sender(
            client: IntakeClient(base: server.url, token: nil),
            concurrency: 2,
            rate: nil,
            waits: waits,
            retryFor: retryFor,
            waitFor: .seconds(300)
        )
    }

    private static func detail(_ state: String, _ verdict: String?) -> String {
        let verdict = verdict.map { "\"\($0)\"" } ?? "null"
        return """
            {"incident_id":"I-1","service_name":"s","severity":"high","state":"\(state)","verdict":\(verdict),
             "received_at":"2026-11-23T18:00:00Z","timeline":[]}
            """
    }

    @Test func whatIsCutOrAnswered5xxIsSentAgainUnderTheSameID() async throws {
        let server = try ScriptedServer { request, number in
            switch number {
            case 1: .cut
            case 2: .answer(503, headers: ["Retry-After": "0"], body: #"{"title":"Not now","detail":"draining"}"#)
            case 3: .answer(502, body: "a proxy's page")
            case 4: .answer(202, body: #"{"incident_id":"I-1","state":"waiting"}"#)
            case 5: .answer(200, body: SenderTests.detail("running", nil))
            case 6: .cut
            default: .answer(200, body: SenderTests.detail("finished", "succeeded"))
            }
        }
        defer { server.close() }
        let tally = await sender(server, waits: true).send(incidents(1)) { _, _ in }
        #expect(tally.verdicts == ["succeeded": 1])
        #expect(tally.isComplete)
        #expect(tally.repeated == ["cut": 2, "503": 1, "502": 1])
        let posts = server.requests.filter { $0.method == "POST" }
        #expect(posts.count == 4)
        #expect(Set(posts.map(\.body)).count == 1)
        #expect(posts.allSatisfy { $0.headers["prefer"] == "respond-async" })
        #expect(
            server.requests.filter { $0.method == "GET" }.allSatisfy {
                $0.headers["prefer"] == "wait=10" && $0.target == "/incidents/I-1"
            }
        )
    }

    @Test func whatCanNeverSucceedIsNotRepeated() async throws {
        let server = try ScriptedServer { _, _ in
            .answer(
                422,
                body:
                    #"{"title":"Not an incident","detail":"x","errors":[{"field":"severity","message":"must be a text"}]}"#
            )
        }
        defer { server.close() }
        let tally = await sender(server, waits: false).send(incidents(3)) { _, _ in }
        #expect(tally.refused == 3)
        #expect(!tally.isComplete)
        #expect(server.requests.count == 3)
        #expect(tally.complaints.first?.contains("severity: must be a text") == true)
    }

    @Test func declinedIsNotLost() async throws {
        let server = try ScriptedServer { _, _ in
            .answer(
                400,
                body: #"{"title":"Not remediated by machine","detail":"x","reasons":[{"code":"c","message":"m"}]}"#
            )
        }
        defer { server.close() }
        let tally = await sender(server, waits: true).send(incidents(2)) { _, _ in }
        #expect(tally.declined == 2)
        #expect(tally.isComplete)
    }

    @Test func whatIsNeverAnsweredIsLost() async throws {
        let server = try ScriptedServer { _, _ in .answer(503, headers: ["Retry-After": "60"], body: "") }
        defer { server.close() }
        let tally = await sender(server, waits: false, retryFor: .seconds(1)).send(incidents(2)) { _, _ in }
        #expect(tally.lost == 2)
        #expect(!tally.isComplete)
    }

    @Test func noMoreThanAskedForAreUnderWay() async throws {
        let server = try ScriptedServer { _, _ in .answer(202, body: #"{"state":"waiting"}"#) }
        defer { server.close() }
        var most = 0
        let tally = await sender(server, waits: false).send(incidents(20)) { _, open in most = max(most, open) }
        #expect(tally.accepted == 20)
        #expect(most <= 2)
        #expect(Set(server.requests.map(\.body)).count == 20)
    }
}

@Suite(.timeLimit(.minutes(3))) struct OutcomeLogTests {
    @Test(arguments: [
        (SendOutcome.End.accepted, #""end":"accepted","#, nil), (.declined, #""end":"declined","#, nil),
        (.cancelled, #""end":"cancelled","#, nil),
        (.finished(verdict: "succeeded"), #""end":"finished","#, #","verdict":"succeeded"}"#),
        (.refused("no"), #""end":"refused","#, #","why":"no"}"#),
        (.lost("gone"), #""end":"lost","#, #","why":"gone"}"#),
        (.withoutVerdict("late"), #""end":"without_verdict","#, #","why":"late"}"#),
    ])
    func aLineForEachEnd(end: SendOutcome.End, word: String, last: String?) throws {
        let outcome = SendOutcome(id: "I-1", end: end, took: .milliseconds(1500), repeated: ["503", "cut"])
        let time = try #require(Timestamp("2026-11-23T18:00:01.000Z"))
        let line = CompactJSON.text(OutcomeLine(outcome, endedAt: time))
        #expect(line.hasPrefix("{" + word + #""ended_at":"2026-11-23T18:00:01.000Z","incident_id":"I-1","#))
        #expect(line.contains(#""repeated":["503","cut"],"took_ms":1500"#))
        #expect(line.hasSuffix(last ?? #""took_ms":1500}"#))
    }

    @Test func theFileIsBegunAnewAndHasALineForEach() async throws {
        let server = try ScriptedServer { _, _ in .answer(202, body: #"{"state":"waiting"}"#) }
        defer { server.close() }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("each-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("of another run\n".utf8).write(to: URL(fileURLWithPath: path))
        let log = try OutcomeLog(path: path)
        var sender = Sender(
            client: IntakeClient(base: server.url, token: nil),
            concurrency: 2,
            rate: nil,
            waits: false,
            retryFor: .seconds(300),
            waitFor: .seconds(300)
        )
        sender.each = { log.write($0, at: .now) }
        let incidents = (1...5).map {
            IncidentRequest(incidentID: "I-\($0)", serviceName: "s", severity: "high", description: "d")
        }
        _ = await sender.send(incidents) { _, _ in }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines.allSatisfy { $0.hasPrefix(#"{"end":"accepted","#) })
        #expect(log.failure == nil)
    }

    @Test func linesThatCannotBeWrittenAreCountedAndToldWhy() throws {
        let log = try OutcomeLog(path: "/dev/full")
        #expect(log.failure == nil)
        for number in 1...2 {
            log.write(SendOutcome(id: "I-\(number)", end: .accepted, took: .zero), at: Timestamp(milliseconds: 0))
        }
        let failure = try #require(log.failure)
        #expect(failure.code == 1)
        #expect(failure.message.hasPrefix("--each /dev/full lacks 2 lines: No space left on device; "))
    }

    @Test func sendFailsAtItsEndWhereALineIsMissing() async throws {
        let server = try ScriptedServer { _, _ in .answer(202, body: #"{"state":"waiting"}"#) }
        defer { server.close() }
        let printed = Mutex((output: "", errors: ""))
        let console = Console(output: .none, diagnostics: .none) { stream, text in
            printed.withLock { if stream == .output { $0.output += text } else { $0.errors += text } }
        }
        let code = await CommandLineTool.run(
            arguments: ["send", "--intake", server.url, "--each", "/dev/full"],
            context: CommandContext(environment: [:], console: console)
        )
        let (output, errors) = printed.withLock { ($0.output, $0.errors) }
        #expect(code == 1)
        #expect(output.contains("accepted"), "the report comes all the same: \(output)")
        #expect(errors.hasPrefix("--each /dev/full lacks 1 lines: No space left on device"), "\(errors)")
    }

    @Test func aFileThatCannotBeWrittenIsSaid() {
        #expect(throws: CommandFailure.self) { try OutcomeLog(path: "/nonexistent/each") }
    }
}

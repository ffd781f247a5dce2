import Foundation
import Messages
import Secrets
import Synchronization
import Testing

@testable import CommandLineTool

@Suite(.timeLimit(.minutes(3))) struct IntakeClientTests {
    @Test(arguments: [
        ("INC-1", "INC-1"), ("a/b c?d#e", "a%2Fb%20c%3Fd%23e"), ("ü%", "%C3%BC%25"), ("..", "%2E%2E"),
        ("a.b~c_d", "a.b~c_d"),
    ])
    func percentEncoding(text: String, expected: String) { #expect(PercentEncoding.component(text) == expected) }

    @Test func idsAndFiltersAreEncodedAndTheTokenIsSent() async throws {
        let server = try ScriptedServer { _, _ in .answer(200, body: #"{"incidents":[],"next":null}"#) }
        defer { server.close() }
        let client = IntakeClient(base: server.url + "/", token: .fixed("s3cret"))
        _ = try await client.incidents(state: "running", service: "a&b", limit: 5)
        _ = try await client.incident("INC/1 ü", wait: 10)
        await client.close()
        #expect(
            server.requests.map(\.target) == [
                "/incidents?state=running&service=a%26b&limit=5", "/incidents/INC%2F1%20%C3%BC",
            ]
        )
        #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer s3cret" })
        #expect(server.requests.last?.headers["prefer"] == "wait=10")
    }

    @Test(arguments: [
        (
            201, #"{"incident_id":"I","workspace_id":"w","workspace_name":"n","status":"provisioning","url":"u"}"#,
            RemediateAnswer.created(
                .init(incidentID: "I", workspaceID: "w", workspaceName: "n", status: "provisioning", url: "u")
            )
        ),
        (202, #"{"incident_id":"I","state":"waiting","verdict":null}"#, .accepted(state: "waiting")),
        (
            200, #"{"incident_id":"I","state":"finished","verdict":"succeeded"}"#,
            .known(state: "finished", verdict: "succeeded")
        ),
    ])
    func remediate(status: Int, body: String, expected: RemediateAnswer) async throws {
        let server = try ScriptedServer { _, _ in .answer(status, body: body) }
        defer { server.close() }
        let client = IntakeClient(base: server.url, token: nil)
        let incident = IncidentRequest(
            incidentID: "I",
            serviceName: "s",
            severity: "high",
            description: "d",
            targetServiceToken: "t"
        )
        #expect(try await client.remediate(incident, answersAtOnce: false) == expected)
        await client.close()
        let request = try #require(server.requests.first)
        #expect(request.headers["prefer"] == nil)
        #expect(request.headers["authorization"] == nil)
        let sent = try JSONDecoder().decode(JSONValue.self, from: Data(request.body.utf8))
        #expect(
            sent == [
                "incident_id": "I", "service_name": "s", "severity": "high", "description": "d",
                "target_service_token": "t",
            ]
        )
    }

    @Test(arguments: [
        (400, #"{"title":"Not JSON","detail":"a comma at byte 7"}"#, "Not JSON: a comma at byte 7", false),
        (401, #"{"title":"No token","detail":"show one"}"#, "MENDLINE_TOKEN", false),
        (409, #"{"title":"Known","detail":"with another severity"}"#, "Known: with another severity", false),
        (
            422, #"{"title":"Not an incident","detail":"x","errors":[{"field":"severity","message":"is missing"}]}"#,
            "\n  severity: is missing", false
        ),
        (500, "oops", "HTTP status 500 without an explanation", true),
        (502, #"{"title":"Bad gateway","detail":"of a proxy"}"#, "Bad gateway", true),
        (503, #"{"title":"Not now","detail":"draining"}"#, "Not now: draining", true),
    ])
    func refusals(status: Int, body: String, text: String, isTransient: Bool) async throws {
        let server = try ScriptedServer { _, _ in .answer(status, headers: ["Retry-After": "3"], body: body) }
        defer { server.close() }
        let client = IntakeClient(base: server.url, token: nil)
        let incident = IncidentRequest(incidentID: "I", serviceName: "s", severity: "high", description: "d")
        let error = await #expect(throws: IntakeError.self) {
            _ = try await client.remediate(incident, answersAtOnce: true)
        }
        await client.close()
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
        #expect(error?.isTransient == isTransient)
        #expect(error?.retryAfter == .seconds(3))
    }

    @Test func anIncidentThatIsNotThere() async throws {
        let server = try ScriptedServer { _, _ in .answer(404, body: #"{"title":"Not found","detail":"x"}"#) }
        defer { server.close() }
        let client = IntakeClient(base: server.url, token: nil)
        let error = await #expect(throws: IntakeError.self) { _ = try await client.incident("INC-9") }
        await client.close()
        #expect(error?.message == "there is no incident INC-9 at \(server.url); `mendline incidents` lists them")
    }

    @Test func nobodyThere() async throws {
        let server = try ScriptedServer { _, _ in .cut }
        server.close()
        let client = IntakeClient(base: server.url, token: nil)
        let error = await #expect(throws: IntakeError.self) { _ = try await client.readiness() }
        await client.close()
        #expect(error?.message.contains("mendline up") == true)
        #expect(error?.isTransient == true)
    }

    @Test func anAnswerOfSomethingElse() async throws {
        let server = try ScriptedServer { _, _ in .answer(200, body: "<html>") }
        defer { server.close() }
        let client = IntakeClient(base: server.url, token: nil)
        let error = await #expect(throws: IntakeError.self) { _ = try await client.readiness() }
        await client.close()
        #expect(error?.kind == .badAnswer)
    }

    @Test func readinessNamesWhatIsMissing() async throws {
        let body = """
            {"ready":false,"open_incidents":0,"problems":["disk full","token expired"],"stages":[
             {"stage":"validator","processes":1,"capacity":64,"held":0,"waiting":0,"trouble":null,"ready":true},
             {"stage":"reporter","processes":0,"capacity":0,"held":0,"waiting":0,"ready":false},
             {"stage":"provisioner","processes":1,"capacity":64,"held":0,"waiting":0,"trouble":"token expired","ready":false}]}
            """
        let server = try ScriptedServer { _, _ in .answer(503, body: body) }
        defer { server.close() }
        let client = IntakeClient(base: server.url, token: nil)
        let readiness = try await client.readiness()
        await client.close()
        #expect(!readiness.ready)
        #expect(
            readiness.missing == [
                "no process of stage reporter was heard of lately", "token expired",
                "disk full",
            ]
        )
    }

    @Test func theLogIsFollowedToItsEnd() async throws {
        let server = try ScriptedServer { _, _ in
            .stream([
                ": waiting\n\n", "event: line\nda", "ta: 1\n\nevent: line\ndata: 2\n\n",
                "event: end\ndata: {}\n\nevent: line\ndata: 3\n\n",
            ])
        }
        defer { server.close() }
        let client = IntakeClient(base: server.url, token: nil)
        var events: [String] = []
        try await client.follow("I") { event in
            events.append("\(event.name) \(event.data)")
            return event.name != "end"
        }
        await client.close()
        #expect(events == ["line 1", "line 2", "end {}"])
        #expect(server.requests.first?.target == "/incidents/I/logs?follow=true")
    }

    @Test func theTokenIsInNoDescription() {
        let incident = IncidentRequest(
            incidentID: "I",
            serviceName: "s",
            severity: "high",
            description: "d",
            targetServiceToken: "s3cret"
        )
        var dumped = ""
        dump(incident, to: &dumped)
        #expect(!"\(incident) \(String(reflecting: incident)) \(dumped)".contains("s3cret"))
    }
}

@Suite(.timeLimit(.minutes(3))) struct CommandTests {
    /// Runs a command and gives its exit code and what it printed.
    private func run(
        _ arguments: [String],
        environment: [String: String] = [:]
    ) async -> (code: Int32, output: String, errors: String) {
        let printed = Printed()
        let console = Console(output: .none, diagnostics: .none, write: printed.add)
        let code = await CommandLineTool.run(
            arguments: arguments,
            context: CommandContext(environment: environment, console: console)
        )
        return (code, printed.output, printed.errors)
    }

    @Test func version() async {
        let result = await run(["--version"])
        #expect(result.code == 0)
        #expect(result.output == "\(CommandLineTool.version)\n")
    }

    @Test(arguments: ["up", "send", "incidents", "show", "logs", "cancel", "check", "ledger"])
    func everyCommandTeachesByExample(command: String) async {
        let result = await run([command, "--help"])
        #expect(result.code == 0)
        #expect(result.output.contains("Example"))
        #expect(result.output.contains("  mendline \(command)"))
    }

    @Test(arguments: [
        (["send", "--count", "0"], "--count"), (["send", "--concurrency", "9999"], "--concurrency"),
        (["send", "--rate", "-1"], "--rate"), (["incidents", "--state", "odd"], "--state is one of waiting"),
        (["incidents", "--verdict", "odd"], "--verdict is one of succeeded"),
        (["incidents", "--limit", "0"], "--limit"),
        (["show"], "Missing expected argument"), (["cancel", "INC-1"], "--reason"),
        (["up", "--once"], "--samples"), (["up", "--listen", "8000"], "--listen"),
        (["show", "I", "--intake", "127.0.0.1:8000"], "--intake is a URL"), (["nonsense"], "nonsense"),
    ])
    func aWrongCommandLineIsExplained(arguments: [String], text: String) async {
        let result = await run(arguments)
        #expect(result.code == 64)
        #expect(result.errors.contains(text), "\(result.errors)")
        #expect(result.output == "")
    }

    @Test func showPrintsJSONAsItCame() async throws {
        let server = try ScriptedServer { _, _ in .answer(200, body: IncidentTextTests.detail) }
        defer { server.close() }
        let raw = await run(["show", "INC-1", "--json", "--intake", server.url])
        #expect(raw.output == IncidentTextTests.detail + "\n")
        let text = await run(["show", "INC-1", "--intake", server.url])
        #expect(text.output.hasPrefix("INC-1  script_failed (exit code 3)\n"))
    }

    @Test func theTokenComesFromTheEnvironmentAndIsNotPrinted() async throws {
        let server = try ScriptedServer { _, _ in .answer(401, body: #"{"title":"Wrong token","detail":"x"}"#) }
        defer { server.close() }
        let result = await run(["incidents", "--intake", server.url], environment: ["MENDLINE_TOKEN": "s3cret"])
        #expect(result.code == 1)
        #expect(server.requests.first?.headers["authorization"] == "Bearer s3cret")
        #expect(!result.errors.contains("s3cret"))
    }

    @Test func aCancelSaysWhoAndWhy() async throws {
        let server = try ScriptedServer { _, _ in .answer(202, body: "{}") }
        defer { server.close() }
        let result = await run(
            ["cancel", "INC 1", "--reason", "false \"alarm\"", "--intake", server.url],
            environment: ["USER": "alice"]
        )
        #expect(result.code == 0)
        #expect(server.requests.first?.target == "/incidents/INC%201/cancel")
        #expect(server.requests.first?.body == #"{"by":"alice","reason":"false \"alarm\""}"#)
    }

    @Test func logsAreReadPageByPage() async throws {
        let line: @Sendable (Int) -> String = { number in
            #"{"log":"agent/1","line":\#(number),"time":"2026-11-23T18:00:01Z","level":"info","source":"s","text":"line \#(number)"}"#
        }
        let server = try ScriptedServer { request, _ in
            switch request.target {
            case "/incidents/I/logs":
                .answer(200, body: #"{"incident_id":"I","lines":[\#(line(1)),\#(line(2))],"next":2}"#)
            case "/incidents/I/logs?after=2": .answer(200, body: #"{"incident_id":"I","lines":[\#(line(3))],"next":3}"#)
            default: .answer(200, body: #"{"incident_id":"I","lines":[],"next":3}"#)
            }
        }
        defer { server.close() }
        let result = await run(["logs", "I", "--intake", server.url])
        #expect(result.output == (1...3).map { "18:00:01.000  info   [s] line \($0)\n" }.joined())
    }

    @Test func aFollowedLogGoesOnAfterACutAndShowsNoLineTwice() async throws {
        let event: @Sendable (Int) -> String = { number in
            "event: line\ndata: {\"log\":\"a\",\"line\":\(number),\"time\":\"2026-11-23T18:00:01Z\",\"level\":\"info\",\"source\":\"s\",\"text\":\"t\(number)\"}\n\n"
        }
        let server = try ScriptedServer { _, number in
            switch number {
            case 1: .stream([event(1), event(2)])
            case 2: .answer(503, headers: ["Retry-After": "0"])
            default: .stream([event(1), event(2), event(3), "event: end\ndata: {\"verdict\":\"succeeded\"}\n\n"])
            }
        }
        defer { server.close() }
        let result = await run(["logs", "I", "-f", "--intake", server.url])
        #expect(result.code == 0)
        #expect(result.output == (1...3).map { "18:00:01.000  info   [s] t\($0)\n" }.joined())
        #expect(result.errors == "the end: succeeded\n")
    }

    @Test func sendTellsWhatIsLostByItsExitCode() async throws {
        let server = try ScriptedServer { request, _ in
            request.body.contains("X-2")
                ? .answer(422, body: #"{"title":"t","detail":"d"}"#) : .answer(202, body: #"{"state":"waiting"}"#)
        }
        defer { server.close() }
        let good = await run(["send", "--count", "3", "--id", "Y", "--json", "--intake", server.url])
        #expect(good.code == 0)
        #expect(good.output.contains(#""accepted":3"#))
        let bad = await run(["send", "--count", "3", "--id", "X", "--intake", server.url])
        #expect(bad.code == 1)
        #expect(bad.output.contains("  ! X-2: t: d\n"))
        let ids = server.requests.compactMap { request in
            (try? JSONDecoder().decode(JSONValue.self, from: Data(request.body.utf8)))?["incident_id"]?.string
        }
        #expect(Set(ids) == ["Y-1", "Y-2", "Y-3", "X-1", "X-2", "X-3"])
    }

    @Test func oneIncidentIsAnsweredInWords() async throws {
        let server = try ScriptedServer { request, _ in
            request.body.contains("\"low\"")
                ? .answer(
                    400,
                    body:
                        #"{"title":"Not remediated by machine","detail":"x","reasons":[{"code":"severity_too_low","message":"low is below the gate"}]}"#
                )
                : .answer(
                    201,
                    body: #"{"incident_id":"I","workspace_name":"mend-i","url":"http://c/w","status":"provisioning"}"#
                )
        }
        defer { server.close() }
        let created = await run(["send", "--id", "I", "--intake", server.url])
        #expect(created.output.hasPrefix("I accepted: workspace mend-i  http://c/w\n"))
        #expect(created.output.contains("mendline show I\n"))
        let declined = await run(["send", "--id", "I", "--severity", "low", "--intake", server.url])
        #expect(declined.output.contains("low is below the gate (severity_too_low)"))
    }
}

/// What a command printed.
private final class Printed: Sendable {
    private let texts = Mutex<(output: String, errors: String)>(("", ""))

    var output: String { texts.withLock { $0.output } }
    var errors: String { texts.withLock { $0.errors } }

    @Sendable func add(_ stream: Console.Stream, _ text: String) {
        texts.withLock { texts in
            switch stream {
            case .output: texts.output += text
            case .error: texts.errors += text
            }
        }
    }
}

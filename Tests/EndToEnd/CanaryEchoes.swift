import Foundation
import Glibc
import HTTPClient
import Messages
import TestSupport
import Testing
import ZeroMQ

/// Where secrets are echoed: what is told of them, and what is kept.
extension EndToEnd.Canaries {
    /// Pages, answers to bad requests that hold the token, what becomes of an incident whose workspace Coder refuses
    /// with an error that quotes the request, and what the programs say of themselves.
    static func told(by intake: Caller, _ outside: Outside, _ scene: Scene) async throws -> [String: String] {
        var places: [String: String] = [:]
        for path in [
            "/incidents?limit=1", "/incidents?verdict=script_failed", "/status/CANARY-1", "/ready", "/openapi.yaml",
            "/incidents/CANARY-1/logs?after=2",
        ] { places[path] = try await intake.get(path).text }

        let members = JSONValue.incident("CANARY-1").members
        let wrong: [(String, [String: JSONValue], Int)] = [
            ("no severity", ["severity": .null], 422), ("another service", ["service_name": "other"], 409),
            ("a broken token", ["target_service_token": .string("\u{1}" + targetToken)], 422),
            ("a token as a list", ["target_service_token": .array([.string(targetToken)])], 422),
            (
                "a token that is too long",
                ["target_service_token": .string(targetToken + String(repeating: "x", count: 4096))], 422
            ),
            ("a declined one", ["incident_id": "CANARY-3", "severity": "low"], 400),
        ]
        for (what, changes, status) in wrong {
            var body = members
            body["target_service_token"] = .string(targetToken)
            body.merge(changes) { $1 }
            let answer = try await intake.post("/remediate", .object(body))
            #expect(answer.status == status, "\(what): \(answer.text)")
            places["the answer to \(what)"] = answer.text
        }
        let notJSON = try await intake.call(
            .post,
            "/remediate",
            body: Array(#"{"target_service_token": "\#(targetToken)" oops"#.utf8)
        )
        #expect(notJSON.status == 400)
        places["the answer to what is not JSON"] = notJSON.text

        let echo: JSONValue = [
            "error_rate": 1, "error_status": 400, "error_echoes": true, "only_method": "POST", "times": 1,
        ]
        try await Outside.setFaults(echo, of: outside.coder)
        let echoOfReports: JSONValue = ["error_rate": 1, "error_status": 503, "error_echoes": true, "times": 2]
        try await Outside.setFaults(echoOfReports, of: outside.incidents)
        var refused = JSONValue.incident("CANARY-2").members
        refused["target_service_token"] = .string(targetToken)
        let answer = try await intake.post("/remediate", .object(refused))
        #expect(answer.status == 502, "\(answer.text)")
        #expect(answer.text.contains("[masked]"), "Coder's error is quoted, without the token: \(answer.text)")
        places["the answer to what Coder refused"] = answer.text
        places["what Coder refused"] = try await eventually("it is told in spite of errors that quote the key") {
            let detail = try await intake.get("/incidents/CANARY-2")
            return try await outside.effects().patches == 2 ? detail.text : nil
        }
        // What is left of the errors would echo the key to this test itself.
        try await Outside.setFaults(["error_rate": 0], of: outside.incidents)
        places["what was told of it"] = try await outside.incidents.get("/api/incidents/CANARY-2").text

        for name in [
            "intake", "validator", "provisioner", "log-collector", "reporter", "metrics-sink", "mendline",
            "coder-simulator", "incident-simulator",
        ] {
            let secrets = [
                "MENDLINE_TOKEN": intakeToken, "CODER_SESSION_TOKEN": coderToken,
                "STREAM_A_API_KEY": incidentKey,
            ]
            for argument in ["--help", "--version", "--no-such-option"] {
                let run = try scene.start(name, [argument], environment: secrets)
                _ = await run.ended()
                places["\(name) \(argument)"] = run.output
            }
        }
        return places
    }

    /// Puts frames as they were seen, but cut, where stages put their answers: intake keeps them as dead letters.
    static func leaveDeadLetters(of frames: [[UInt8]], _ scene: Scene) async throws {
        let cut = frames.filter { $0.has(Array("log.appended".utf8)) }.map { Array($0.dropLast(3)) }
        #expect(!cut.isEmpty)
        let context = try ZeroMQContext()
        let push = PushSocket(
            context: context,
            endpoints: [.connect("ipc://\(scene.data)/sockets/answers.ipc")],
            name: "strangers"
        )
        try await push.start()
        try await push.send(contentsOf: cut)
        #expect(await push.close() == 0, "all were sent")
        await context.terminate()
    }

    /// Ends all that hold secrets by a fault, where the system would keep their memory.
    static func crash(_ programs: [Program], _ scene: Scene) async throws {
        let control = try scene.startDumping("/bin/sleep", ["1000"], output: "sleep")
        try await eventually("sleep has begun") {
            try String(contentsOfFile: "/proc/\(control.pid)/comm", encoding: .utf8) == "sleep\n"
        }
        #expect(programs.count == 6)
        let reporting = try #require(programs.last)
        reporting.send(SIGSEGV)
        // Where Swift's reporter is not installed there is nothing to look through, and the signal ends it.
        try await eventually("Swift has reported the crash", within: .seconds(150)) {
            reporting.output.contains("Backtrace took") || !reporting.isRunning
        }
        if !reporting.output.contains("Backtrace took") {
            Issue.record("Swift's crash reporter is not installed: what it would tell was not seen", severity: .warning)
        }
        // A fault would end it now; a signal from outside leaves it where it is.
        await reporting.end()
        // The system keeps the memory for this signal too, and Swift's runtime does not catch it.
        for program in programs.dropLast() + [control] { program.send(SIGXCPU) }
        for program in programs.dropLast() {
            #expect(await program.ended() == .signal(SIGXCPU))
            #expect(!program.leftCore, "\(program.arguments) left its memory")
        }
        _ = await control.ended()
        if !control.leftCore {
            Issue.record(
                "this system keeps nobody's memory: whether it would keep ours was not seen",
                severity: .warning
            )
        }
    }

    /// What the commands for the ledger's file show and make of it.
    static func ledgerCommands(_ scene: Scene) async throws -> [String: String] {
        var places: [String: String] = [:]
        for words in [
            ["export"], ["show"], ["show", "--json"], ["check"], ["backup", scene.folder + "/backup.sqlite"],
        ] {
            let run = try scene.start("mendline", ["ledger"] + words + ["--data", scene.data])
            #expect(try await run.exitCode() == 0, "\(run.output)")
            places["mendline ledger \(words[0])"] = run.output
        }
        #expect(places["mendline ledger export"]?.contains("remediation.finished") == true)
        return places
    }

    /// Parts of the token that no line may show, however the lines were wrapped.
    static let pieces: [String] = {
        let whole = Array(targetToken)
        return (0...(whole.count - 9)).map { String(whole[$0..<$0 + 9]) }
    }()
}

extension Scene {
    /// Starts a program in the scene's folder, where the system may keep its memory if it crashes.
    func startDumping(
        _ path: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        output: String
    ) throws -> Program {
        try start(
            path: "/bin/sh",
            ["-c", "cd \(folder) && ulimit -c \"$(ulimit -H -c)\" && exec \"$0\" \"$@\"", path] + arguments,
            environment: environment,
            output: output
        )
    }
}

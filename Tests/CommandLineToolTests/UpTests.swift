import Foundation
import TestSupport
import Testing

@testable import CommandLineTool

/// `mendline up` as a process of its own, with programs of the tests in the place of Mendline's other binaries.
@Suite(.timeLimit(.minutes(2))) struct UpTests {
    /// A run under test.
    private struct Run {
        var program: Program
        var folder: String

        var output: String { program.output }

        /// The pids of what has been started, by name.
        var children: [String: Int32] {
            var children: [String: Int32] = [:]
            for line in output.split(separator: "\n") {
                if let match = line.wholeMatch(of: /\s+([a-z0-9-]+)\s+pid (\d+)\s+(running|ready)\s+restarts \d+/) {
                    children[String(match.1)] = Int32(match.2)
                }
            }
            return children
        }

        func waitFor(_ text: String) async throws {
            try await program.said("`\(text)`") { $0.contains(text) ? true : nil as Bool? }
        }

        /// What a process has logged, once there is this in it.
        func log(of name: String, with text: String) async throws -> String {
            try await eventually("\(name) logs `\(text)`") {
                let log = (try? String(contentsOfFile: "\(folder)/var/logs/\(name).log", encoding: .utf8)) ?? ""
                return log.contains(text) ? log : nil
            }
        }

        /// Waits for its end.
        func exitCode() async throws -> Int32 { try await program.exitCode() }
    }

    private static let names = [
        "metrics-sink", "intake", "validator", "provisioner", "log-collector", "reporter", "approver",
    ]

    /// Starts `mendline up` with programs that wait for their end, but for those that are given.
    private func withUp(
        _ arguments: [String] = [],
        programs: [String: String] = [:],
        _ work: (Run) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            try TestTopology.text.write(toFile: folder + "/t.yaml", atomically: true, encoding: .utf8)
            try CheckTests.policy.write(toFile: folder + "/policy.yaml", atomically: true, encoding: .utf8)
            var scripts = programs
            for name in Self.names where scripts[name] == nil { scripts[name] = "exec sleep 1000" }
            for name in ["coder-simulator", "incident-simulator"] where scripts[name] == nil {
                scripts[name] = "echo listening on http://127.0.0.1:1\nexec sleep 1000"
            }
            for (name, script) in scripts {
                try "#!/bin/sh\n\(script)\n".write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder)/\(name)")
            }
            let program = try Program(
                "mendline",
                ["up", "--topology", folder + "/t.yaml", "--data", folder + "/var", "--programs", folder] + arguments,
                environment: ["CODER_URL": "https://coder.example", "CODER_SESSION_TOKEN": "real"],
                output: folder + "/up.out"
            )
            try await doing {
                try await work(Run(program: program, folder: folder))
            } finally: {
                await program.end()
            }
        }
    }

    @Test func killedByForceItTakesAllProcessesWithIt() async throws {
        try await withUp { run in
            try await run.waitFor("Where to look next")
            let children = run.children
            #expect(children.count == 10)
            for (name, pid) in children { #expect(kill(pid, 0) == 0, "\(name) runs") }
            run.program.send(SIGKILL)
            for (name, pid) in children { try await eventually("\(name) is gone", holds: { isGone(pid) }) }
        }
    }

    /// The kernel kills a child when the thread that started it ends, so that thread must be one that stays.
    @Test func processesDoNotEndWithAThread() async throws {
        try await withUp { run in
            try await run.waitFor("Where to look next")
            let before = run.children
            // The libraries' threads that idle are ended within a few seconds.
            try await Task.sleep(for: .seconds(8))
            #expect(run.children == before)
            for (name, pid) in before { #expect(kill(pid, 0) == 0, "\(name) runs") }
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func asItIsAskedToItEndsAllInOrder(signal: Int32) async throws {
        let polite = "trap 'echo ended >> $0.end; exit 0' TERM\nwhile :; do sleep 0.05; done"
        try await withUp(programs: ["reporter": polite, "intake": polite]) { run async throws in
            try await run.waitFor("Where to look next")
            let children = run.children
            run.program.send(signal)
            #expect(try await run.exitCode() == 0)
            for (name, pid) in children { #expect(isGone(pid), "\(name) is left") }
            let output = run.output
            let order = [
                "reporter", "log-collector", "provisioner-1", "approver", "validator", "intake", "metrics-sink",
                "coder-simulator",
            ]
            let places = order.map { name in
                output.range(of: #"  \#(name) +- +ended"#, options: .regularExpression)?.lowerBound
            }
            #expect(!places.contains(nil))
            #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted(), "\(output)")
            #expect(FileManager.default.fileExists(atPath: run.folder + "/reporter.end"))
            #expect(FileManager.default.fileExists(atPath: run.folder + "/intake.end"))
        }
    }

    @Test func whatCrashesIsStartedAgainAndALoopIsSaid() async throws {
        try await withUp(programs: ["validator": "echo cannot read the policy >&2; exit 7"]) { run async throws in
            try await run.waitFor("validator is in a crash loop")
            #expect(run.output.contains("exit code 7"))
            #expect(run.output.contains("    | cannot read the policy"))
            let reporter = try #require(run.children["reporter"])
            #expect(kill(reporter, 0) == 0, "the others go on")
        }
    }

    @Test func aKilledProcessIsStartedAgain() async throws {
        try await withUp { run in
            try await run.waitFor("Where to look next")
            kill(try #require(run.children["intake"]), SIGKILL)
            try await run.waitFor("signal 9 (KILL)")
            try await run.waitFor("restarts 1")
        }
    }

    @Test func twoRunsDoNotShareAFolder() async throws {
        try await withUp { run in
            try await run.waitFor("Where to look next")
            let (end, text) = try await Program.run(path: run.program.path, run.program.arguments)
            #expect(end == .exit(1))
            #expect(text.contains("pid \(run.program.pid)"))
        }
    }

    @Test func samplesThatCannotBeSentAreAFailure() async throws {
        try await withUp(["--samples", "--once", "--ready-within", "1s"]) { run async throws in
            #expect(try await run.exitCode() == 1)
            #expect(run.output.contains("the samples were not sent: not ready within 1.000 s"))
            #expect(run.output.contains("everything has ended"))
        }
    }

    @Test func crashesTellNoMemory() async throws {
        let told = "echo core $(ulimit -Hc) report $SWIFT_BACKTRACE; exec sleep 1000"
        try await withUp(programs: ["validator": told]) { run async throws in
            #expect(try await run.log(of: "validator", with: "core").contains("core 0 report registers=none"))
        }
    }

    @Test func aRealCoderIsNotActedOnWhereThereIsASimulator() async throws {
        let told = "echo url $CODER_URL token [$CODER_SESSION_TOKEN]; exec sleep 1000"
        try await withUp(programs: ["provisioner": told]) { run async throws in
            try await run.waitFor("Where to look next")
            #expect(run.output.contains("CODER_URL, CODER_SESSION_TOKEN of the environment are not used"))
            let log = try await run.log(of: "provisioner-1", with: "token")
            #expect(log.contains("url http://127.0.0.1:"))
            #expect(log.contains("token []"))
        }
    }

    @Test func aWrongTopologyAndAMissingProgramAreExitCode2() async throws {
        try await withUp(["--topology", "/nowhere.yaml"]) { run async throws in
            #expect(try await run.exitCode() == 2)
            #expect(run.output.contains("/nowhere.yaml: cannot be read (there is no such file)"))
        }
        try await withUp(["--programs", "/nowhere"]) { run async throws in
            #expect(try await run.exitCode() == 2)
            #expect(run.output.contains("no program coder-simulator, incident-simulator, metrics-sink, intake"))
        }
    }
}

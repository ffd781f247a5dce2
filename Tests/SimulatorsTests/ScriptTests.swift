import Foundation
import SimulatorKit
import Synchronization
import TestSupport
import Testing

@testable import CoderSimulator

/// Workspaces that really run scripts.
@Suite(.timeLimit(.minutes(3))) struct ScriptTests {
    /// A folder with a `run.sh` of that text.
    private func withScript(
        _ text: String,
        set: (inout CoderFaults) -> Void = { _ in },
        _ body: (CoderClient) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let path = "\(folder)/run.sh"
            try Data("#!/bin/bash\n\(text)\n".utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            try await withCoder(scripts: folder, set: set, body)
        }
    }

    private func isAlive(_ process: String) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return !(stat.split(separator: ")").last?.hasPrefix(" Z") ?? false)
    }

    @Test(arguments: [
        ("high-cpu", "payment-api", 0, "ready", "is gone"), ("disk-full", "db-1", 0, "ready", "there is room again"),
        ("restart-service", "payment-api", 0, "ready", "is healthy"),
        ("restart-service", "broken-api", 3, "start_error", "does not come back after 3 attempts"),
        ("no-such-playbook", "payment-api", 64, "start_error", "there is no script for the playbook"),
        ("..", "payment-api", 64, "start_error", "may have letters"),
    ])
    func `the template's scripts do their work and their exit codes arrive`(
        playbook: String,
        service: String,
        code: Int,
        lifecycle: String,
        words: String
    ) async throws {
        try await withCoder(scripts: templateScripts) { coder in
            let run = try await coder.run("a", ["playbook": playbook, "service_name": service]) { $0.contains(words) }
            #expect(run.lifecycle == lifecycle)
            #expect(run.timing["exit_code"]?.int == code)
            #expect(run.timing["status"]?.text == (code == 0 ? "ok" : "exit_failure"))
            #expect(run.timing["display_name"]?.text == "Startup Script")
        }
    }

    @Test func `a script has its parameters, its folder and a path in its environment, and nothing else`() async throws
    {
        try await withScript("/usr/bin/env; pwd; echo done") { coder in
            let run = try await coder.run("a", ["target_service_token": "s3cret", "timeout_seconds": "30"]) {
                $0 == "done"
            }
            let names = run.lines.filter { $0.contains("=") }.compactMap { $0.split(separator: "=").first }
            #expect(
                Set(names.map(String.init)) == [
                    "DESCRIPTION", "INCIDENT_ID", "INSTALLATION", "MENDLINE_HOME", "PATH", "PLAYBOOK", "SERVICE_NAME",
                    "SEVERITY", "TARGET_SERVICE_TOKEN", "TIMEOUT_SECONDS",
                    // The shell's own.
                    "PWD", "SHLVL", "_",
                ]
            )
            #expect(run.lines.contains("TARGET_SERVICE_TOKEN=s3cret"))
            let home = try #require(run.lines.first { $0.hasPrefix("MENDLINE_HOME=") }?.dropFirst(14))
            #expect(run.lines.contains(String(home)))
        }
    }

    @Test func `output is info, errors are error, lines are cut and repaired`() async throws {
        try await withScript(
            """
            echo out; echo err >&2; printf 'no end'; head -c 3000 /dev/zero | tr '\\0' x; echo; printf 'bad \\xff\\r\\n'
            echo end
            """
        ) { coder in
            let id = try await coder.create("a")
            let ready = try await coder.until(id, lifecycle: "ready")
            let agent = try #require(ready.at("latest_build.resources.0.agents.0.id")?.text)
            let lines = try await eventually("the last line") {
                let lines = try await coder.lines(agent)
                return lines.contains { $0["output"]?.text == "end" } ? lines : nil
            }
            func level(_ text: String) -> String? { lines.first { $0["output"]?.text == text }?["level"]?.text }
            #expect(level("out") == "info")
            #expect(level("err") == "error")
            #expect(level("bad \u{FFFD}") == "info")
            #expect(lines.compactMap { $0["output"]?.text?.count }.max() == 1024)
            let source = ready.at("latest_build.resources.0.agents.0.log_sources.0.id")
            #expect(lines.allSatisfy { $0["source_id"] == source })
            let ids = lines.compactMap { $0["id"]?.int }
            let rest = try await coder.client.get("/api/v2/workspaceagents/\(agent)/logs?after=\(ids[0])")
            #expect(rest.json.elements.count == lines.count - 1)
        }
    }

    @Test func `an agent's log ends at 1 MiB`() async throws {
        try await withScript(
            "for i in {1..40}; do head -c 60000 /dev/zero | tr '\\0' x | fold -w 1000; echo; sleep 0.02; done"
        ) {
            coder in
            let id = try await coder.create("a")
            let full = try await eventually("an overflow") {
                let answer = try await coder.workspace(id)
                let agent = answer.at("latest_build.resources.0.agents.0")
                return agent?["logs_overflowed"]?.flag == true ? agent : nil
            }
            #expect((full["logs_length"]?.int ?? 0) <= 1 << 20)
        }
    }

    @Test func `a script over its time is killed with all that it started`() async throws {
        try await withScript("sleep 300 & echo child $!; sleep 300") { coder in
            let run = try await coder.run("a", ["timeout_seconds": "1"]) { $0.hasPrefix("child ") }
            #expect(run.lifecycle == "start_timeout")
            #expect(run.timing["status"]?.text == "timed_out")
            #expect(run.timing["exit_code"]?.int == 255)
            let child = try #require(run.lines.first { $0.hasPrefix("child ") }?.dropFirst(6))
            _ = try await eventually("the child is gone") { isAlive(String(child)) ? nil : true }
        }
    }

    @Test func `a script that a signal kills has exit code -1`() async throws {
        try await withScript("echo dying; kill -KILL $$") { coder in
            let run = try await coder.run("a", [:]) { $0 == "dying" }
            #expect(run.lifecycle == "start_error")
            #expect(run.timing["exit_code"]?.int == -1)
        }
    }

    @Test func `what a script leaves behind holds its output open only so long`() async throws {
        try await withScript("sleep 60 & echo left") { coder in
            let run = try await coder.run("a", [:]) { $0 == "left" }
            #expect(run.lifecycle == "start_error")
            #expect(run.timing["status"]?.text == "pipes_left_open")
            #expect(run.timing["exit_code"]?.int == 255)
        }
    }

    @Test(arguments: ["stop", "delete"])
    func `stop and delete kill what still runs, and delete removes the folder`(transition: String) async throws {
        // What is left behind has let go of the output, so that the script counts as ended well.
        try await withScript("sleep 300 >/dev/null 2>&1 </dev/null & echo child $!") { coder in
            let id = try await coder.create("a")
            let ready = try await coder.until(id, lifecycle: "ready")
            let agent = try #require(ready.at("latest_build.resources.0.agents.0.id")?.text)
            let line = try await eventually("the line") { try await coder.lines(agent).first?["output"]?.text }
            let child = String(line.dropFirst(6))
            // It lives on in its workspace.
            #expect(isAlive(child))
            let folders = try FileManager.default.subpathsOfDirectory(atPath: coder.work)
            #expect(folders.contains { $0.hasSuffix(id) })
            #expect(try await coder.build(id, transition).status == 201)
            _ = try await eventually("the child is gone") { isAlive(child) ? nil : true }
            if transition == "delete" {
                _ = try await eventually("the folder is gone") {
                    try FileManager.default.subpathsOfDirectory(atPath: coder.work).contains { $0.hasSuffix(id) }
                        ? nil : true
                }
            } else {
                #expect(try FileManager.default.subpathsOfDirectory(atPath: coder.work).contains { $0.hasSuffix(id) })
            }
            let counts = try await eventually("it is counted") {
                let counts = try await coder.client.counts()["incidents"]?["a"]
                return counts?[transition + "s"]?.int == 1 ? counts : nil
            }
            #expect(counts["existing"]?.int == (transition == "delete" ? 0 : 1))
        }
    }

    @Test func `a remediation is not begun twice when its agent restarts`() async throws {
        try await withFolder { folder in
            // The template's own wrapper, before a script that would take long.
            try FileManager.default.copyItem(atPath: "\(templateScripts)/run.sh", toPath: "\(folder)/run.sh")
            try Data("echo begun; sleep 300\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/slow_fix.sh"))
            try await withCoder(scripts: folder) { coder in
                let id = try await coder.create("a", ["playbook": "slow"])
                let started = try await coder.until(id, lifecycle: "starting")
                let agent = try #require(started.at("latest_build.resources.0.agents.0.id")?.text)
                func line(_ prefix: String) async throws -> String {
                    try await eventually("the line \(prefix)") {
                        try await coder.lines(agent).compactMap { $0["output"]?.text }.first { $0.hasPrefix(prefix) }
                    }
                }
                _ = try await line("begun")
                #expect(try await coder.client.post("/_simulator/workspaces/\(id)/restart-agent").status == 204)
                let done = try await coder.until(id, lifecycle: "ready", "start_error")
                #expect(done.at("latest_build.resources.0.agents.0.lifecycle_state")?.text == "start_error")
                // The killed run sent no report, so that the second one is the first that was reported.
                let timing = try await coder.timing(try #require(done.at("latest_build.id")?.text))
                #expect(timing["exit_code"]?.int == 75)
                #expect(try await line("interrupted: ").contains("is not begun again"))
                #expect(try await coder.client.counts().at("incidents.a.script_starts")?.int == 2)
            }
        }
    }

    @Test func `a restart after the end leaves the first exit code`() async throws {
        try await withCoder(scripts: templateScripts) { coder in
            let run = try await coder.run("a", ["playbook": "disk-full"]) { $0.contains("exit code 0") }
            #expect(run.timing["exit_code"]?.int == 0)
            let id = try #require(try await coder.client.get("/api/v2/users/me/workspace/a").at("id")?.text)
            #expect(try await coder.client.post("/_simulator/workspaces/\(id)/restart-agent").status == 204)
            let done = try await coder.until(id, lifecycle: "start_error")
            let timing = try await coder.timing(try #require(done.at("latest_build.id")?.text))
            #expect(timing["exit_code"]?.int == 0)
        }
    }

    /// Where Dispatch's read sources carried the output, one in some thousand of these ended the whole process.
    @Test func `scripts that come and go by the hundred all end as they should`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/run.sh"
            try Data("#!/bin/sh\necho out; echo err >&2; exit 7\n".utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            let results = await withTaskGroup(of: [String].self) { group in
                var results: [[String]] = []
                for number in 0..<800 {
                    if number >= 32, let result = await group.next() { results.append(result) }
                    group.addTask { await said(by: path, in: folder) }
                }
                for await result in group { results.append(result) }
                return results
            }
            #expect(results == Array(repeating: ["error err", "exited(7)", "info out"], count: 800))
        }
    }

    /// A script's lines and its outcome, sorted.
    private func said(by script: String, in folder: String) async -> [String] {
        let said = Mutex<[String]>([])
        await ScriptProcess().run(
            path: script,
            environment: ["PATH": "/usr/bin:/bin"],
            folder: folder,
            timeout: nil,
            lines: { level, lines in said.withLock { $0 += lines.map { "\(level) \($0)" } } },
            ended: { outcome in said.withLock { $0.append("\(outcome)") } }
        )
        return said.withLock { $0.sorted() }
    }

    @Test func `lines are split however they come`() {
        var splitter = LineSplitter()
        #expect(splitter.take(Array("a\r\nb".utf8)) == ["a"])
        #expect(splitter.take(Array("c\n\nd".utf8)) == ["bc", ""])
        #expect(splitter.finish() == "d")
        #expect(splitter.finish() == nil)
        #expect(splitter.take([UInt8](repeating: 65, count: 70_000)).map(\.count) == [65_536])
    }
}

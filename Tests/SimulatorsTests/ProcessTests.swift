import Foundation
import TestSupport
import Testing

/// The simulators as processes of their own.
@Suite(.timeLimit(.minutes(3))) struct ProcessTests {
    @Test(arguments: [SIGTERM, SIGINT, SIGKILL])
    func `scripts die with the simulator, however it dies`(signal: Int32) async throws {
        try await withFolder { folder in
            let script = "\(folder)/run.sh"
            try Data("#!/bin/bash\nsleep 300 & echo $$ $!; wait\n".utf8).write(to: URL(fileURLWithPath: script))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
            let tokens = "\(folder)/token"
            try Data("\(testToken)\n".utf8).write(to: URL(fileURLWithPath: tokens))
            let running = try Program(
                "coder-simulator",
                ["--listen", "127.0.0.1:0", "--token-file", tokens, "--scripts", folder, "--work", "\(folder)/work"],
                environment: ["A_SECRET_OF_THE_SIMULATOR": "x"],
                output: "\(folder)/output",
                errors: "\(folder)/errors"
            )
            let url = try await running.address()
            let client = Client(url: url, headers: ["Coder-Session-Token": testToken])
            defer { client.close() }
            let template = try #require(
                try await client.get("/api/v2/organizations/default/templates/remediation").at("id")?.text
            )
            let coder = CoderClient(client: client, template: template, version: "", work: folder)
            let id = try await coder.create("a")
            let started = try await coder.until(id, lifecycle: "starting")
            let agent = try #require(started.at("latest_build.resources.0.agents.0.id")?.text)
            let line = try await eventually("the script's line") {
                try await coder.lines(agent).first?["output"]?.text
            }
            let processes = line.split(separator: " ").compactMap { Int32($0) }
            #expect(processes.count == 2)
            #expect(!processes.contains(where: isGone))
            running.send(signal)
            #expect(await running.ended() == (signal == SIGKILL ? .signal(SIGKILL) : .exit(0)))
            for process in processes { try await eventually("process \(process) is gone", holds: { isGone(process) }) }
            if signal != SIGKILL {
                // Nothing more was said on standard output, and nothing is left of the workspaces.
                #expect(running.output == "listening on \(url)\n")
                #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/work").isEmpty)
            }
        }
    }

    @Test func `the incident simulator takes its key from the environment and ends on SIGTERM`() async throws {
        try await withFolder { folder in
            let running = try Program(
                "incident-simulator",
                ["--listen", "127.0.0.1:0"],
                environment: ["INCIDENT_SIMULATOR_KEY": "k"],
                output: "\(folder)/output"
            )
            let client = Client(url: try await running.address(), headers: ["Authorization": "Bearer k"])
            defer { client.close() }
            #expect(try await client.get("/api/incidents/INC-1").status == 200)
            running.send(SIGTERM)
            #expect(await running.ended() == .exit(0))
        }
    }

    @Test(arguments: [
        ("coder-simulator", ["--scripts", "/nowhere"], "has no executable run.sh"),
        ("coder-simulator", ["--scripts", "none"], "--token-file"),
        ("coder-simulator", ["--scripts", "none", "--listen", "8080"], "--listen"),
        ("coder-simulator", ["--scripts", "none", "--builders", "-1"], "--builders"),
        ("coder-simulator", ["--scripts", "none", "--template", "a_b"], "--template"),
        ("coder-simulator", ["--scripts", "/nowhere", "--script-time", "60s"], "--script-time"),
        ("coder-simulator", ["--scripts", "none", "--error-rate", "2"], "--error-rate"),
        ("incident-simulator", ["--api-key-file", "/nowhere/key"], "--api-key-file"),
        ("incident-simulator", ["--comments", "maybe"], "--comments"),
    ])
    func `bad flags are refused by name`(name: String, arguments: [String], words: String) async throws {
        let (end, said) = try await Program.run(path: try Program.path(of: name), arguments)
        #expect(end != .exit(0))
        #expect(said.contains(words), "\(said)")
    }

    @Test func `a port that is taken is said plainly`() async throws {
        try await withIncidents { client in
            let port = try #require(client.url.split(separator: ":").last)
            let (end, said) = try await Program.run(
                path: try Program.path(of: "incident-simulator"),
                ["--listen", "127.0.0.1:\(port)"],
                environment: ["INCIDENT_SIMULATOR_KEY": "k"]
            )
            #expect(end != .exit(0))
            #expect(said.contains("127.0.0.1:\(port)") && said.contains("--listen"), "\(said)")
        }
    }
}

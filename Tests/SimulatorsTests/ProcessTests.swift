import Foundation
import Testing

/// The simulators as processes of their own.
@Suite(.timeLimit(.minutes(3))) struct ProcessTests {
    /// Beside the test's own executable.
    private func executable(_ name: String) throws -> URL {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let url = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name)
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw TestFailure("\(url.path) is not built; run swift build first")
        }
        return url
    }

    /// A running simulator.
    private struct Running {
        let process: Process
        let url: String
        let output: FileHandle

        /// The exit code, as soon as it has ended.
        func ended() async throws -> Int32 {
            try await eventually("the simulator ends") { process.isRunning ? nil : process.terminationStatus }
        }
    }

    private func start(_ name: String, _ arguments: [String], environment: [String: String]) async throws -> Running {
        let process = Process()
        process.executableURL = try executable(name)
        process.arguments = arguments
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        // One line, and the pipe stays open: reading must end with the line.
        let line = await Task {
            var text = Data()
            while !text.contains(UInt8(ascii: "\n")) {
                let chunk = output.fileHandleForReading.availableData
                if chunk.isEmpty { break }
                text.append(chunk)
            }
            return String(decoding: text, as: UTF8.self)
        }.value
        guard line.hasPrefix("listening on http://127.0.0.1:"), line.hasSuffix("\n") else {
            process.terminate()
            throw TestFailure("it said: \(line)")
        }
        let url = line.dropFirst("listening on ".count).trimmingCharacters(in: .newlines)
        return Running(process: process, url: url, output: output.fileHandleForReading)
    }

    private func isAlive(_ process: String) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return !(stat.split(separator: ")").last?.hasPrefix(" Z") ?? false)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGKILL])
    func `scripts die with the simulator, however it dies`(signal: Int32) async throws {
        try await withFolder { folder in
            let script = "\(folder)/run.sh"
            try Data("#!/bin/bash\nsleep 300 & echo $$ $!; wait\n".utf8).write(to: URL(fileURLWithPath: script))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
            let tokens = "\(folder)/token"
            try Data("\(testToken)\n".utf8).write(to: URL(fileURLWithPath: tokens))
            let running = try await start(
                "coder-simulator",
                ["--listen", "127.0.0.1:0", "--token-file", tokens, "--scripts", folder, "--work", "\(folder)/work"],
                environment: ["A_SECRET_OF_THE_SIMULATOR": "x"]
            )
            defer { kill(running.process.processIdentifier, SIGKILL) }
            let client = Client(url: running.url, headers: ["Coder-Session-Token": testToken])
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
            let processes = line.split(separator: " ").map(String.init)
            #expect(processes.count == 2)
            #expect(processes.allSatisfy(isAlive))
            kill(running.process.processIdentifier, signal)
            let code = try await running.ended()
            #expect(code == (signal == SIGKILL ? SIGKILL : 0))
            #expect(running.process.terminationReason == (signal == SIGKILL ? .uncaughtSignal : .exit))
            for process in processes {
                _ = try await eventually("process \(process) is gone") { isAlive(process) ? nil : true }
            }
            if signal != SIGKILL {
                // Nothing more was said on standard output, and nothing is left of the workspaces.
                #expect(running.output.readDataToEndOfFile().isEmpty)
                #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/work").isEmpty)
            }
        }
    }

    @Test func `the incident simulator takes its key from the environment and ends on SIGTERM`() async throws {
        let running = try await start(
            "incident-simulator",
            ["--listen", "127.0.0.1:0"],
            environment: ["INCIDENT_SIMULATOR_KEY": "k"]
        )
        defer { kill(running.process.processIdentifier, SIGKILL) }
        let client = Client(url: running.url, headers: ["Authorization": "Bearer k"])
        defer { client.close() }
        #expect(try await client.get("/api/incidents/INC-1").status == 200)
        kill(running.process.processIdentifier, SIGTERM)
        #expect(try await running.ended() == 0)
    }

    @Test(arguments: [
        ("coder-simulator", ["--scripts", "/nowhere"], "has no executable run.sh"),
        ("coder-simulator", ["--scripts", "none"], "--token-file"),
        ("coder-simulator", ["--scripts", "none", "--listen", "8080"], "--listen"),
        ("coder-simulator", ["--scripts", "none", "--builders", "-1"], "--builders"),
        ("coder-simulator", ["--scripts", "none", "--template", "a_b"], "--template"),
        ("coder-simulator", ["--scripts", "none", "--error-rate", "2"], "--error-rate"),
        ("incident-simulator", ["--api-key-file", "/nowhere/key"], "--api-key-file"),
        ("incident-simulator", ["--comments", "maybe"], "--comments"),
    ])
    func `bad flags are refused by name`(name: String, arguments: [String], words: String) async throws {
        let process = Process()
        process.executableURL = try executable(name)
        process.arguments = arguments
        process.environment = [:]
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = Pipe()
        try process.run()
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus != 0)
        #expect(said.contains(words), "\(said)")
    }

    @Test func `a port that is taken is said plainly`() async throws {
        try await withIncidents { client in
            let port = try #require(client.url.split(separator: ":").last)
            let process = Process()
            process.executableURL = try executable("incident-simulator")
            process.arguments = ["--listen", "127.0.0.1:\(port)"]
            process.environment = ["INCIDENT_SIMULATOR_KEY": "k"]
            let errors = Pipe()
            process.standardError = errors
            try process.run()
            let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus != 0)
            #expect(said.contains("127.0.0.1:\(port)") && said.contains("--listen"), "\(said)")
        }
    }
}

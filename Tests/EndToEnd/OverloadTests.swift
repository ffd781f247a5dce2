import Foundation
import HTTPClient
import Messages
import Secrets
import TestSupport
import Testing

extension EndToEnd {
    /// Intake by itself against those who want too much of it.
    @Suite struct Overload {
        /// Starts intake alone; what it accepts waits.
        private static func intake(
            _ scene: Scene,
            _ arguments: [String] = [],
            files: Int? = nil
        ) async throws -> (program: Program, caller: Caller, port: Int) {
            let program = try scene.intakeAlone(arguments, files: files)
            let base = try await program.address()
            guard let port = base.split(separator: ":").last.flatMap({ Int($0) }) else {
                throw TestFailure("no port in \(base)")
            }
            return (program, Caller(base: base, http: scene.http), port)
        }

        private static func accepts(_ id: String, _ caller: Caller) async throws -> Bool {
            try await caller.post("/remediate", .incident(id), prefer: "respond-async").status == 202
        }

        /// A connection that is given up for a newer one breaks, or is answered 503: senders repeat then.
        private static func untilAccepted(_ id: String, _ caller: Caller) async throws {
            try await eventually("\(id) is accepted") { (try? await accepts(id, caller)) == true }
        }

        @Test func tenThousandIdleConnectionsStopNobody() async throws {
            try await Scene.with { scene in
                let (program, caller, port) = try await Self.intake(scene, ["--http-header-time", "1h"])
                #expect(try await Self.accepts("I-1", caller))
                let before = try Self.residentBytes(program)
                let count = try Self.connections(10_000)
                var idle: [RawConnection] = []
                for batch in 0..<count / 100 {
                    for _ in 0..<100 { idle.append(try RawConnection(port: port)) }
                    try await eventually("batch \(batch) is accepted") {
                        try Self.openFiles(program) >= min(idle.count, 10_000)
                    }
                }
                let during = try Self.residentBytes(program)
                for number in 2...11 { #expect(try await Self.accepts("I-\(number)", caller)) }
                #expect(idle.allSatisfy { !$0.isGone() }, "there was room for all")
                let kibibytes = (during - before) / 1024
                print("\(idle.count) idle connections: \(before >> 20) MiB before, \(during >> 20) MiB during")
                #expect(kibibytes / idle.count < 64, "\(kibibytes) KiB for \(idle.count) connections")
                idle = []
                try await eventually("all are closed") { try Self.openFiles(program) < 200 }
                #expect(try await Self.accepts("I-12", caller))
            }
        }

        @Test func moreConnectionsThanThereMayBeAreClosedForNewerOnes() async throws {
            try await Scene.with { scene in
                let (program, caller, port) = try await Self.intake(
                    scene,
                    ["--http-connections", "64", "--http-requests", "32", "--http-header-time", "1h"]
                )
                var idle: [RawConnection] = []
                for batch in 1...(try Self.connections(2_000) / 100) {
                    // No more at once than the system keeps for a server that has not accepted them yet.
                    for _ in 0..<100 { idle.append(try RawConnection(port: port)) }
                    try await Self.untilAccepted("I-\(batch)", caller)
                    try await eventually("all but 64 of \(idle.count) are closed") {
                        idle.count { $0.isGone() } >= idle.count - 64
                    }
                }
                #expect(try Self.openFiles(program) < 250)
                try await Self.untilAccepted("I-last", caller)
            }
        }

        /// For want of a file the server would stop accepting for good.
        @Test func fewFilesAreEnough() async throws {
            try await Scene.with { scene in
                let (program, caller, port) = try await Self.intake(scene, files: 256)
                var connections: [RawConnection] = []
                for _ in 0..<(try Self.connections(2_000)) { connections.append(try RawConnection(port: port)) }
                try await Self.untilAccepted("I-1", caller)
                connections = []
                try await Self.untilAccepted("I-2", caller)
                #expect(program.output.contains("raise its limit"), "it says so: \(program.output)")
            }
        }

        /// How many connections this process may have of those that are wanted.
        private static func connections(_ wanted: Int) throws -> Int {
            let count = min(wanted, raisedFileLimit() - 1000)
            try #require(count >= 500, "raise the hard limit of open files (ulimit -H -n) to 12000 for this test")
            if count < wanted {
                Issue.record("the system allows \(count) connections, not \(wanted)", severity: .warning)
            }
            return count
        }

        private static func openFiles(_ program: Program) throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/fd").count
        }

        private static func residentBytes(_ program: Program) throws -> Int {
            let text = try String(contentsOfFile: "/proc/\(program.pid)/statm", encoding: .utf8)
            guard let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
                throw TestFailure("statm is \(text)")
            }
            return pages * 4096
        }
    }

    /// Tokens and keys of a running intake.
    @Suite struct Credentials {
        @Test func areReplacedWhileItRuns() async throws {
            try await Scene.with { scene in
                try scene.makeFolder("secrets")
                let file = scene.data + "/secrets/tokens"
                try scene.write("am send,read canary-old-1\nam send,read canary-old-2\n", to: file)
                let program = try scene.intakeAlone(["--token-file", file])
                var old = Caller(base: try await program.address(), http: scene.http, token: "canary-old-1")
                var new = old
                new.token = "canary-new"
                #expect(try await old.get("/incidents").status == 200)
                #expect(try await new.get("/incidents").status == 401)
                old.token = "canary-old-2"
                #expect(try await old.get("/incidents").status == 200, "both are valid")

                try scene.write("ops read,operate canary-new\n", to: file)
                try await eventually("the new one counts") { try await new.get("/incidents").status == 200 }
                #expect(try await old.get("/incidents").status == 401)
                #expect(try await new.post("/remediate", .incident("I-1")).json["scope"]?.string == "send")

                try scene.write("", to: file)
                try await program.said("that the old ones stay") {
                    $0.contains("the old ones stay in force") ? true : nil
                }
                #expect(try await new.get("/incidents").status == 200)
                #expect(!program.output.contains("canary"), "no token is in the log: \(program.output)")
            }
        }

        @Test func wrongListsStopTheStart() async throws {
            try await Scene.with { scene in
                try scene.makeFolder("secrets")
                let file = scene.data + "/secrets/list"
                try scene.write("am sned canary-1\n", to: file)
                for flag in ["--token-file", "--signature-keys"] {
                    let program = try scene.intakeAlone([flag, file])
                    #expect(try await program.exitCode() != 0)
                    #expect(program.output.contains("line 1 has a sc"), "\(program.output)")
                    #expect(!program.output.contains("canary"), "\(program.output)")
                }
            }
        }

        @Test func signatureKeysAreEnoughToListenAnywhere() async throws {
            try await Scene.with { scene in
                try scene.makeFolder("secrets")
                let file = scene.data + "/secrets/keys"
                try scene.write("gh github secret\n", to: file)
                let program = try scene.intakeAlone(["--signature-keys", file, "--listen", "0.0.0.0:0", "--check"])
                #expect(try await program.exitCode() == 0, "\(program.output)")
            }
        }
    }
}

extension Scene {
    /// Starts intake without any stage.
    fileprivate func intakeAlone(_ arguments: [String] = [], files: Int? = nil) throws -> Program {
        try makeFolder("secrets")
        try makeFolder("sockets")
        try write(TokenSeal.PrivateKey().publicKey.base64 + "\n", to: data + "/secrets/seal-public-key")
        let topology = try write(TestTopology(coder: "http://127.0.0.1:1", incidents: "http://127.0.0.1:1"))
        let all = ["--topology", topology, "--data", data] + arguments
        guard let files else { return try start("intake", all) }
        // Shells can lower the limit that a program begins with; posix_spawn cannot.
        let path = try Program.path(of: "intake")
        return try start(
            path: "/bin/sh",
            ["-c", "ulimit -n \(files) && exec \"$0\" \"$@\"", path] + all,
            output: "intake-few-files"
        )
    }
}

import Foundation
import Messages
import Synchronization
import TestSupport
import Testing

@testable import CommandLineTool

@Suite struct ProcessLogTests {
    @Test func theLogIsBounded() async throws {
        try await withTemporaryFolder { folder in
            let log = try ProcessLog(path: folder + "/a.log", mostBytes: 1000)
            for number in 0..<100 { log.append(Array("line \(number) \(String(repeating: "x", count: 40))\n".utf8)) }
            let sizes = try ["a.log", "a.log.1"].map {
                try FileManager.default.attributesOfItem(atPath: "\(folder)/\($0)")[.size] as? Int ?? 0
            }
            #expect(sizes.allSatisfy { $0 > 0 && $0 <= 1000 })
            #expect(log.lastLines(1).first?.hasPrefix("line 99 ") == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
        }
    }

    @Test func onlyTheLinesSinceTheLastStartAreShown() async throws {
        try await withTemporaryFolder { folder in
            let log = try ProcessLog(path: folder + "/a.log")
            log.append(Array("old\n".utf8))
            log.mark(Timestamp(milliseconds: 0))
            #expect(log.lastLines(5) == [])
            log.append(Array("one\ntwo\nthree\n".utf8))
            #expect(log.lastLines(2) == ["two", "three"])
            #expect(log.lastLines(5) == ["one", "two", "three"])
        }
    }
}

@Suite struct AnnouncementScannerTests {
    @Test func theLineIsFoundWhateverThePieces() {
        var scanner = AnnouncementScanner()
        #expect(scanner.take(Array("noise\nlisten".utf8)) == nil)
        #expect(scanner.take(Array("ing on http://127.0.0.1:40123 \r\nmore".utf8)) == "http://127.0.0.1:40123")
        #expect(scanner.take(Array("\nlistening on http://other\n".utf8)) == nil, "only the first counts")
    }
}

@Suite(.timeLimit(.minutes(3))) struct ProcessHostTests {
    private func shell(_ script: String, environment: [String: String?] = [:]) -> ProcessSpec {
        ProcessSpec(name: "p", program: "/bin/sh", arguments: ["-c", script], environment: environment)
    }

    private func run(
        _ spec: ProcessSpec,
        started: @escaping @Sendable (ProcessHost, pid_t) -> Void = { _, _ in }
    ) async throws -> (end: Supervision.End, log: String, announced: String?) {
        try await withTemporaryFolder { folder in
            let environment = ["PATH": "/usr/bin:/bin", "KEPT": "kept", "GONE": "gone"]
            let host = ProcessHost(environment: environment)
            let log = try ProcessLog(path: folder + "/p.log")
            let announced = Mutex<String?>(nil)
            let end = await host.run(
                spec,
                log: log,
                started: { started(host, $0) },
                announced: { address in announced.withLock { $0 = address } }
            )
            return (end, try String(contentsOfFile: folder + "/p.log", encoding: .utf8), announced.withLock { $0 })
        }
    }

    @Test func outputEnvironmentAndExitCode() async throws {
        let spec = shell(
            "echo out; echo err >&2; echo listening on http://x; echo $KEPT-$GONE-$NEW; exit 3",
            environment: ["GONE": nil, "NEW": "new"]
        )
        let result = try await run(spec)
        #expect(result.end == .exit(code: 3))
        #expect(result.announced == "http://x")
        let lines = result.log.split(separator: "\n")
        #expect(lines.first?.hasPrefix("--- started ") == true)
        #expect(Set(lines.dropFirst()) == ["out", "err", "listening on http://x", "kept--new"])
    }

    @Test func signalsReachTheProgramAndAreTold() async throws {
        let result = try await run(shell("kill -STOP $$; exit 0")) { host, pid in
            Thread.detachNewThread {
                // Stopped, it cannot end before the signal comes.
                while !((try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.contains(") T ") ?? true) {
                    usleep(1000)
                }
                host.signal("p", SIGKILL)
            }
        }
        #expect(result.end == .signal(SIGKILL))
    }

    /// Where Dispatch's read sources waited for the ends, one in some thousand of these ended the whole process.
    @Test func processesThatComeAndGoByTheHundred() async throws {
        try await withTemporaryFolder { folder in
            let host = ProcessHost(environment: ["PATH": "/usr/bin:/bin"])
            let ends = await withTaskGroup(of: Supervision.End?.self) { group in
                var ends: [Supervision.End] = []
                for number in 0..<400 {
                    if number >= 32, let end = await group.next() ?? nil { ends.append(end) }
                    group.addTask {
                        let spec = ProcessSpec(name: "p-\(number)", program: "/bin/sh", arguments: ["-c", "exit 7"])
                        guard let log = try? ProcessLog(path: "\(folder)/\(spec.name).log") else { return nil }
                        return await host.run(spec, log: log, started: { _ in }, announced: { _ in })
                    }
                }
                for await case let end? in group { ends.append(end) }
                return ends
            }
            #expect(ends == Array(repeating: .exit(code: 7), count: 400))
        }
    }

    @Test func aProgramThatIsNotThere() async throws {
        let result = try await run(ProcessSpec(name: "p", program: "/nowhere/p", arguments: []))
        #expect(result.end == .exit(code: 127))
        #expect(result.log.contains("/nowhere/p"))
    }

    @Test func whatAProcessLeavesBehindDoesNotHoldItsEnd() async throws {
        let result = try await run(shell("sleep 300 & echo child $!; exit 0"))
        #expect(result.end == .exit(code: 0))
        let child = try #require(result.log.split(separator: "\n").last.flatMap { Int32($0.dropFirst(6)) })
        try await eventually("the child is gone", holds: { isGone(child) })
    }

    @Test func theProcessHasTheSignalsOfAFreshOne() async throws {
        let result = try await run(shell("grep -E 'SigBlk|SigIgn' /proc/self/status"))
        #expect(result.log.contains("SigBlk:\t0000000000000000"))
        let ignored = try #require(result.log.split(separator: "\n").last.flatMap { UInt64($0.suffix(16), radix: 16) })
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { #expect(ignored & (1 << UInt64(number - 1)) == 0) }
    }
}

import Foundation
import TestSupport
import Testing

@testable import ChaosKit

/// Short runs with real processes, from a fixed seed; `make chaos` makes long ones from fresh seeds.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SliceTests {
    /// A run, and the folder in which all that it makes is.
    private struct Run {
        let folder: String
        let chaos: Program

        /// Starts it with these arguments.
        init(_ arguments: [String]) throws {
            folder = "/tmp/slice-\(UUID().uuidString.prefix(8))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            chaos = try Program("chaos", arguments + ["--folder", folder], output: folder + "/output")
        }

        /// Waits for its end, which comes at once where the test's time is over.
        func end() async -> Program.End {
            await withTaskCancellationHandler {
                await chaos.ended()
            } onCancel: {
                chaos.send(SIGKILL)
            }
        }

        /// The processes that it has started: each has something of its folder in its command line.
        func children() throws -> [Int32] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { pid in
                guard pid != chaos.pid,
                    let command = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
                else { return false }
                return command.contains(folder)
            }
        }

        func remove() { try? FileManager.default.removeItem(atPath: folder) }
    }

    @Test func nothingIsLostAndNothingIsDoneTwice() async throws {
        let run = try Run(["--seed", "20", "--minutes", "0.5", "--rate", "2"])
        let end = await run.end()
        let output = run.chaos.output
        #expect(end == .exit(0), "\(output)")
        #expect(output.contains("chaos: seed 20, 30 s of faults"))
        // It is not this machine's fault that it allows no namespaces, but nobody shall believe that all was tried.
        for line in output.split(separator: "\n") where line.contains("not tried:") {
            Issue.record("\(line.trimmingCharacters(in: .whitespaces))", severity: .warning)
        }
        // Where something is wrong, the output says where to look for what the processes said.
        if end == .exit(0) { run.remove() }
    }

    @Test(arguments: [SIGTERM, SIGKILL]) func whateverEndsItNoProcessIsLeft(signal: Int32) async throws {
        let run = try Run(["--seed", "20", "--minutes", "5"])
        defer { run.remove() }
        try await run.chaos.said("that all runs") { $0.contains("all runs; sending") ? true : nil as Bool? }
        let count = Cast.members.count + 2 + Traffic.senders(rate: 1).count
        let children = try await eventually("all \(count) are there") {
            let children = try run.children()
            return children.count == count ? children : nil
        }
        run.chaos.send(signal)
        let end = await run.end()
        for pid in children { try await eventually("process \(pid) is gone", holds: { isGone(pid) }) }
        guard signal == SIGTERM else { return }
        #expect(end == .exit(2), "\(run.chaos.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: run.folder) == ["output"])
    }
}

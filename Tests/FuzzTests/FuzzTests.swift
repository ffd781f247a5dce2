import Foundation
import Testing

/// Whatever comes in: an answer, never a crash, a hang, or memory without end.
///
/// Each subject runs in a process of its own, so that a crash is one failed test that tells its seed.
@Suite("Hostile input", .serialized, .timeLimit(.minutes(Cases.minutes)))
struct FuzzTests {
    @Test(arguments: Cases.subjects.map(\.name))
    func isRead(_ subject: String) async throws {
        let first = Cases.freshSeed()
        let report = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: report) }
        await #expect(processExitsWith: .success) {
            [subject = subject as String, first = first as UInt64, report = report as String] in
            Cases.run(subject, from: first, report: report)
        }
        let told = (try? String(contentsOfFile: report, encoding: .utf8)) ?? ""
        guard let seed = told.firstMatch(of: /seed=(0x[0-9a-f]+)/).flatMap({ Cases.seed(String($0.1)) }) else { return }
        let input = try #require(Subject.named(subject)).input(seed)
        Issue.record(
            """
            \(subject): \(told)
            again: FUZZ_SUBJECT=\(subject) FUZZ_SEED=0x\(String(seed, radix: 16)) make fuzz
            input of \(input.count) bytes: \(String(decoding: input.prefix(4000), as: UTF8.self))
            """
        )
    }

    @Test func whatTheEnvironmentSaysIsUnderstood() {
        #expect(Cases.mistakes(in: ProcessInfo.processInfo.environment) == [])
    }

    @Test(arguments: [
        ("FUZZ_SUBJECT", "nothing"), ("FUZZ_SUBJECT", "JSON"), ("FUZZ_SEED", "0xg"), ("FUZZ_SEED", "0x"),
        ("FUZZ_SEED", "the last"), ("FUZZ_SECONDS", "soon"), ("FUZZ_SECONDS", "0"),
    ])
    func whatMeansNothingIsAMistake(_ name: String, _ value: String) {
        let environment = ["FUZZ_SUBJECT": "json", "FUZZ_SEED": "0x1f", "FUZZ_SECONDS": "5"]
        #expect(Cases.mistakes(in: environment) == [])
        #expect(Cases.mistakes(in: environment.merging([name: value]) { $1 }).count == 1)
    }

    /// A type that the list of subjects forgets would never be tried, and nobody would miss it.
    @Test func everyTypeOfTheContractIsASubject() {
        let types = ExampleFiles.contractTypes()
        #expect(types.contains("incident.accepted"), "the source is read: \(types)")
        #expect(Set(types) == Set(Subject.messages.map(\.name)))
    }

    /// The watch itself: a case that traps is told with its seed.
    @Test func aCrashIsTold() async throws {
        let report = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: report) }
        await #expect(processExitsWith: .failure) { [report = report as String] in
            Watch.begin(report: report)
            Watch.note(0xBAD)
            fatalError("as it should")
        }
        #expect(try String(contentsOfFile: report, encoding: .utf8) == "crash seed=0x0000000000000bad\n")
    }

    /// A stack that overflows, as the reading of deeply nested text can make it.
    @Test func aStackWithoutEndIsTold() async throws {
        let report = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: report) }
        await #expect(processExitsWith: .failure) { [report = report as String] in
            func depth(_ number: Int) -> Int { number < 0 ? 0 : 1 + depth(number + 1) }
            Watch.begin(report: report)
            Watch.note(0xDEE9)
            print(depth(0))
        }
        #expect(try String(contentsOfFile: report, encoding: .utf8) == "crash seed=0x000000000000dee9\n")
    }
}

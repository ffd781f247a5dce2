import Foundation
import TestSupport
import Testing

/// `mendline stage check` holds for Mendline's own stages, and finds each flaw of one that has it.
///
/// One after the other: each check starts simulators and hands out as much as the stage can take.
@Suite("Stage check", .serialized, .timeLimit(.minutes(10)))
struct StageCheckTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func check(
        _ arguments: [String],
        flaw: String? = nil
    ) async throws -> (end: Program.End, output: String) {
        try await Program.run(
            path: Program.path(of: "mendline"),
            ["stage", "check", "--topology", root.appending(path: "topology/local.yaml").path] + arguments,
            environment: flaw.map { ["FLAW": $0] } ?? [:]
        )
    }

    @Test(arguments: ["validator", "provisioner", "log-collector", "reporter", "metrics-sink"])
    func holdsForOurOwn(_ stage: String) async throws {
        let (end, output) = try await Self.check([stage, "--deliveries", "300"])
        #expect(end == .exit(0), "\(output)")
        #expect(output.contains("\(stage): all "), "\(output)")
        #expect(!output.contains("BROKEN"))
    }

    @Test func holdsForAValidatorInPython() async throws {
        let program = Self.root.appending(path: "topology/examples/validator.py").path
        let (end, output) = try await Self.check(["validator", "--deliveries", "300", "--", program])
        #expect(end == .exit(0), "\(output)")
    }

    @Test func holdsForAnApproverInPython() async throws {
        let text = try String(contentsOf: Self.root.appending(path: "topology/examples/approver.yaml"), encoding: .utf8)
        let folder = FileManager.default.temporaryDirectory.appending(path: "approver-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let topology = folder.appending(path: "approver.yaml")
        // A port of the system's choice, since others may take decisions at the same time.
        try text.replacing("127.0.0.1:8095", with: "127.0.0.1:0").write(to: topology, atomically: true, encoding: .utf8)
        let program = Self.root.appending(path: "topology/examples/approver.py").path
        let (end, output) = try await Program.run(
            path: Program.path(of: "mendline"),
            ["stage", "check", "approver", "--deliveries", "100", "--topology", topology.path, "--", program]
        )
        #expect(end == .exit(0), "\(output)")
        #expect(output.contains("approver: all "), "\(output)")
    }

    private static let flawed = root.appending(path: "Tests/StageCheck/flawed_stage.py").path

    @Test func holdsForAStageWithoutFlaws() async throws {
        let (end, output) = try await Self.check(["validator", "--deliveries", "300", "--", Self.flawed])
        #expect(end == .exit(0), "\(output)")
    }

    @Test(arguments: [
        ("silent", "starts"), ("greedy", "capacity"), ("late", "time has passed"), ("fragile", "malformed"),
        ("deaf", "malformed"), ("mute", "does not know"), ("twice", "throughout"), ("invalid", "golden"),
        ("leaky", "memory"), ("stubborn", "SIGTERM"), ("forgets", "SIGTERM"), ("unhappy", "SIGTERM"),
    ])
    func finds(_ flaw: String, in part: String) async throws {
        let (end, output) = try await Self.check(["validator", "--only", part, "--", Self.flawed], flaw: flaw)
        #expect(end == .exit(1), "\(output)")
        let broken = output.split(separator: "\n").filter { $0.hasPrefix("BROKEN") }
        #expect(broken.count == 1, "\(output)")
        #expect(broken.first?.contains(part) == true, "\(output)")
    }

    @Test func saysWhatIsWrongWithTheCommandLine() async throws {
        let (end, output) = try await Self.check(["approver"])
        #expect(end == .exit(2))
        #expect(output.contains("has no stage \"approver\"; it has validator, provisioner"), "\(output)")
        let (missing, words) = try await Self.check(["validator", "--", "/nowhere/stage"])
        #expect(missing == .exit(1))
        #expect(words.contains("/nowhere/stage"), "\(words)")
    }
}

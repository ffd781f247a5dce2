import Foundation
import TestSupport
import Testing
import ZeroMQ

@testable import StageKit

/// Whom the doorkeeper lets in where.
@Suite("The doorkeeper", .timeLimit(.minutes(3)))
struct DoorkeeperTests {
    private static let stages: Set = ["validator", "reporter"]

    @Test(
        arguments: [
            (["validator"], "samples", true), (["intake"], "samples", true), ([], "samples", false),
            (["validator"], "answers", true), (["intake"], "answers", false), (["metrics-sink"], "answers", false),
            ([], "answers", false), (["validator"], "deliveries.validator", true),
            (["validator"], "deliveries.reporter", false),
            (["validator", "reporter"], "deliveries.reporter", true), (["intake"], "deliveries.intake", false),
            (["stranger"], "deliveries.stranger", false), (["validator"], "", false),
            (["validator"], "validator", false),
            (["validator"], "deliveries.", false), (["validator"], "Answers", false),
        ] as [(Set<String>, String, Bool)]
    )
    func doors(names: Set<String>, domain: String, isOpen: Bool) {
        #expect(Doorkeeper.admits(names, to: domain, stages: Self.stages) == isOpen)
    }

    private static func key(_ letter: Character) -> String { String(repeating: letter, count: 40) }

    @Test func aChangedFileCountsAndAWrongOneDoesNot() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("admitted-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        func write(_ text: String) throws { try text.write(toFile: file, atomically: true, encoding: .utf8) }
        let log = RecordedLog()
        func keeper() throws -> Doorkeeper { try Doorkeeper(file: file, stages: Self.stages, logger: log.logger) }
        #expect(throws: (any Error).self) { try keeper() }
        try write("validator \(Self.key("a"))\n")
        let doorkeeper = try keeper()
        func admission(_ letter: Character) -> Admission {
            doorkeeper.decide(.init(domain: "answers", address: "", publicKey: Self.key(letter)))
        }
        #expect(admission("a") == .admitted(userID: Self.key("a")))
        #expect(admission("b") == .refused)

        try write("validator \(Self.key("b"))\n")
        while admission("b") == .refused { try await Task.sleep(for: .milliseconds(20)) }
        #expect(admission("a") == .refused)
        #expect(doorkeeper.names(of: Self.key("a")).isEmpty)

        /// Asks until the log has told so many times that the file was read anew and not taken.
        func untilNotTaken(times: Int) async throws {
            while log.lines.count(where: { $0.message.hasPrefix("the admitted keys stay as they were") }) < times {
                _ = admission("b")
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        try write("validator nonsense\n")
        try await untilNotTaken(times: 1)
        #expect(admission("b") == .admitted(userID: Self.key("b")))
        try FileManager.default.removeItem(atPath: file)
        try await untilNotTaken(times: 2)
        #expect(admission("b") == .admitted(userID: Self.key("b")))

        try write("reporter \(Self.key("c"))\n")
        while admission("c") == .refused { try await Task.sleep(for: .milliseconds(20)) }
        #expect(admission("b") == .refused)
        #expect(log.lines.count { $0.message == "the admitted keys have changed" } == 2)
    }

    @Test func aLineASecondWithHowManyItStandsFor() {
        var throttle = LogThrottle()
        let counts = [
            (1, 0), (5, 10), (0, 500), (3, 999), (0, 1000), (0, 1500), (0, 2500), (1, 2600), (1, 3599), (0, 3600),
        ]
        .map { throttle.count($0.0, at: .milliseconds($0.1)) }
        #expect(counts == [1, nil, nil, nil, 8, nil, nil, 1, nil, 1])
    }
}

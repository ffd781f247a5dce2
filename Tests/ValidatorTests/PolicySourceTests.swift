import Foundation
import Logging
import Messages
import StageKit
import Testing
import Topology

@testable import Validator

/// The policy file on a real disk, looked at when the test says so.
@Suite(.timeLimit(.minutes(3))) struct PolicySourceTests {
    private let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private func text(_ severity: String) -> String {
        "version: 1\nseverities: [\(severity)]\nplaybooks:\n  - name: any\n"
    }

    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("policy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    private func write(_ text: String, to file: URL) throws {
        try Data(text.utf8).write(to: file, options: .atomic)
    }

    private func later(_ seconds: Int) -> ContinuousClock.Instant { ContinuousClock.now + .seconds(seconds) }

    @Test func `a changed file counts at the next look, at most once a second`() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("policy.yaml")
            try write(text("high"), to: file)
            let start = ContinuousClock.now
            let source = try PolicySource(path: file.path, trouble: Trouble(), logger: logger)
            try write(text("critical"), to: file)
            #expect(source.current(at: start).severities == ["high"])
            #expect(source.current(at: later(2)).severities == ["critical"])
            try write(text("medium"), to: file)
            #expect(source.current(at: later(2) - .milliseconds(500)).severities == ["critical"])
            #expect(source.current(at: later(4)).severities == ["medium"])
        }
    }

    @Test(arguments: ["severities: 7", "", "version: 1\n  bad", "\u{FEFF}version: 1"])
    func `while the file is wrong the policy before stays in force and the trouble is said`(
        wrong: String
    ) async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("policy.yaml")
            try write(text("high"), to: file)
            let trouble = Trouble()
            let source = try PolicySource(path: file.path, trouble: trouble, logger: logger)
            #expect(trouble.sentence == nil)
            try write(wrong, to: file)
            #expect(source.current(at: later(2)).severities == ["high"])
            let sentence = try #require(trouble.sentence)
            #expect(sentence.hasPrefix("\(file.path):"))
            #expect(sentence.hasSuffix("; the policy read before stays in force"))
            #expect(source.current(at: later(4)).severities == ["high"])
            #expect(trouble.sentence == sentence)
            try write(text("critical"), to: file)
            #expect(source.current(at: later(6)).severities == ["critical"])
            #expect(trouble.sentence == nil)
        }
    }

    @Test func `a file that is gone is trouble, and its return ends it`() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("policy.yaml")
            let aside = folder.appendingPathComponent("aside.yaml")
            try write(text("high"), to: file)
            let trouble = Trouble()
            let source = try PolicySource(path: file.path, trouble: trouble, logger: logger)
            try FileManager.default.moveItem(at: file, to: aside)
            #expect(source.current(at: later(2)).severities == ["high"])
            #expect(trouble.sentence?.contains("there is no such file") == true)
            // The same file, with the same stamp, comes back.
            try FileManager.default.moveItem(at: aside, to: file)
            #expect(source.current(at: later(4)).severities == ["high"])
            #expect(trouble.sentence == nil)
        }
    }

    @Test func `a link to a folder that is turned is a change, as Kubernetes makes it`() async throws {
        try await withFolder { folder in
            let files = FileManager.default
            for severity in ["high", "critical"] {
                let version = folder.appendingPathComponent(severity)
                try files.createDirectory(at: version, withIntermediateDirectories: true)
                try write(text(severity), to: version.appendingPathComponent("policy.yaml"))
            }
            let data = folder.appendingPathComponent("data")
            try files.createSymbolicLink(atPath: data.path, withDestinationPath: "high")
            let file = folder.appendingPathComponent("policy.yaml")
            try files.createSymbolicLink(atPath: file.path, withDestinationPath: "data/policy.yaml")
            let source = try PolicySource(path: file.path, trouble: Trouble(), logger: logger)
            #expect(source.current(at: later(2)).severities == ["high"])
            try files.removeItem(at: data)
            try files.createSymbolicLink(atPath: data.path, withDestinationPath: "critical")
            #expect(source.current(at: later(4)).severities == ["critical"])
        }
    }

    @Test func `a file that is wrong at the start is an error with file, line and remedy`() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("policy.yaml")
            try write("version: 1\nseverity: [high]\n", to: file)
            let error = #expect(throws: ConfigurationProblems.self) {
                try PolicySource(path: file.path, trouble: Trouble(), logger: logger)
            }
            let problem = try #require(error?.problems.first { $0.line == 2 })
            #expect(problem.file == file.path && !problem.remedy.isEmpty)
        }
    }

    @Test func `many ask at once and all have an answer`() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("policy.yaml")
            try write(text("high"), to: file)
            let source = try PolicySource(path: file.path, trouble: Trouble(), logger: logger)
            try write(text("critical"), to: file)
            let instant = later(2)
            await withTaskGroup { group in
                for _ in 0..<200 {
                    group.addTask { @concurrent in source.current(at: instant).severities }
                }
                for await severities in group { #expect([["high"], ["critical"]].contains(severities)) }
            }
            #expect(source.current(at: instant).severities == ["critical"])
        }
    }

    @Test func `the stage approves, declines and refuses what it cannot read`() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("policy.yaml")
            try write(text("high"), to: file)
            let source = try PolicySource(path: file.path, trouble: Trouble(), logger: logger)
            let validator = Validator(policies: source, template: "remediation")
            func handle(_ data: JSONValue, _ incident: Incident) async throws -> [CausedEvent] {
                let accepted = Timestamp(milliseconds: 0)
                let event = Message(
                    type: .incidentAccepted,
                    source: "/intake/1",
                    id: "1",
                    subject: incident.incidentID,
                    time: accepted,
                    data: data
                )
                let context = DeliveryContext(
                    incident: incident,
                    installation: "t",
                    operatorAttempt: 1,
                    cancelled: false,
                    plan: nil,
                    workspace: nil,
                    acceptedAt: accepted,
                    holdSeconds: 3600,
                    sealedToken: nil
                )
                return try await validator.handle(
                    Delivery(
                        handle: DeliveryHandle(deliveryID: "d", attempt: Attempt(epoch: 1, number: 1)),
                        event: event,
                        context: context,
                        expiryTime: accepted + .seconds(8)
                    ),
                    Hand(progress: { _ in }, checkInTime: {}, now: { accepted + .seconds(1) }, logger: logger)
                )
            }
            for (severity, type) in [("high", EventType.incidentApproved), ("low", .incidentDeclined)] {
                let incident = Incident(incidentID: "INC-1", serviceName: "a", severity: severity, description: "b")
                let data = try JSONValue(
                    encoding: IncidentAccepted(
                        incident: incident,
                        sender: "api",
                        receivedAt: Timestamp(milliseconds: 0)
                    )
                )
                let events = try await handle(data, incident)
                #expect(events.map(\.type) == [type])
            }
            let incident = Incident(incidentID: "INC-1", serviceName: "a", severity: "high", description: "b")
            let error = await #expect(throws: StageError.self) { try await handle(["incident": 7], incident) }
            guard case .failed(let failure) = error else {
                Issue.record("not a failure")
                return
            }
            #expect(failure.code == "event_malformed" && !failure.retryable)
        }
    }
}

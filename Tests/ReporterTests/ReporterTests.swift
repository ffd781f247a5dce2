import Foundation
import HTTPClient
import Messages
import Secrets
import StageKit
import Testing

@testable import Reporter

/// The reporter against the real simulator process.
@Suite(.timeLimit(.minutes(3))) struct ReporterTests {
    typealias Duplicates = ReporterConfiguration.Duplicates

    private func reporter(
        _ simulator: RunningSimulator,
        _ duplicates: Duplicates = .look,
        key: String = RunningSimulator.key,
        trouble: Trouble = Trouble()
    ) -> Reporter {
        Reporter(
            streamA: simulator.url,
            key: .fixed(key),
            http: simulator.http,
            configuration: ReporterConfiguration(duplicates: duplicates, systemName: "incident simulator"),
            trouble: trouble
        )
    }

    /// The actions of the one event that came of it.
    private func actions(
        _ reporter: Reporter,
        _ delivery: Delivery,
        _ hand: Hand = hand()
    ) async throws -> [String] {
        let events = try await reporter.handle(delivery, hand)
        let event = try #require(events.first)
        #expect(events.count == 1 && event.type == .incidentReported)
        let reported = try event.data.decoded(as: IncidentReported.self)
        #expect(reported.told == delivery.event.type && reported.system == "incident simulator")
        return reported.actions
    }

    private func refusal(
        _ reporter: Reporter,
        _ delivery: Delivery,
        _ hand: Hand = hand()
    ) async throws -> StageError {
        try await #require(throws: StageError.self) { try await reporter.handle(delivery, hand) }
    }

    private func code(_ error: StageError) -> String? {
        if case .failed(let failure) = error { failure.code } else { nil }
    }

    @Test func `an incident gets one comment and one update with the outcome and the log`() async throws {
        try await RunningSimulator.with { simulator in
            let reporter = reporter(simulator)
            #expect(try await actions(reporter, delivery(created, eventID: "1")) == ["commented"])
            #expect(try await actions(reporter, delivery(succeeded, eventID: "2")) == ["status remediated"])
            #expect(try await simulator.effects("INC-1042") == (1, 1))
            let comments = try await simulator.get("/api/incidents/INC-1042/comments")
            let comment = try #require(comments["comments"]?.elements.first)
            #expect(comment["author"]?.string == "coder-remediation-bot")
            #expect(comment["body"]?.string?.contains(created.workspaceName) == true)
            #expect(comment["body"]?.string?.contains(created.url) == true)
            let incident = try await simulator.get("/api/incidents/INC-1042")
            #expect(incident["status"]?.string == "remediated")
            #expect(incident["updated_by"]?.string == "coder-remediation-bot")
            #expect(incident["notes"]?.string?.contains("\n  done\n") == true)
        }
    }

    @Test(arguments: [(Duplicates.look, "off"), (.look, "on"), (.key, "on")])
    func `what is handed out again is not done again`(duplicates: Duplicates, idempotency: String) async throws {
        try await RunningSimulator.with(["--idempotency", idempotency]) { simulator in
            for _ in 0..<3 {
                // A process of its own each time, as after a crash.
                let reporter = reporter(simulator, duplicates)
                _ = try await actions(reporter, delivery(created, eventID: "1"))
                _ = try await actions(reporter, delivery(succeeded, eventID: "2"))
            }
            #expect(try await simulator.effects("INC-1042") == (1, 1))
        }
    }

    @Test func `who is the first to be handed it need not look whether it was told`() async throws {
        try await RunningSimulator.with { simulator in
            let reporter = reporter(simulator)
            let first = try delivery(created, eventID: "1", isFirst: true)
            #expect(try await actions(reporter, first) == ["commented"])
            let last = try delivery(succeeded, eventID: "2", isFirst: true)
            #expect(try await actions(reporter, last) == ["status remediated"])
            #expect(try await simulator.requests("GET") == 0)
            #expect(try await actions(reporter, delivery(created, eventID: "1")) == ["commented, found done"])
            #expect(try await simulator.requests("GET") == 1)
        }
    }

    @Test(
        arguments: [#"{"cut_rate":1,"#, #"{"error_after_rate":1,"#, #"{"garbage_rate":1,"#],
        [(Duplicates.look, "off"), (.key, "on")]
    )
    func `a lost answer is tried again and the effect stays one`(
        fault: String,
        mode: (duplicates: Duplicates, idempotency: String)
    ) async throws {
        try await RunningSimulator.with(["--idempotency", mode.idempotency]) { simulator in
            for (method, delivery) in [
                ("POST", try delivery(created, eventID: "1")), ("PATCH", try delivery(succeeded, eventID: "2")),
            ] {
                try await simulator.setFaults(fault + #""only_method":"\#(method)","times":1}"#)
                let reporter = reporter(simulator, mode.duplicates)
                let refusal = try await refusal(reporter, delivery)
                guard case .failed(let failure) = refusal else {
                    Issue.record("not a failure: \(refusal)")
                    return
                }
                #expect(failure.retryable)
                let actions = try await actions(reporter, delivery)
                #expect(actions.allSatisfy { $0.hasSuffix(", found done") } == (mode.duplicates == .look))
            }
            #expect(try await simulator.effects("INC-1042") == (1, 1))
        }
    }

    @Test func `at most once, a lost answer is not tried again and said to be unconfirmed`() async throws {
        try await RunningSimulator.with(["--idempotency", "off"]) { simulator in
            try await simulator.setFaults(#"{"cut_rate":1,"only_method":"POST","times":1}"#)
            let reporter = reporter(simulator, .atMostOnce)
            #expect(try await actions(reporter, delivery(created)) == ["commented, not confirmed"])
            #expect(try await simulator.effects("INC-1042") == (1, 0))
        }
    }

    @Test func `a key that is not accepted is trouble until it is, and burns no attempt`() async throws {
        try await RunningSimulator.with { simulator in
            let trouble = Trouble()
            let reporter = reporter(simulator, trouble: trouble)
            try await simulator.setFaults(#"{"unauthorized":true}"#)
            let refusal = try await refusal(reporter, delivery(created))
            guard case .deferred(let until, let reason) = refusal else {
                Issue.record("not deferred: \(refusal)")
                return
            }
            #expect(until == Timestamp(milliseconds: 6000))
            #expect(trouble.sentence == reason)
            #expect(reason.contains("STREAM_A_API_KEY") && !reason.contains(RunningSimulator.key))
            try await simulator.setFaults(#"{"unauthorized":false}"#)
            #expect(try await actions(reporter, delivery(created)) == ["commented"])
            #expect(trouble.sentence == nil)
        }
    }

    @Test func `a replaced key file counts at once, a missing one is trouble`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("reporter-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("key")
        try await RunningSimulator.with { simulator in
            let trouble = Trouble()
            let reporter = Reporter(
                streamA: simulator.url,
                key: .file(SecretFile(path: file.path)),
                http: simulator.http,
                configuration: ReporterConfiguration(systemName: "incident simulator"),
                trouble: trouble
            )
            for (text, part) in [(nil, "cannot be read"), ("an-old-key", "does not accept the key")] {
                if let text { try Data(text.utf8).write(to: file) }
                guard case .deferred = try await refusal(reporter, delivery(created)) else {
                    Issue.record("not deferred with \(text ?? "no key")")
                    return
                }
                #expect(trouble.sentence?.contains(part) == true)
            }
            try Data("\(RunningSimulator.key)\n".utf8).write(to: file)
            #expect(try await actions(reporter, delivery(created)) == ["commented"])
            #expect(trouble.sentence == nil)
        }
    }

    @Test func `a system that hides its comments is named with the setting that helps`() async throws {
        try await RunningSimulator.with(["--comments", "hidden"]) { simulator in
            let trouble = Trouble()
            guard case .deferred = try await refusal(reporter(simulator, trouble: trouble), delivery(created)) else {
                Issue.record("not deferred")
                return
            }
            #expect(trouble.sentence?.contains("duplicates: key") == true)
            #expect(try await actions(reporter(simulator, .key), delivery(created)) == ["commented"])
        }
    }

    @Test func `429 waits as told, 5xx and nobody there are tried again`() async throws {
        try await RunningSimulator.with { simulator in
            let reporter = reporter(simulator)
            try await simulator.setFaults(#"{"too_many_requests_rate":1,"retry_after":42,"times":1}"#)
            guard case .deferred(let until, _) = try await refusal(reporter, delivery(created)) else {
                Issue.record("not deferred")
                return
            }
            #expect(until == Timestamp(milliseconds: 43_000))
            try await simulator.setFaults(#"{"too_many_requests_rate":0,"error_rate":1,"error_status":503,"times":1}"#)
            #expect(code(try await refusal(reporter, delivery(created))) == "incident_api_unavailable")
            try await simulator.setFaults(#"{"error_rate":0,"down":true,"times":null}"#)
            #expect(code(try await refusal(reporter, delivery(created))) == "incident_api_unavailable")
            #expect(try await simulator.effects("INC-1042") == (0, 0))
        }
    }

    @Test func `what the API refuses for good is a final failure in its own words`() async throws {
        try await RunningSimulator.with { simulator in
            let reporter = reporter(simulator)
            let unknown = try await refusal(reporter, delivery(created, incident: String(repeating: "a", count: 201)))
            #expect(code(unknown) == "incident_unknown")
            try await simulator.setFaults(#"{"error_rate":1,"error_status":422,"only_method":"PATCH","times":1}"#)
            let rejected = try await refusal(reporter, delivery(succeeded))
            guard case .failed(let failure) = rejected else {
                Issue.record("not a failure: \(rejected)")
                return
            }
            #expect(failure.code == "incident_api_rejected" && !failure.retryable)
            #expect(failure.message.contains("The simulator was told to fail"))
        }
    }

    @Test func `out of time nothing is done`() async throws {
        try await RunningSimulator.with { simulator in
            for duplicates in Duplicates.allCases {
                for delivery in [try delivery(created), try delivery(succeeded)] {
                    let refusal = try await refusal(reporter(simulator, duplicates), delivery, hand(isInTime: false))
                    #expect(refusal == .returned(reason: "out of time"))
                }
            }
            #expect(try await simulator.effects("INC-1042") == (0, 0))
        }
    }

    @Test(arguments: ["a/b c", "ä?#%2F", "INC\\1", "a..b", "…"])
    func `ids are free text`(incident: String) async throws {
        try await RunningSimulator.with { simulator in
            _ = try await actions(reporter(simulator), delivery(created, incident: incident))
            #expect(try await simulator.effects(incident) == (1, 0))
        }
    }

    @Test func `the API key is in no text, also where a script prints it`() async throws {
        try await RunningSimulator.with { simulator in
            var finished = succeeded
            finished.lastLines = [
                "the key is \(RunningSimulator.key), base64 \(Data(RunningSimulator.key.utf8).base64EncodedString())"
            ]
            _ = try await actions(reporter(simulator), delivery(finished))
            let notes = try await simulator.get("/api/incidents/INC-1042")["notes"]?.string
            #expect(notes?.contains("the key is [masked], base64 [masked]") == true)
        }
    }

    @Test func `an event that cannot be read is a final failure`() async throws {
        try await RunningSimulator.with { simulator in
            let refusal = try await refusal(reporter(simulator), delivery(.workspaceCreated, ["url": 7]))
            #expect(code(refusal) == "event_malformed")
        }
    }
}

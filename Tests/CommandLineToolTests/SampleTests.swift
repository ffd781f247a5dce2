import Foundation
import Messages
import Testing

@testable import CommandLineTool

@Suite struct SampleTests {
    private let samples = Sample.all(at: Timestamp(milliseconds: 1_795_000_000_123), token: "t")

    @Test func theThreeSamples() {
        #expect(samples.map(\.expectation) == [.succeeded, .scriptFailed(exitCode: 3), .declined])
        #expect(samples.map(\.incident.severity) == ["critical", "high", "low"])
        #expect(samples.map(\.incident.incidentID) == (1...3).map { "SAMPLE-20261118-110640123-\($0)" })
        #expect(samples[1].incident.serviceName.hasPrefix("broken-"))
    }

    @Test(arguments: [
        (0, "finished", "succeeded", 0), (1, "finished", "script_failed", 3), (2, "declined", nil, nil),
    ])
    func asSaid(index: Int, state: String, verdict: String?, code: Int?) {
        #expect(samples[index].complaint(.ended(state: state, verdict: verdict, exitCode: code)) == nil)
    }

    @Test(arguments: [
        (
            0, Sample.Outcome.ended(state: "finished", verdict: "script_failed", exitCode: 1),
            "(payment-api) ended as script_failed with exit code 1; it should have ended as succeeded"
        ),
        (
            0, .ended(state: "declined", verdict: nil, exitCode: nil),
            "ended as declined; it should have ended as succeeded"
        ),
        (
            1, .ended(state: "finished", verdict: "script_failed", exitCode: 4),
            "ended as script_failed with exit code 4; it should have ended as script_failed with exit code 3"
        ),
        (
            1, .ended(state: "finished", verdict: "succeeded", exitCode: 0),
            "ended as succeeded with exit code 0; it should have ended as script_failed with exit code 3"
        ),
        (2, .ended(state: "finished", verdict: "succeeded", exitCode: 0), "it should have ended as declined"),
        (0, .failed("there was no end within 3 m 00 s"), "there was no end within 3 m 00 s"),
        (0, .unreported(state: "finished", verdict: "succeeded"), "the incident system was not told in time"),
    ])
    func otherwise(index: Int, outcome: Sample.Outcome, sentence: String) throws {
        let complaint = try #require(samples[index].complaint(outcome))
        #expect(complaint.hasPrefix(samples[index].incident.incidentID))
        #expect(complaint.contains(sentence))
    }

    @Test func complaintsNameEveryOneThatEndedOtherwise() {
        let good = (samples[0], Sample.Outcome.ended(state: "finished", verdict: "succeeded", exitCode: 0))
        let bad = (samples[2], Sample.Outcome.ended(state: "finished", verdict: "succeeded", exitCode: 0))
        #expect(Sample.complaints([good]) == [])
        #expect(Sample.complaints([good, bad, bad]).count == 2)
    }

    @Test func eventsAreShownOnceAndTheReportOfTheEndIsSeen() throws {
        var incident = try IncidentTextTests.decoded()
        var progress = TimelineProgress(label: "[1]")
        let all = incident.timeline
        incident.timeline = all.filter { $0.seq <= 2 }
        #expect(progress.take(incident, .none).count == 2)
        #expect(progress.take(incident, .none) == [])
        incident.timeline = all
        #expect(
            progress.take(incident, .none).first
                == "[1]    +0.300 s  workspace created   mend-inc-1  http://127.0.0.1:8080/@me/mend-inc-1"
        )
        #expect(!progress.isReported)
        let report = { (seq: Int64, told: String) in
            TimelineEvent(
                seq: seq,
                type: .incidentReported,
                time: all[0].time,
                data: ["told": .string(told), "actions": ["commented"], "system": "s"]
            )
        }
        incident.timeline.append(report(7, "workspace.created"))
        _ = progress.take(incident, .none)
        #expect(!progress.isReported)
        incident.timeline.append(report(8, "remediation.finished"))
        _ = progress.take(incident, .none)
        #expect(progress.isReported)
    }
}

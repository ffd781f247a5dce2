import Foundation
import Messages
import Testing
import Topology

@testable import ChaosKit

@Suite(.timeLimit(.minutes(1))) struct MeasureTests {
    @Test func spread() {
        #expect(Spread([]) == nil)
        #expect(Spread([5]).map { [$0.p50, $0.p99, $0.most] } == [5, 5, 5])
        #expect(Spread((1...200).map { $0 }).map { [$0.p50, $0.p99, $0.most] } == [100, 198, 200])
    }

    @Test func aRecoveryIsFromTheEndOfAFaultToTheEndOfWhatWasUnderWay() {
        func sent(_ began: Int64, _ ended: Int64, _ end: SenderRecord.End = .stored) -> SenderRecord {
            SenderRecord(isForMachines: true, end: end, began: began, ended: ended)
        }
        let sender = [sent(0, 50), sent(90, 150), sent(100, 300), sent(101, 400), sent(0, 900, .lost(["503"]))]
        #expect(Measure.recoveries(after: [100], sender) == [50, 200])
        #expect(Measure.recoveries(after: [], sender) == [])
    }

    @Test func aDelayIsWhatAnIncidentTookBeyondTheUsual() {
        func told(_ accepted: Int64, _ told: Int64) -> LedgerRecord {
            LedgerRecord(
                state: "finished",
                timeline: [
                    .init(sequence: 1, id: "a", type: "incident.accepted", time: accepted),
                    .init(sequence: 2, id: "b", type: "incident.reported", told: "remediation.finished", time: told),
                ]
            )
        }
        let ledger = [told(0, 20), told(90, 120), told(100, 500), told(130, 990)]
        #expect(Measure.delay(of: ledger, in: 100...110, usual: 30) == 370)
        #expect(Measure.delay(of: ledger, in: 600...610, usual: 30) == 830)
        #expect(Measure.delay(of: ledger, in: 2000...2010, usual: 30) == nil)
        #expect(Measure.usual(ledger, in: 0...600) == 30)
        #expect(Measure.usual(ledger, in: 1000...1100) == nil)
    }

    @Test(arguments: [
        (#"{"end":"finished","verdict":"succeeded"}"#, SenderRecord.End.finished("succeeded")),
        (#"{"end":"declined"}"#, .declined), (#"{"end":"without_verdict"}"#, .stored),
        (#"{"end":"accepted"}"#, .stored), (#"{"end":"refused","why":"no"}"#, .refused("no")),
        (#"{"end":"lost","repeated":["503","cut"]}"#, .lost(["503", "cut"])),
    ])
    func whatTheSenderWrites(line: String, end: SenderRecord.End) throws {
        let text = line.dropLast() + #","ended_at":"2026-11-23T18:00:01Z","took_ms":400}"#
        let json = try MessageCoding.decode(JSONValue.self, from: Array(text.utf8))
        let record = try #require(Traffic.record(json, Traffic.Sender(name: "x", rate: 1)))
        #expect(record.end == end)
        #expect(record.ended - record.began == 400)
    }

    @Test func theTableSaysWhatIsWrong() {
        var report = ChaosReport(
            seed: 7,
            seconds: 60,
            reporting: .look,
            histories: .good,
            violations: [],
            kills: ["intake": 2],
            faults: ["kill one": 2],
            missed: ["kill one": 1, "freeze one": 3],
            notTried: ["ledger read-only": "no privilege to mount"],
            failed: [],
            recoveries: Spread([1500]),
            usual: nil,
            singles: [],
            settled: 100,
            surprises: [],
            excusedEnds: 4
        )
        #expect(report.isClean)
        #expect(report.lines[0] == "chaos: seed 7, 60 s of faults, duplicates: look")
        #expect(report.lines.contains { $0.hasSuffix("not tried: no privilege to mount") })
        #expect(report.lines.contains { $0.hasSuffix("2, and 1 that met no process") })
        #expect(report.lines.contains { $0.hasSuffix("0, and 3 that met no process") })
        #expect(report.lines.contains { $0.contains("excused ends") && $0.contains("4 of intake") })
        #expect(report.lines.contains { $0.hasSuffix("p50 1.5 s  p99 1.5 s  max 1.5 s, of 1") })
        report.violations = [.init(incident: "M", rule: .lost, detail: "finished")]
        #expect(!report.isClean)
        #expect(report.lines.last == "  ! M: accepted, and the ledger does not have it (finished)")
        report.violations = []
        report.singles = [.init(member: "validator-1", delay: 14_001, bound: 4000, restart: nil)]
        #expect(!report.isClean, "a delay beyond the bound and what is allowed for is a violation")
        report.singles = [.init(member: "validator-1", delay: 13_999, bound: 4000, restart: nil)]
        #expect(report.isClean)
    }

    @Test func theConfigurationIsRight() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("chaos-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("topology.yaml")
        try Data(RunTopology.policyText.utf8).write(to: folder.appendingPathComponent("policy.yaml"))
        let run = RunTopology(
            coder: "http://127.0.0.1:1001",
            incidents: "http://127.0.0.1:1002",
            intakePort: 1003,
            sinkPort: 1004,
            reporting: .key,
            policy: "policy.yaml"
        )
        try Data(run.text.utf8).write(to: file)
        let topology = try Topology.load(path: file.path, data: folder.path)
        let policy = try Policy.load(path: topology.policy)
        #expect(topology.stages.map(\.name).sorted() == Cast.stages.sorted())
        #expect(topology.stages.allSatisfy { $0.lease == .milliseconds(RunTopology.lease) })
        #expect(topology.limits.hold == .seconds(RunTopology.hold))
        #expect(policy.playbooks.count == 1)
        #expect(Set(Cast.members.map(Cast.program)) == Set(Cast.stages + [Cast.intake, Cast.sink]))
    }
}

import Foundation
import Testing

@testable import ChaosKit

/// The oracle bites: each table is of histories in which one promise was broken, and the promise that must be named.
@Suite(.timeLimit(.minutes(1))) struct OracleTests {
    /// A change to the good history of one incident.
    struct BadHistory: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var breaks: Oracle.Rule
        var change: @Sendable (inout Histories) -> Void

        init(_ what: String, _ rule: Oracle.Rule, _ change: @escaping @Sendable (inout Histories) -> Void) {
            testDescription = what
            breaks = rule
            self.change = change
        }
    }

    static let table: [BadHistory] = [
        BadHistory("accepted and gone", .lost) { $0.ledger["M"] = nil },
        BadHistory("declined and gone", .lost) { $0.ledger["D"] = nil },
        BadHistory("refused connections, and it is in the ledger", .unwanted) {
            $0.sender["M"]?.end = .lost(["couldNotConnect", "503"])
        },
        BadHistory("never accepted, and it has a workspace", .unwanted) { $0.coder["N"] = CoderRecord(creates: 1) },
        BadHistory("never accepted, and it was told of", .unwanted) { $0.reports["N"] = ReportRecord(comments: 1) },
        BadHistory("refused for good", .refused) { $0.sender["N"]?.end = .refused("422") },
        BadHistory("the sender has no answer", .notEnded) { $0.sender["M"]?.end = .none },
        BadHistory("in the ledger, from nobody", .unheardOf) { $0.ledger["X"] = LedgerRecord(state: "waiting") },
        BadHistory("in Coder, from nobody", .unheardOf) { $0.coder["X"] = CoderRecord(creates: 1) },
        BadHistory("told of, from nobody", .unheardOf) { $0.reports["X"] = ReportRecord(comments: 1) },
        BadHistory("still running", .notEnded) { $0.ledger["M"]?.state = "running" },
        BadHistory("a delivery is open", .openDelivery) { $0.ledger["M"]?.openDeliveries = 1 },
        BadHistory("cancelled by nobody", .wrongEnd) { $0.ledger["M"]?.state = "cancelled" },
        BadHistory("declined, though it is for machines", .wrongEnd) { $0.ledger["M"]?.state = "declined" },
        BadHistory("remediated, though it is not for machines", .wrongEnd) { $0.ledger["D"]?.state = "finished" },
        BadHistory("not succeeded", .wrongEnd) { $0.ledger["M"]?.verdict = "unknown" },
        BadHistory("unreported", .wrongEnd) { $0.ledger["M"]?.isUnreported = true },
        BadHistory("no verdict", .verdict) { $0.ledger["M"]?.verdict = nil },
        BadHistory("two verdicts", .verdict) { $0.ledger["M"]?.add("remediation.finished") },
        BadHistory("a verdict on what was declined", .verdict) { $0.ledger["D"]?.verdict = "succeeded" },
        BadHistory("accepted twice", .events) { $0.ledger["M"]?.add("incident.accepted") },
        BadHistory("approved twice", .events) { $0.ledger["M"]?.add("incident.approved") },
        BadHistory("declined twice", .events) { $0.ledger["D"]?.add("incident.declined") },
        BadHistory("two workspaces in the timeline", .events) { $0.ledger["M"]?.add("workspace.created") },
        BadHistory("cancelled on the side", .events) { $0.ledger["M"]?.add("incident.cancelled") },
        BadHistory("declined on the side", .events) { $0.ledger["M"]?.add("incident.declined") },
        BadHistory("retried by nobody", .events) { $0.ledger["M"]?.add("incident.retried") },
        BadHistory("a workspace to be disposed of", .events) { $0.ledger["M"]?.add("workspace.dispose") },
        BadHistory("a stage gave up", .events) { $0.ledger["M"]?.add("delivery.exhausted") },
        BadHistory("an event that nobody knows", .events) { $0.ledger["M"]?.add("workspace.painted") },
        BadHistory("told of something else", .events) {
            $0.ledger["M"]?.add("incident.reported", told: "incident.cancelled")
        },
        BadHistory("told of nothing", .events) { $0.ledger["M"]?.add("incident.reported") },
        BadHistory("stopped twice", .events) { $0.ledger["M"]?.add("workspace.expiring", step: "stop") },
        BadHistory("erased twice", .events) { $0.ledger["M"]?.add("workspace.expiring", step: "erase") },
        BadHistory("never stopped", .events) { histories in
            histories.ledger["M"]?.timeline.removeAll { $0.step == "stop" }
        },
        BadHistory("released twice", .events) { $0.ledger["M"]?.add("workspace.released", deleted: true) },
        BadHistory("released, and left as well", .events) {
            $0.ledger["M"]?.add("workspace.released", deleted: false)
        },
        BadHistory("declined, and approved", .events) { $0.ledger["D"]?.add("incident.approved") },
        BadHistory("declined, with a workspace", .events) { $0.ledger["D"]?.add("workspace.changed") },
        BadHistory("declined, and cancelled", .events) { $0.ledger["D"]?.add("incident.cancelled") },
        BadHistory("declined, and a stage gave up", .events) { $0.ledger["D"]?.add("delivery.exhausted") },
        BadHistory("one id for two events", .events) { histories in
            let first = histories.ledger["M"]?.timeline[0].id ?? ""
            histories.ledger["M"]?.timeline[1].id = first
        },
        BadHistory("one id in two timelines", .events) { histories in
            let other = histories.ledger["D"]?.timeline[0].id ?? ""
            histories.ledger["M"]?.timeline[0].id = other
        },
        BadHistory("an event without an id", .events) { $0.ledger["M"]?.timeline[0].id = "" },
        BadHistory("the outcome told twice", .events) {
            $0.ledger["M"]?.add("incident.reported", told: "remediation.finished")
        },
        BadHistory("the beginning never told", .events) { histories in
            histories.ledger["M"]?.timeline.removeAll { $0.told == "workspace.created" }
        },
        BadHistory("never released", .events) { histories in
            histories.ledger["M"]?.timeline.removeAll { $0.type == "workspace.released" }
        },
        BadHistory("released, but left", .events) { histories in
            for index in histories.ledger["M"]?.timeline.indices ?? 0..<0 {
                histories.ledger["M"]?.timeline[index].deleted = false
            }
        },
        BadHistory("out of order", .order) { $0.ledger["M"]?.timeline.swapAt(0, 1) },
        BadHistory("a workspace before its incident is approved", .order) {
            $0.ledger["M"]?.timeline[1].type = "workspace.created"
            $0.ledger["M"]?.timeline[2].type = "incident.approved"
        },
        BadHistory("one number for two events", .order) { $0.ledger["M"]?.timeline[1].sequence = 1 },
        BadHistory("the sender was told another verdict", .toldOtherwise) {
            $0.sender["M"]?.end = .finished("script_failed")
        },
        BadHistory("the sender was told that it was declined", .toldOtherwise) { $0.sender["M"]?.end = .declined },
        BadHistory("no workspace", .creates) { $0.coder["M"]?.creates = 0 },
        BadHistory("Coder has never heard of it", .creates) { $0.coder["M"] = nil },
        BadHistory("two workspaces", .creates) { $0.coder["M"]?.creates = 2 },
        BadHistory("a workspace for what was declined", .creates) { $0.coder["D"] = CoderRecord(creates: 1) },
        BadHistory("the script ran twice", .scripts) { $0.coder["M"]?.scriptStarts = 2 },
        BadHistory("the script never ran", .scripts) { $0.coder["M"]?.scriptStarts = 0 },
        BadHistory("a workspace is there still", .leftBehind) { $0.coder["M"]?.existing = 1 },
        BadHistory("told as failed", .patches) { $0.reports["M"]?.patchesByStatus = ["remediation_failed": 1] },
        BadHistory("the outcome twice", .patches) { $0.reports["M"]?.patchesByStatus = ["remediated": 2] },
        BadHistory("two outcomes", .patches) {
            $0.reports["M"]?.patchesByStatus = ["remediated": 1, "remediation_failed": 1]
        },
        BadHistory("no outcome", .patches) { $0.reports["M"]?.patchesByStatus = [:] },
        BadHistory("an outcome of what was declined", .patches) {
            $0.reports["D"]?.patchesByStatus = ["remediation_failed": 1]
        },
        BadHistory("no comment", .comments) { $0.reports["M"]?.comments = 0 },
        BadHistory("the same comment twice", .comments) { $0.reports["M"]?.comments = 2 },
        BadHistory("the refusal told twice", .comments) { $0.reports["D"]?.comments = 2 },
    ]

    @Test func aGoodHistoryBreaksNothing() {
        #expect(Oracle.judge(.good) == [])
        #expect(Oracle.judge(Histories()) == [])
    }

    @Test(arguments: table)
    func aBadHistoryIsFound(_ history: BadHistory) {
        var histories = Histories.good
        history.change(&histories)
        #expect(Oracle.judge(histories).map(\.rule).contains(history.breaks))
    }

    /// A rule that no history breaks would be one that nobody has seen to bite.
    @Test func eachPromiseIsInTheTable() {
        #expect(Set(Self.table.map(\.breaks)) == Set(Oracle.Rule.allCases))
    }

    /// Who sees a workspace's changes may be killed before it tells, and reports wait as long as they must.
    @Test func whatKillsMayChange() {
        var histories = Histories.good
        histories.ledger["M"]?.timeline.removeAll { $0.type == "workspace.changed" }
        #expect(Oracle.judge(histories) == [])
        histories = .good
        histories.ledger["M"]?.timeline.removeAll { $0.type == "incident.reported" }
        histories.ledger["M"]?.add("incident.reported", told: "workspace.created")
        histories.ledger["M"]?.add("incident.reported", told: "remediation.finished")
        #expect(Oracle.judge(histories) == [])
    }

    /// An answer that was cut off says neither: both are right.
    @Test(arguments: [["cut"], ["timedOut"], ["503", "cut", "couldNotConnect"]])
    func whatTheSenderCannotKnowMayBeEither(causes: [String]) {
        var histories = Histories.good
        histories.sender["M"]?.end = .lost(causes)
        histories.sender["N"]?.end = .lost(causes)
        #expect(Oracle.judge(histories) == [])
    }
}

extension Histories {
    /// One incident for machines, one that is not, and one that was never accepted.
    static var good: Histories {
        var remediated = LedgerRecord(state: "finished", verdict: "succeeded")
        for type in ["incident.accepted", "incident.approved", "workspace.created"] { remediated.add(type) }
        remediated.add("workspace.changed")
        remediated.add("incident.reported", told: "workspace.created")
        remediated.add("workspace.changed")
        remediated.add("remediation.finished")
        remediated.add("workspace.expiring", step: "stop")
        remediated.add("incident.reported", told: "remediation.finished")
        remediated.add("workspace.expiring", step: "erase")
        remediated.add("workspace.released", deleted: true)
        var declined = LedgerRecord(state: "declined")
        for type in ["incident.accepted", "incident.declined"] { declined.add(type) }
        declined.add("incident.reported", told: "incident.declined")
        func sent(_ isForMachines: Bool, _ end: SenderRecord.End) -> SenderRecord {
            SenderRecord(isForMachines: isForMachines, end: end, began: 0, ended: 100)
        }
        return Histories(
            sender: [
                "M": sent(true, .finished("succeeded")), "D": sent(false, .declined),
                "N": sent(true, .lost(["couldNotConnect"])),
            ],
            ledger: ["M": remediated, "D": declined],
            coder: ["M": CoderRecord(creates: 1, scriptStarts: 1, existing: 0)],
            reports: [
                "M": ReportRecord(comments: 1, patchesByStatus: ["remediated": 1]), "D": ReportRecord(comments: 1),
            ]
        )
    }
}

extension LedgerRecord {
    mutating func add(_ type: String, told: String? = nil, step: String? = nil, deleted: Bool? = nil) {
        let number = (timeline.last?.sequence ?? 0) + 1
        timeline.append(
            Event(
                sequence: number,
                id: UUID().uuidString,
                type: type,
                told: told,
                step: step,
                deleted: deleted,
                time: number * 10
            )
        )
    }
}

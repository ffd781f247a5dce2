import Hummingbird
import Messages
import Testing

@testable import Intake
@testable import Ledger

/// What a sender is answered, for every state that an incident can be in.
@Suite("Answers to an incident")
struct RemediateAnswerTests {
    private static func record(
        _ state: IncidentState,
        hasWorkspace: Bool = false,
        verdict: Verdict? = nil,
        id: String = "I-1"
    ) -> IncidentRecord {
        var record = LedgerCore.sweepsRecord(at: Timestamp(milliseconds: 0))
        record.id = id
        record.state = state
        record.verdict = verdict
        if hasWorkspace { record.workspace = WorkspaceReference(workspaceID: "w", workspaceName: "m", url: "u") }
        return record
    }

    @Test(
        arguments: [
            (record(.waiting), true, 202), (record(.waiting), false, 200), (record(.provisioning), true, 202),
            (record(.provisioning, hasWorkspace: true), true, 201),
            (record(.provisioning, hasWorkspace: true), false, 200),
            (record(.running, hasWorkspace: true), true, 201), (record(.running, hasWorkspace: true), false, 200),
            (record(.finished, hasWorkspace: true, verdict: .succeeded), true, 201),
            (record(.finished, hasWorkspace: true, verdict: .scriptFailed), false, 200),
            (record(.finished, verdict: .unknown), true, 200), (record(.cancelled, verdict: .cancelled), true, 200),
        ]
    )
    func goesItsWay(record: IncidentRecord, isNew: Bool, status: Int) throws {
        let response = try RemediateAnswer.make(record, isNew: isNew, refusal: nil)
        #expect(response.status.code == status)
        #expect(response.headers[.location] == "/incidents/I-1")
    }

    @Test func isDeclinedWithEveryReason() throws {
        let refusal = IncidentDeclined(reasons: [
            .init(code: "severity", message: "Too low."), .init(code: "playbook", message: "None takes it."),
        ])
        let problem = try #require(
            throws: Problem.self,
            performing: { _ = try RemediateAnswer.make(Self.record(.declined), isNew: true, refusal: refusal) }
        )
        #expect(problem.status.code == 400)
        #expect(problem.detail == "Too low. None takes it.")
        #expect(problem.reasons == refusal.reasons)
        #expect(problem.incidentID == "I-1")
    }

    @Test func couldNotBeProvisioned() throws {
        var record = Self.record(.finished, verdict: .provisioningFailed)
        record.diagnosis = Diagnosis(summary: "The quota is used up.")
        let problem = try #require(
            throws: Problem.self,
            performing: { _ = try RemediateAnswer.make(record, isNew: false, refusal: nil) }
        )
        #expect(problem.status.code == 502)
        #expect(problem.detail == "The quota is used up.")
    }

    @Test(arguments: [
        ("I-1", "I-1"), ("a b/c", "a%20b%2Fc"), ("\u{fc}", "%C3%BC"), ("a.b~c_d", "a.b~c_d"),
    ])
    func anyIdIsOneSegment(id: String, segment: String) throws {
        let response = try RemediateAnswer.make(Self.record(.waiting, id: id), isNew: true, refusal: nil)
        #expect(response.headers[.location] == "/incidents/\(segment)")
    }
}

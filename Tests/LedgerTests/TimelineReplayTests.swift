import Ledger
import Messages
import Testing

/// I3: what a timeline says by itself.
@Suite("Replaying a timeline")
struct TimelineReplayTests {
    private static func replay(_ events: [(type: EventType, attempt: Int, data: JSONValue)]) -> TimelineReplay {
        var replay = TimelineReplay()
        for event in events { replay.take(event.type, operatorAttempt: event.attempt, data: event.data) }
        return replay
    }

    private static func record(
        _ attempt: Int,
        _ state: IncidentState,
        _ verdict: Verdict?,
        _ workspace: String?
    )
        -> IncidentRecord
    {
        var record = LedgerCore.sweepsRecord(at: Timestamp(milliseconds: 1))
        record.operatorAttempt = attempt
        record.state = state
        record.verdict = verdict
        record.workspace = workspace.map { WorkspaceReference(workspaceID: $0, workspaceName: "m-1") }
        return record
    }

    @Test func itGivesTheRecord() {
        var events: [(type: EventType, attempt: Int, data: JSONValue)] = [
            (.incidentAccepted, 1, [:]), (.incidentApproved, 1, [:]), (.workspaceCreated, 1, ["workspace_id": "w-1"]),
        ]
        #expect(Self.replay(events).difference(from: Self.record(1, .running, nil, "w-1")) == nil)
        events += [
            (.remediationFinished, 1, ["verdict": "script_failed"]), (.incidentCancelled, 1, [:]),
            (.workspaceCreated, 1, ["workspace_id": "w-late"]),
        ]
        #expect(Self.replay(events).difference(from: Self.record(1, .finished, .scriptFailed, "w-1")) == nil)
        events += [(.incidentRetried, 2, [:]), (.incidentAccepted, 2, [:])]
        #expect(Self.replay(events).difference(from: Self.record(2, .waiting, nil, nil)) == nil)
        events += [
            (.remediationFinished, 1, ["verdict": "succeeded"]), (.workspaceCreated, 1, ["workspace_id": "w-1b"]),
            (.incidentDeclined, 2, [:]),
        ]
        #expect(Self.replay(events).difference(from: Self.record(2, .declined, nil, nil)) == nil)
    }

    @Test(arguments: [
        (record(2, .finished, .succeeded, "w-1"), "attempt 1 by its timeline, 2 by its record"),
        (record(1, .running, nil, "w-1"), "end finished by its timeline, none by its record"),
        (record(1, .cancelled, .cancelled, "w-1"), "end finished by its timeline, cancelled by its record"),
        (record(1, .finished, .unknown, "w-1"), "verdict succeeded by its timeline, unknown by its record"),
        (record(1, .finished, .succeeded, nil), "workspace w-1 by its timeline, none by its record"),
    ])
    func itTellsWhatDiffers(record: IncidentRecord, difference: String) {
        let replay = Self.replay([
            (.incidentAccepted, 1, [:]), (.workspaceCreated, 1, ["workspace_id": "w-1"]),
            (.remediationFinished, 1, ["verdict": "succeeded"]),
        ])
        #expect(replay.difference(from: record) == difference)
    }
}

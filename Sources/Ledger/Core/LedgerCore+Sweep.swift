public import Messages

/// The sweep: what is left in Coder although its incident is closed goes too.
///
/// It lists first and asks the ledger then: a workspace that the list shows is judged by what the ledger knows after
/// the list was made, so one that is being created meanwhile is never taken for an orphan. What the ledger does not
/// positively know as closed is counted for people and left alone.
extension LedgerCore {
    /// The incident whose timeline the sweeps are; its id is of a form that intake refuses to others.
    public static let sweeps = "mendline:sweep"

    /// The record of ``sweeps``, made with the ledger.
    public static func sweepsRecord(at time: Timestamp) -> IncidentRecord {
        IncidentRecord(
            id: sweeps,
            service: "mendline",
            severity: "none",
            operatorAttempt: 1,
            state: .finished,
            verdict: nil,
            exitCode: nil,
            acceptedAt: time,
            retriedAt: nil,
            finishedAt: time,
            deadline: time,
            playbook: nil,
            template: nil,
            workspace: nil,
            workspaceState: nil,
            workspaceEnded: false,
            disposed: [],
            creationRightEnds: nil,
            pendingEnd: nil,
            unreported: false,
            diagnosis: nil,
            traceparent: "00-00000000000000000000000000000001-0000000000000001-00",
            carriesToken: false
        )
    }

    /// Begins a sweep when one is due and the one before is settled.
    mutating func sweepIfDue() {
        guard now.monotonic >= nextSweep, incidents[Self.sweeps] != nil else { return }
        nextSweep = now.monotonic + rules.sweepEvery
        guard lines[Self.sweeps] == nil, !rules.takers(of: .sweepDue).isEmpty else { return }
        unknownWorkspaces = []
        append(SweepDue(number: Int(nextSequence)), to: Self.sweeps)
    }

    /// Judges what a sweep saw.
    mutating func takeSeen(_ seen: [WorkspacesSeen.Seen]) {
        for one in seen {
            guard let record = incidents[one.incidentID] else {
                unknownWorkspaces.insert(one.workspace.workspaceName)
                continue
            }
            let rightEnded = record.creationRightEnds.map { now.wall >= $0 + .milliseconds(rules.hold) } ?? true
            let isClosed = record.state.isTerminal && lines[record.id] == nil && rightEnded
            guard isClosed || flaws.contains(.sweepsBusy) else { continue }
            append(
                WorkspaceDispose(
                    workspace: one.workspace,
                    reason: "a sweep found it although its incident is closed and nothing of it is due"
                ),
                to: record.id
            )
        }
    }
}

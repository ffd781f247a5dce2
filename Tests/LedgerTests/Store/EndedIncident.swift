import Foundation
import GRDB
import Messages

@testable import Ledger

/// An incident that has ended, as what has come to be stored of it.
struct EndedIncident {
    enum Release {
        case never
        /// The provisioner has seen that the workspace is gone.
        case seen
        /// The provisioner has given up.
        case givenUp
    }

    var id: String
    var finishedAt = Timestamp(milliseconds: 1_000_000)
    var state = IncidentState.finished
    var operatorAttempt = 1
    /// Nil for one that never had a workspace.
    var release: Release? = .seen
    var creationRightEnds: Timestamp?
    var hasDelivery = false
    var logLines = 3
    /// Further events.
    var events = 2
    var description = "High CPU"

    /// What is stored, from this place in the ledger on.
    func changes(from sequence: inout Int64) throws -> [Change] {
        var incident = CoreFixture.incident(id)
        incident.description = description
        var record = LedgerCore.sweepsRecord(at: finishedAt)
        record.id = id
        record.service = incident.serviceName
        record.severity = incident.severity
        record.operatorAttempt = operatorAttempt
        record.state = state
        record.deadline = finishedAt + .seconds(60)
        record.finishedAt = state.isTerminal ? finishedAt : nil
        record.verdict = state == .finished ? .succeeded : state == .cancelled ? .cancelled : nil
        record.workspace = release == nil ? nil : workspace
        record.creationRightEnds = creationRightEnds
        var last = EventType.incidentAccepted
        var changes: [Change] = [.insertIncident(record, incident), .updateIncident(record)]
        func append(_ content: some EventData, source: String = "/stage/1") throws {
            last = type(of: content).type
            changes.append(
                .append(
                    EventRecord(
                        sequence: sequence,
                        id: "E-\(sequence)",
                        incident: id,
                        operatorAttempt: operatorAttempt,
                        type: type(of: content).type,
                        source: source,
                        time: finishedAt,
                        data: try JSONValue(encoding: content)
                    )
                )
            )
            sequence += 1
        }
        func appendEnd() throws {
            switch state {
            case .finished: try append(RemediationFinished(verdict: .succeeded))
            case .cancelled: try append(IncidentCancelled(by: "ann", reason: "r", workspace: nil))
            case .declined: try append(IncidentDeclined(reasons: [Reason(code: "c", message: "m")]))
            default: break
            }
        }
        try append(IncidentAccepted(incident: incident, sender: "api", receivedAt: finishedAt), source: "/intake")
        for _ in 0..<events { try append(WorkspaceDispose(workspace: workspace, reason: "r"), source: "/ledger") }
        if let release {
            try append(CoreFixture.created("w-\(id)"))
            try appendEnd()
            switch release {
            case .never: break
            case .seen: try append(WorkspaceReleased(workspace: workspace, deleted: true))
            case .givenUp:
                let released = WorkspaceReleased(workspace: workspace, deleted: false, reason: "Coder is gone")
                try append(released, source: "/ledger")
            }
        }
        if release == nil { try appendEnd() }
        if hasDelivery { changes.append(.saveDelivery(delivery(of: sequence - 1, last))) }
        changes.append(.appendLog(incident: id, (0..<logLines).map(line)))
        return changes
    }

    private var workspace: WorkspaceReference { WorkspaceReference(workspaceID: "w-\(id)", workspaceName: "m-1") }

    private func line(_ number: Int) -> LogLine {
        LogLine(log: "agent", line: Int64(number), time: finishedAt, level: "info", source: "s", text: "text \(number)")
    }

    private func delivery(of sequence: Int64, _ type: EventType) -> OpenDelivery.Record {
        OpenDelivery.Record(
            id: "D-\(id)",
            incident: id,
            stage: "reporter",
            eventSequence: sequence,
            eventType: type,
            operatorAttempt: operatorAttempt,
            openedAt: finishedAt,
            notBefore: nil,
            isScheduled: false,
            failures: 0,
            lastError: nil
        )
    }
}

extension LedgerStore {
    /// Stores these incidents in one commit.
    func add(_ incidents: [EndedIncident]) async throws {
        var sequence = try await database.read { try Self.lastSequence($0) } + 1
        var changes: [Change] = []
        for incident in incidents { changes += try incident.changes(from: &sequence) }
        try await commit(changes)
    }

    /// Stores one more event of I-1.
    func append(_ content: some EventData, by source: String) async throws {
        let sequence = try await database.read { try Self.lastSequence($0) } + 1
        try await commit([
            .append(
                EventRecord(
                    sequence: sequence,
                    id: "E-\(sequence)",
                    incident: "I-1",
                    operatorAttempt: 1,
                    type: type(of: content).type,
                    source: source,
                    time: Timestamp(milliseconds: 1_000_000),
                    data: try JSONValue(encoding: content)
                )
            )
        ])
    }

    /// Removes what can be removed, step by step.
    ///
    /// - Returns: the steps.
    @discardableResult
    func removeAll(
        endedBefore end: Timestamp = Timestamp(milliseconds: 2_000_000),
        creationRightsEndedBefore rightsEnd: Timestamp = Timestamp(milliseconds: 2_000_000),
        rows: Int = 500
    ) async throws -> [Removal] {
        var steps: [Removal] = []
        repeat {
            steps.append(
                try await remove(
                    endedBefore: end,
                    creationRightsEndedBefore: rightsEnd,
                    after: steps.last?.next,
                    rows: rows
                )
            )
        } while steps.last?.next != nil && steps.count < 10_000
        return steps
    }
}

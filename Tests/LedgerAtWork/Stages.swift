import Ledger
import Messages

/// All stages in one: settles what is handed out with what the real ones would cause.
struct Stages: Sendable {
    var service: LedgerService
    var answers: Answers

    /// Settles what a stage is handed until the stream ends.
    func settle(_ deliveries: AsyncStream<(stage: String, frames: [[UInt8]])>) async throws {
        for stage in ["validator", "provisioner", "log-collector", "reporter"] {
            let beat = StageHeartbeat(stage: stage, instance: "1", clock: .now, capacity: 10_000, holds: [])
            await service.receive([try frame(beat, of: stage, nil)])
        }
        for await (stage, frames) in deliveries {
            var settlements: [[UInt8]] = []
            for frame in frames {
                let delivery = try Message(frame: frame)
                // Here the event has left the ledger's process: a stage may act on it.
                answers.add("sent \(delivery.id)")
                guard let id = delivery.deliveryID, let attempt = delivery.attempt else { continue }
                let handle = DeliveryHandle(deliveryID: id, attempt: attempt)
                let events = try caused(by: delivery)
                settlements.append(
                    try self.frame(
                        DeliverySettled(handle: handle, outcome: .done(events)),
                        of: stage,
                        delivery.subject
                    )
                )
            }
            await service.receive(settlements)
        }
    }

    private func caused(by delivery: Message) throws -> [CausedEvent] {
        let subject = delivery.subject ?? ""
        let workspace = WorkspaceReference(workspaceID: "w-\(subject)", workspaceName: "m-\(subject.lowercased())")
        switch delivery.type {
        case .incidentAccepted: return [try CausedEvent(IncidentApproved(plan: plan))]
        case .incidentApproved:
            return [
                try CausedEvent(
                    WorkspaceCreated(
                        workspaceID: workspace.workspaceID ?? "",
                        workspaceName: workspace.workspaceName,
                        url: "http://127.0.0.1/",
                        buildID: "b",
                        template: "t",
                        adopted: false
                    )
                )
            ]
        case .workspaceCreated:
            let lines = (1...20).map { line in
                LogLine(
                    log: "agent",
                    line: Int64(line),
                    time: .now,
                    level: "info",
                    source: "script",
                    text: "line \(line) of \(subject)"
                )
            }
            return [
                try CausedEvent(LogAppended(lines: lines)),
                try CausedEvent(RemediationFinished(verdict: .succeeded, exitCode: 0, workspace: workspace)),
            ]
        case .remediationFinished: return [try CausedEvent(WorkspaceReleased(workspace: workspace, deleted: true))]
        default: return []
        }
    }

    private var plan: Plan {
        Plan(
            playbook: "p",
            template: "t",
            timeoutSeconds: 60,
            deadline: .now + .seconds(600),
            retentionSeconds: 60,
            provisionSeconds: 60
        )
    }

    private func frame(_ content: some EventData, of stage: String, _ incident: String?) throws -> [UInt8] {
        try Message(
            type: type(of: content).type,
            source: "/\(stage)/1",
            id: "m",
            subject: incident,
            time: .now,
            data: try JSONValue(encoding: content)
        ).frame()
    }
}

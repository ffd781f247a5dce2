import Ledger
import Messages

/// Makes the message of a hand-out as the store makes it.
extension SimulatedStore {
    func message(for order: HandOutOrder, rules: Rules) -> Message? {
        guard let event = events[order.eventSequence], let record = incidents[order.incident] else { return nil }
        // The sweeps are of no incident that came in.
        let incident =
            contents[order.incident]
            ?? Incident(incidentID: order.incident, serviceName: "mendline", severity: "none", description: "")
        var message = Message(
            type: event.type,
            source: event.source,
            id: event.id,
            subject: order.incident,
            time: event.time,
            traceparent: record.traceparent,
            data: event.data
        )
        message.deliveryID = order.handle.deliveryID
        message.attempt = order.handle.attempt
        message.expiryTime = order.expiryTime
        message.context = DeliveryContext(
            incident: incident,
            installation: SimulatedIntake.installation,
            operatorAttempt: order.operatorAttempt,
            cancelled: order.cancelled,
            plan: plans["\(order.incident) \(order.operatorAttempt)"],
            workspace: order.workspace,
            acceptedAt: record.attemptBeganAt,
            holdSeconds: Int(rules.hold / 1000),
            sealedToken: nil
        )
        return message
    }
}

/// The way from intake to the stages: round robin over a stage's processes, lost with the process that it waits for.
struct Pipes {
    private var next: [String: Int] = [:]
    /// What finds no process waits for one.
    var waiting: [String: [Message]] = [:]

    mutating func choose(_ stage: String, from processes: [SimulatedProcess]) -> SimulatedProcess? {
        let rotation = processes.filter { $0.stage == stage && $0.isInRotation }
        guard !rotation.isEmpty else { return nil }
        let index = next[stage, default: 0]
        next[stage] = index + 1
        return rotation[index % rotation.count]
    }
}

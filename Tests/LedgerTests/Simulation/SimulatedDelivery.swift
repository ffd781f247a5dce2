import Ledger
import Messages

/// A delivery on its way to a stage: what the message would carry.
struct SimulatedDelivery {
    var order: HandOutOrder
    var event: EventRecord
    var plan: Plan?
    /// When it was sent, by intake's clock.
    var sentAt: Int64

    var handle: DeliveryHandle { order.handle }
    var incident: String { order.incident }
    var workspaceName: String {
        WorkspaceName.derive(
            installation: "sim",
            incident: order.incident,
            operatorAttempt: order.operatorAttempt
        )
    }
}

/// The way from intake to the stages: round robin over a stage's processes, lost with the process that it waits for.
struct Pipes {
    private var next: [String: Int] = [:]
    /// What finds no process waits for one.
    var waiting: [String: [SimulatedDelivery]] = [:]

    mutating func choose(_ stage: String, from processes: [SimulatedProcess]) -> SimulatedProcess? {
        let rotation = processes.filter { $0.stage == stage && $0.isInRotation }
        guard !rotation.isEmpty else { return nil }
        let index = next[stage, default: 0]
        next[stage] = index + 1
        return rotation[index % rotation.count]
    }
}

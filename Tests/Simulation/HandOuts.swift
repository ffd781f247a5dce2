import Ledger
import Messages

/// Checks of what is handed out: I4, I7, and that nobody is given more than there is room for.
struct HandOuts {
    private struct One {
        var order: HandOutOrder
        /// Its holder has settled it, so it begins nothing any more.
        var hasEnded = false
    }

    private var ofDelivery: [String: [One]] = [:]
    /// What was handed out last of an incident to a stage.
    private var last: [String: String] = [:]
    /// When the last right to create the workspace of each attempt ends.
    private var rights: [String: Int64] = [:]

    /// When the last right to create the workspace of an attempt ends.
    func creationRightEnds(of incident: String, attempt: Int) -> Int64 { rights["\(incident) \(attempt)"] ?? 0 }

    mutating func end(_ handle: DeliveryHandle) {
        guard let index = ofDelivery[handle.deliveryID]?.firstIndex(where: { $0.order.handle == handle }) else {
            return
        }
        ofDelivery[handle.deliveryID]?[index].hasEnded = true
    }

    /// Takes a hand-out.
    ///
    /// - Parameters:
    ///   - order: the hand-out.
    ///   - wall: the time on intake's wall clock.
    ///   - room: how many the stage's processes can hold together, those that may not be known as gone included.
    ///   - rules: what intake decides by.
    ///   - store: what is committed.
    /// - Returns: what it breaks; nil where it breaks nothing.
    mutating func add(
        _ order: HandOutOrder,
        at wall: Int64,
        room: Int,
        _ rules: Rules,
        _ store: SimulatedStore
    ) -> String? {
        let id = order.handle.deliveryID
        let what = "\(order.incident) to \(order.stage), attempt \(order.handle.attempt)"
        defer {
            ofDelivery[id, default: []].append(One(order: order))
            last["\(order.incident) \(order.stage)"] = id
        }
        guard let record = store.deliveries[id] else { return "I2: what is not open was handed out: \(what)" }
        if record.eventType == .incidentApproved && order.stage == "provisioner" && !order.cancelled {
            rights["\(order.incident) \(order.operatorAttempt)"] = order.expiryTime.milliseconds
        }
        for earlier in ofDelivery[id] ?? [] {
            if earlier.order.handle.attempt >= order.handle.attempt { return "I4: attempts do not rise: \(what)" }
            if isAlive(earlier, wall) { return "I4: an earlier message has not expired: \(what)" }
        }
        if let before = last["\(order.incident) \(order.stage)"], before != id, store.deliveries[before] != nil,
            ofDelivery[before]?.contains(where: { isAlive($0, wall) }) == true
        {
            return "I7: two deliveries are out at once: \(what)"
        }
        // What an intake before this one had handed out is not counted by its successor until somebody claims it.
        let out = store.deliveries.keys.count { id in
            ofDelivery[id]?.last.map {
                isAlive($0, wall) && $0.order.stage == order.stage
                    && $0.order.handle.attempt.epoch == order.handle.attempt.epoch
            } ?? false
        }
        if out >= room { return "\(out + 1) are out where there is room for \(room): \(what)" }
        // It was decided before it was committed; what has become due meanwhile does not count.
        let lease = rules.stages[order.stage]?.lease ?? 0
        let decidedAt = order.expiryTime.milliseconds - lease + rules.expiryMargin
        for other in store.deliveries.values
        where other.incident == order.incident && other.stage == order.stage
            && other.eventSequence < record.eventSequence
        {
            let isLater = other.isScheduled && (other.notBefore?.milliseconds ?? 0) > decidedAt
            if !isLater { return "I7: \(other.eventType) comes before \(record.eventType): \(what)" }
        }
        return nil
    }

    private func isAlive(_ one: One, _ wall: Int64) -> Bool {
        !one.hasEnded && one.order.expiryTime.milliseconds > wall
    }
}

import Ledger
import Messages

/// Checks of what is handed out: I4 and I7.
struct HandOuts {
    private struct One {
        var order: HandOutOrder
        /// Its holder has settled it, so it begins nothing any more.
        var hasEnded = false
    }

    private var ofDelivery: [String: [One]] = [:]
    /// What was handed out last of an incident to a stage.
    private var last: [String: String] = [:]

    mutating func end(_ handle: DeliveryHandle) {
        guard let index = ofDelivery[handle.deliveryID]?.firstIndex(where: { $0.order.handle == handle }) else {
            return
        }
        ofDelivery[handle.deliveryID]?[index].hasEnded = true
    }

    /// Takes a hand-out.
    ///
    /// - Returns: what it breaks; nil where it breaks nothing.
    mutating func add(_ order: HandOutOrder, at wall: Int64, _ store: SimulatedStore) -> String? {
        let id = order.handle.deliveryID
        let what = "\(order.incident) to \(order.stage), attempt \(order.handle.attempt)"
        defer {
            ofDelivery[id, default: []].append(One(order: order))
            last["\(order.incident) \(order.stage)"] = id
        }
        guard let record = store.deliveries[id] else { return "I2: what is not open was handed out: \(what)" }
        for earlier in ofDelivery[id] ?? [] {
            if earlier.order.handle.attempt >= order.handle.attempt { return "I4: attempts do not rise: \(what)" }
            if isAlive(earlier, wall) { return "I4: an earlier message has not expired: \(what)" }
        }
        if let before = last["\(order.incident) \(order.stage)"], before != id, store.deliveries[before] != nil,
            ofDelivery[before]?.contains(where: { isAlive($0, wall) }) == true
        {
            return "I7: two deliveries are out at once: \(what)"
        }
        for other in store.deliveries.values
        where other.incident == order.incident && other.stage == order.stage
            && other.eventSequence < record.eventSequence
        {
            let isLater = other.isScheduled && (other.notBefore?.milliseconds ?? 0) > wall
            if !isLater { return "I7: \(other.eventType) comes before \(record.eventType): \(what)" }
        }
        return nil
    }

    private func isAlive(_ one: One, _ wall: Int64) -> Bool {
        !one.hasEnded && one.order.expiryTime.milliseconds > wall
    }
}

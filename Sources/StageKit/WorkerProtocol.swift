import Messages

/// The delivery contract as one process keeps it: what to do with a message, what to tell in a heartbeat.
///
/// A value without clock or socket; the worker acts on what it answers.
struct WorkerProtocol: Sendable {
    /// What is to be done with a message that was taken.
    enum Taken: Sendable {
        /// Deal with it.
        case start(Delivery)
        /// Answer at once; it is not held.
        case answer(DeliverySettled, incident: String)
        /// Somebody else has it now, or it is held already.
        case drop(String)
    }

    let stage: String
    let instance: String
    let capacity: Int
    private(set) var held: Set<DeliveryHandle> = []
    /// Nothing new is begun any more.
    var isDraining = false
    /// The largest lead over our clock that was seen in a message, in milliseconds.
    private(set) var clockLead: Int64 = 0

    init(stage: String, instance: String, capacity: Int) {
        self.stage = stage
        self.instance = instance
        self.capacity = capacity
    }

    /// Wall-clock time as the worker must count it: "a worker adds to its clock the largest lead it has seen".
    func corrected(_ clock: Timestamp) -> Timestamp { clock + .milliseconds(clockLead) }

    /// Takes a message.
    ///
    /// - Throws: ``MessageError`` when it is no delivery.
    mutating func take(_ message: Message, clock: Timestamp) throws(MessageError) -> Taken {
        guard let id = message.deliveryID, let attempt = message.attempt, let expiry = message.expiryTime,
            let context = message.context, let incident = message.subject
        else {
            throw MessageError(what: "\(message.type) came without deliveryid, attempt, expirytime, context or subject")
        }
        clockLead = max(clockLead, message.time.milliseconds - clock.milliseconds)
        let handle = DeliveryHandle(deliveryID: id, attempt: attempt)
        guard corrected(clock) < expiry else { return .drop("expired") }
        guard !held.contains(handle) else { return .drop("held already") }
        if isDraining { return answer(handle, incident, "shutting down") }
        if held.count >= capacity { return answer(handle, incident, "full") }
        held.insert(handle)
        return .start(Delivery(handle: handle, event: message, context: context, expiryTime: expiry))
    }

    private func answer(_ handle: DeliveryHandle, _ incident: String, _ reason: String) -> Taken {
        .answer(DeliverySettled(handle: handle, outcome: .returned(reason: reason)), incident: incident)
    }

    /// The delivery is settled; its answer is on the way.
    mutating func settle(_ handle: DeliveryHandle) { held.remove(handle) }

    /// What to tell now.
    func heartbeat(clock: Timestamp, trouble: String?) -> StageHeartbeat {
        StageHeartbeat(
            stage: stage,
            instance: instance,
            clock: clock,
            capacity: isDraining ? 0 : capacity,
            holds: held.sorted { ($0.deliveryID, $0.attempt) < ($1.deliveryID, $1.attempt) },
            trouble: trouble
        )
    }
}

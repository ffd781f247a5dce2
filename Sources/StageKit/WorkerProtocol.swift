package import Messages

/// The delivery contract as one process keeps it: what to do with a message, what to tell in a heartbeat.
///
/// A value without clock or socket; the worker acts on what it answers.
package struct WorkerProtocol: Sendable {
    /// What is to be done with a message that was taken.
    package enum Taken: Sendable {
        /// Deal with it.
        case start(Delivery)
        /// Answer at once; it is not held.
        case answer(DeliverySettled, incident: String)
        /// Somebody else has it now, or it is held already.
        case drop(String)
    }

    /// The stage's name.
    package let stage: String
    /// The process's name.
    package let instance: String
    /// How many deliveries it is willing to hold.
    package let capacity: Int
    /// From a hand-out to the expiry that its message tells, in milliseconds: the lease less intake's margin.
    let right: Int64
    /// What it holds.
    package private(set) var held: Set<DeliveryHandle> = []
    /// Nothing new is begun any more.
    package var isDraining = false
    /// The largest leads over our clock that were seen in messages of late and before that, in milliseconds.
    private var lead: (now: Int64, before: Int64) = (0, 0)
    private var beats = 0

    /// What intake takes from a lease for the expiry that it tells.
    static let expiryMargin: Int64 = 2000
    /// After so many beats, one a second, a lead is of the past, and after as many again it is forgotten.
    ///
    /// Where a clock was set back, intake's or ours, an old lead would have everything count as expired for good. Beats and
    /// not time, because a process that was frozen must not forget: what waits for it is old. Few, because until then every
    /// process of every stage drops what it is handed: with 30, a step of intake's clock by 3 s stopped all for a minute.
    static let beatsToRemember = 3

    /// A process that holds nothing.
    package init(stage: String, instance: String, capacity: Int, lease: Duration) {
        self.stage = stage
        self.instance = instance
        self.capacity = capacity
        right = max(0, Int64(lease / .milliseconds(1)) - Self.expiryMargin)
    }

    private var clockLead: Int64 { max(lead.now, lead.before) }

    /// Wall-clock time as the worker must count it: "a worker adds to its clock the largest lead it has seen".
    package func corrected(_ clock: Timestamp) -> Timestamp { clock + .milliseconds(clockLead) }

    /// Counts one of the beats that come once a second.
    package mutating func beat() {
        beats += 1
        if beats.isMultiple(of: Self.beatsToRemember) { lead = (0, lead.now) }
    }

    /// Takes a message.
    ///
    /// - Throws: ``MessageError`` when it is no delivery.
    package mutating func take(_ message: Message, clock: Timestamp) throws(MessageError) -> Taken {
        guard let id = message.deliveryID, let attempt = message.attempt, let expiry = message.expiryTime,
            let context = message.context, let incident = message.subject
        else {
            throw MessageError(what: "\(message.type) came without deliveryid, attempt, expirytime, context or subject")
        }
        // The event may have been written while intake's clock was ahead, long before this hand-out.
        let seen = min(message.time, expiry + .milliseconds(-right))
        lead.now = max(lead.now, seen.milliseconds - clock.milliseconds)
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
    package mutating func settle(_ handle: DeliveryHandle) { held.remove(handle) }

    /// What to tell now of all that is held, or of these alone, which were claimed just now.
    ///
    /// A process that holds a thousand and claims a hundred a second would otherwise name a hundred thousand.
    package func heartbeat(clock: Timestamp, trouble: String?, of claimed: [DeliveryHandle]? = nil) -> StageHeartbeat {
        StageHeartbeat(
            stage: stage,
            instance: instance,
            clock: clock,
            capacity: isDraining ? 0 : capacity,
            holds: claimed ?? held.sorted { ($0.deliveryID, $0.attempt) < ($1.deliveryID, $1.attempt) },
            trouble: trouble
        )
    }
}

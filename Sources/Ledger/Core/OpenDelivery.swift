public import Messages

/// A delivery that is not settled.
public struct OpenDelivery: Sendable, Hashable {
    /// What of it is durable.
    public struct Record: Sendable, Hashable {
        /// Its id.
        public var id: String
        /// The incident.
        public var incident: String
        /// The stage that must settle it.
        public var stage: String
        /// The event's place in the ledger.
        public var eventSequence: Int64
        /// The event's type.
        public var eventType: EventType
        /// The attempt of the incident that the event belongs to.
        public var operatorAttempt: Int
        /// When it was opened.
        public var openedAt: Timestamp
        /// It is not handed out before this.
        public var notBefore: Timestamp?
        /// Whether `notBefore` is the event's own time (it blocks nobody) or a back-off (it keeps its place in line).
        public var isScheduled: Bool
        /// How often it failed.
        public var failures: Int
        /// What was said last.
        public var lastError: String?
    }

    /// One hand-out that has not ended.
    struct HandOut: Hashable {
        /// Which hand-out; nil after a restart, until a holder claims the delivery.
        var attempt: Attempt?
        /// The process that claimed it.
        var holder: String?
        /// When the holder counts as gone, on the monotonic clock.
        var leaseEnds: Int64
        /// The lease of grace after a restart: earlier holders may still act, so nothing makes it free before its end.
        var isGrace: Bool
        /// Settled negatively during the grace: renewed no more, free at its end.
        var isGivenBack = false
    }

    /// What of it is durable.
    public var record: Record
    /// The hand-out, while there is one.
    var handOut: HandOut?
    /// How often it was handed out in this epoch.
    var handOuts = 0
    /// Until when a request to create of an earlier hand-out may still be on its way, by the wall clock.
    var strayRequestsEnd: Timestamp?
    /// Whether any process may ever have got it.
    var hasBegun: Bool
    /// How often in a row it came back because a process was full.
    var bounces = 0
}

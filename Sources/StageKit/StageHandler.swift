public import Logging
public import Messages

/// What one stage does with a delivery.
///
/// The worker does everything else: sockets, capacity, heartbeats, expiry, draining, telemetry.
public protocol StageHandler: Sendable {
    /// Deals with one delivery; called once for each, many at a time up to the process's capacity.
    ///
    /// It may be called again for what it settled already, because an answer can be lost: every effect must be
    /// idempotent by the id of the event that asks for it.
    ///
    /// - Returns: the events it caused, which the ledger commits together with the settlement.
    /// - Throws: ``StageError`` for any other answer; any other error counts as a failure that may be retried.
    func handle(_ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent]

    /// Whether the stage can tell what an event of this type asks for; by default it knows those of the contract.
    ///
    /// What it does not know is put off: in a rolling upgrade a newer process of the stage knows it.
    func knows(_ type: EventType) -> Bool
}

extension StageHandler {
    /// Whether the type is one of the contract's.
    public func knows(_ type: EventType) -> Bool { EventType.events.contains(type) }
}

/// One event handed to this stage.
public struct Delivery: Sendable {
    /// The delivery and the hand-out.
    public var handle: DeliveryHandle
    /// The event; its `subject` is the incident.
    public var event: Message
    /// What the ledger says of the incident at the moment of the hand-out.
    public var context: DeliveryContext
    /// After this moment no outside effect may begin.
    public var expiryTime: Timestamp

    /// A delivery.
    public init(handle: DeliveryHandle, event: Message, context: DeliveryContext, expiryTime: Timestamp) {
        self.handle = handle
        self.event = event
        self.context = context
        self.expiryTime = expiryTime
    }

    /// The incident's id.
    public var incidentID: String { context.incident.incidentID }
}

/// What a handler may do with the delivery that it holds, beside answering.
public struct Hand: Sendable {
    /// Sends events that belong to the timeline now and settle nothing.
    public var progress: @Sendable ([CausedEvent]) async throws -> Void
    /// Call immediately before an outside effect begins; throws ``StageError/returned(reason:)`` when the right to
    /// begin one has passed.
    public var checkInTime: @Sendable () throws(StageError) -> Void
    /// Wall-clock time as it was when the delivery was taken, corrected by the largest lead over our clock that was seen
    /// in messages, and monotonic from there on.
    public var now: @Sendable () -> Timestamp
    /// Carries `incident_id`, `delivery`, `stage`.
    public var logger: Logger

    /// The rights over one delivery.
    public init(
        progress: @escaping @Sendable ([CausedEvent]) async throws -> Void,
        checkInTime: @escaping @Sendable () throws(StageError) -> Void,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.progress = progress
        self.checkInTime = checkInTime
        self.now = now
        self.logger = logger
    }
}

/// Every answer to a delivery but `done`.
public enum StageError: Error, Sendable, Hashable {
    /// It could not be done.
    case failed(Outcome.Failure)
    /// Nothing is wrong, but it cannot be done before `until`.
    case deferred(until: Timestamp, reason: String)
    /// Given back untouched, and free for others at once; left to its lease instead, where an effect had begun.
    case returned(reason: String)

    /// A failure that trying again may mend.
    public static func retry(_ code: String, _ message: String, after seconds: Double? = nil) -> StageError {
        .failed(Outcome.Failure(code: code, message: message, retryable: true, retryAfterSeconds: seconds))
    }

    /// A failure that trying again cannot mend.
    public static func final(_ code: String, _ message: String) -> StageError {
        .failed(Outcome.Failure(code: code, message: message, retryable: false))
    }
}

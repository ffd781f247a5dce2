/// A delivery as heartbeats and settlements name it.
public struct DeliveryHandle: Sendable, Hashable, Codable {
    /// The delivery.
    public var deliveryID: String
    /// The hand-out.
    public var attempt: Attempt

    /// A handle.
    public init(deliveryID: String, attempt: Attempt) {
        self.deliveryID = deliveryID
        self.attempt = attempt
    }

    private enum CodingKeys: String, CodingKey {
        case deliveryID = "deliveryid"
        case attempt
    }
}

/// A process lives, what it can hold and what it holds: `stage.heartbeat`.
///
/// Sent once a second and at every claim.
public struct StageHeartbeat: EventData {
    /// The type is `stage.heartbeat`.
    public static let type = EventType.stageHeartbeat
    /// The stage.
    public var stage: String
    /// The process, unique over all hosts and restarts.
    public var instance: String
    /// The process's wall clock as it sent this.
    public var clock: Timestamp
    /// How many deliveries it is willing to hold.
    public var capacity: Int
    /// What it holds: all of it once a second, what is claimed at a claim.
    public var holds: [DeliveryHandle]
    /// Why it cannot work although it lives, in one sentence; nil when it can.
    public var trouble: String?

    /// A heartbeat.
    public init(
        stage: String,
        instance: String,
        clock: Timestamp,
        capacity: Int,
        holds: [DeliveryHandle],
        trouble: String? = nil
    ) {
        self.stage = stage
        self.instance = instance
        self.clock = clock
        self.capacity = capacity
        self.holds = holds
        self.trouble = trouble
    }
}

/// An event as a stage causes it: the ledger gives it its id, time, subject and source.
public struct CausedEvent: Sendable, Hashable, Codable {
    /// What happened.
    public var type: EventType
    /// Its content.
    public var data: JSONValue
    /// No stage gets the event before this moment.
    public var notBefore: Timestamp?

    /// An event of any type.
    public init(type: EventType, data: JSONValue, notBefore: Timestamp? = nil) {
        self.type = type
        self.data = data
        self.notBefore = notBefore
    }

    /// An event of a type of the contract.
    public init(_ content: some EventData, notBefore: Timestamp? = nil) throws(MessageError) {
        self.init(type: Swift.type(of: content).type, data: try JSONValue(encoding: content), notBefore: notBefore)
    }

    private enum CodingKeys: String, CodingKey {
        case type, data
        case notBefore = "not_before"
    }
}

/// `delivery.progress`: events that belong to the timeline now and settle nothing.
public struct DeliveryProgress: EventData {
    /// The type is `delivery.progress`.
    public static let type = EventType.deliveryProgress
    /// The delivery and the hand-out.
    public var handle: DeliveryHandle
    /// What happened.
    public var events: [CausedEvent]

    /// Progress.
    public init(handle: DeliveryHandle, events: [CausedEvent]) {
        self.handle = handle
        self.events = events
    }

    private enum CodingKeys: String, CodingKey {
        case events
    }

    /// Reads the JSON form.
    public init(from decoder: any Decoder) throws {
        handle = try DeliveryHandle(from: decoder)
        events = try decoder.container(keyedBy: CodingKeys.self).decode([CausedEvent].self, forKey: .events)
    }

    /// Writes the JSON form: the handle's members beside the events.
    public func encode(to encoder: any Encoder) throws {
        try handle.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(events, forKey: .events)
    }
}

/// A stage's one answer to a delivery.
public enum Outcome: Sendable, Hashable {
    /// It is done, and has caused these events.
    case done([CausedEvent])
    /// It could not be done.
    case failed(Failure)
    /// Nothing is wrong, but it cannot be done before `until`.
    case deferred(until: Timestamp, reason: String)
    /// Given back at once, untouched: `full`, `out of time`, `shutting down`.
    case returned(reason: String)

    /// Why a delivery could not be done.
    public struct Failure: Sendable, Hashable, Codable {
        /// A word that stays the same: `coder_unavailable`.
        public var code: String
        /// What was tried, on what, and what to do.
        public var message: String
        /// Whether trying again can help.
        public var retryable: Bool
        /// When the outside system wants to be asked again, in seconds.
        public var retryAfterSeconds: Double?

        /// A failure.
        public init(code: String, message: String, retryable: Bool, retryAfterSeconds: Double? = nil) {
            self.code = code
            self.message = message
            self.retryable = retryable
            self.retryAfterSeconds = retryAfterSeconds
        }

        private enum CodingKeys: String, CodingKey {
            case code, message, retryable
            case retryAfterSeconds = "retry_after"
        }
    }
}

/// `delivery.settled`: the answer of a stage.
public struct DeliverySettled: EventData {
    /// The type is `delivery.settled`.
    public static let type = EventType.deliverySettled
    /// The delivery and the hand-out.
    public var handle: DeliveryHandle
    /// The answer.
    public var outcome: Outcome

    /// A settlement.
    public init(handle: DeliveryHandle, outcome: Outcome) {
        self.handle = handle
        self.outcome = outcome
    }

    private enum Key: String, CodingKey {
        case outcome, events, code, message, retryable, until, reason
        case retryAfter = "retry_after"
    }

    /// Reads the JSON form.
    public init(from decoder: any Decoder) throws {
        handle = try DeliveryHandle(from: decoder)
        let container = try decoder.container(keyedBy: Key.self)
        switch try container.decode(String.self, forKey: .outcome) {
        case "done": outcome = .done(try container.decodeIfPresent([CausedEvent].self, forKey: .events) ?? [])
        case "failed": outcome = .failed(try Outcome.Failure(from: decoder))
        case "deferred":
            outcome = .deferred(
                until: try container.decode(Timestamp.self, forKey: .until),
                reason: try container.decode(String.self, forKey: .reason)
            )
        case "returned": outcome = .returned(reason: try container.decode(String.self, forKey: .reason))
        case let other:
            throw DecodingError.dataCorruptedError(
                forKey: .outcome,
                in: container,
                debugDescription: "\"\(other)\" is none of done, failed, deferred, returned"
            )
        }
    }

    /// Writes the JSON form: the members of the handle and of the outcome side by side.
    public func encode(to encoder: any Encoder) throws {
        try handle.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        switch outcome {
        case .done(let events):
            try container.encode("done", forKey: .outcome)
            try container.encode(events, forKey: .events)
        case .failed(let failure):
            try container.encode("failed", forKey: .outcome)
            try failure.encode(to: encoder)
        case .deferred(let until, let reason):
            try container.encode("deferred", forKey: .outcome)
            try container.encode(until, forKey: .until)
            try container.encode(reason, forKey: .reason)
        case .returned(let reason):
            try container.encode("returned", forKey: .outcome)
            try container.encode(reason, forKey: .reason)
        }
    }
}

public import Messages

/// One event as the ledger stores it.
public struct EventRecord: Sendable, Hashable {
    /// Its place in the ledger: ascending over all incidents.
    public var sequence: Int64
    /// Its id, unique.
    public var id: String
    /// The incident.
    public var incident: String
    /// The attempt of the incident.
    public var operatorAttempt: Int
    /// Its type.
    public var type: EventType
    /// Who caused it.
    public var source: String
    /// When the ledger took it.
    public var time: Timestamp
    /// Its content.
    public var data: JSONValue
}

/// A delivery that goes out now.
///
/// It is not stored: what is handed out lives in memory only.
public struct HandOutOrder: Sendable, Hashable {
    /// The delivery and which hand-out.
    public var handle: DeliveryHandle
    /// The stage.
    public var stage: String
    /// The incident.
    public var incident: String
    /// The event's place in the ledger.
    public var eventSequence: Int64
    /// After this no outside effect may begin.
    public var expiryTime: Timestamp
    /// Whether no process can have seen the delivery before.
    public var isFirst: Bool
    /// Whether an end was asked for: look, never create.
    public var cancelled: Bool
    /// The incident's attempt that the event belongs to.
    public var operatorAttempt: Int
    /// The workspace, where its creation was settled.
    public var workspace: WorkspaceReference?
    /// Whether the sealed token goes with it.
    public var withSecrets: Bool
}

/// What is counted about incidents, in the transaction that makes it true; so it is never counted twice.
public enum Measurement: Sendable, Hashable {
    /// One more of this.
    case count(String, labels: [String: String])
    /// This many seconds, for a histogram.
    case seconds(String, labels: [String: String], Double)
}

/// What the core wants stored, in this order, in one transaction.
public enum Change: Sendable, Hashable {
    /// A new incident: its record and its content.
    case insertIncident(IncidentRecord, Incident)
    /// The record has changed.
    case updateIncident(IncidentRecord)
    /// The plan of an incident.
    case storePlan(incident: String, Plan)
    /// An event.
    case append(EventRecord)
    /// A delivery is new or has changed.
    case saveDelivery(OpenDelivery.Record)
    /// A delivery is settled, void or exhausted.
    case removeDelivery(String)
    /// The sealed token of an incident.
    case storeSecret(incident: String, String)
    /// Nobody needs the sealed token any more.
    case eraseSecret(incident: String)
    /// Lines for the log store; known ones are ignored.
    case appendLog(incident: String, [LogLine])
    /// A message that nobody can use.
    case deadLetter(DeadLetter)
    /// Something to count.
    case measure(Measurement)
}

/// A message that could not be used, kept for whoever must find out why.
public struct DeadLetter: Sendable, Hashable {
    /// When it came.
    public var time: Timestamp
    /// Who sent it, as far as it says.
    public var source: String
    /// Why it could not be used.
    public var reason: String
    /// Its bytes, cut to a bound.
    public var bytes: [UInt8]

    /// The most bytes that are kept of one.
    public static let maximumBytes = 4096

    /// A dead letter, each part of it cut to its bound and its texts to one line.
    public init(time: Timestamp, source: String, reason: String, bytes: [UInt8]) {
        self.time = time
        self.source = OneLine.text(source, most: .bytes(200))
        self.reason = OneLine.text(reason, most: .bytes(500))
        self.bytes = Array(bytes.prefix(DeadLetter.maximumBytes))
    }
}

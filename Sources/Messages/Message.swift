/// One ZeroMQ frame: a CloudEvents 1.0 structured-mode JSON object.
///
/// An event, a delivery (an event with the extension attributes `deliveryid`, `attempt`, `expirytime`, `context`)
/// or a control message of a stage. Unknown attributes are ignored.
public struct Message: Sendable, Hashable {
    /// What kind of thing `data` is.
    public var type: EventType
    /// Who wrote the message: `/validator/host-7/4121`.
    public var source: String
    /// Unique among the messages of one source.
    public var id: String
    /// The incident it is about, where it is about one.
    public var subject: String?
    /// When it was written, by the clock of its writer.
    public var time: Timestamp
    /// W3C trace context.
    public var traceparent: String?
    /// Names the delivery, in a delivery.
    public var deliveryID: String?
    /// Which hand-out of the delivery this is.
    public var attempt: Attempt?
    /// After this moment no outside effect may begin that this message asks for.
    public var expiryTime: Timestamp?
    /// What the stage needs to know of the incident beside the event.
    public var context: DeliveryContext?
    /// The content.
    public var data: JSONValue

    /// A message with these attributes and no extension attributes.
    public init(
        type: EventType,
        source: String,
        id: String,
        subject: String?,
        time: Timestamp,
        traceparent: String? = nil,
        data: JSONValue
    ) {
        self.type = type
        self.source = source
        self.id = id
        self.subject = subject
        self.time = time
        self.traceparent = traceparent
        self.data = data
    }

    /// The most bytes that a message may have.
    public static let maximumBytes = 1 << 20

    /// Reads `data` as what the message's type says it is.
    ///
    /// - Throws: ``MessageError`` when the type is another or the content has another shape.
    public func content<Content: EventData>(as _: Content.Type = Content.self) throws(MessageError) -> Content {
        guard type == Content.type else {
            throw MessageError(what: "a message of type \(type) was read as \(Content.type)")
        }
        return try data.decoded(as: Content.self)
    }
}

extension Message: Codable {
    private enum Key: String, CodingKey {
        case specversion, type, source, id, subject, time, datacontenttype, traceparent, attempt, context, data
        case deliveryID = "deliveryid"
        case expiryTime = "expirytime"
    }

    /// Reads the JSON form; the version must be 1.0.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let version = try container.decode(String.self, forKey: .specversion)
        guard version == "1.0" else {
            throw DecodingError.dataCorruptedError(
                forKey: .specversion,
                in: container,
                debugDescription: "specversion is \"\(version)\", not 1.0"
            )
        }
        type = try container.decode(EventType.self, forKey: .type)
        source = try container.decode(String.self, forKey: .source)
        id = try container.decode(String.self, forKey: .id)
        subject = try container.decodeIfPresent(String.self, forKey: .subject)
        time = try container.decode(Timestamp.self, forKey: .time)
        traceparent = try container.decodeIfPresent(String.self, forKey: .traceparent)
        deliveryID = try container.decodeIfPresent(String.self, forKey: .deliveryID)
        attempt = try container.decodeIfPresent(Attempt.self, forKey: .attempt)
        expiryTime = try container.decodeIfPresent(Timestamp.self, forKey: .expiryTime)
        context = try container.decodeIfPresent(DeliveryContext.self, forKey: .context)
        data = try container.decodeIfPresent(JSONValue.self, forKey: .data) ?? .object([:])
    }

    /// Writes the JSON form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode("1.0", forKey: .specversion)
        try container.encode(type, forKey: .type)
        try container.encode(source, forKey: .source)
        try container.encode(id, forKey: .id)
        try container.encodeIfPresent(subject, forKey: .subject)
        try container.encode(time, forKey: .time)
        try container.encode("application/json", forKey: .datacontenttype)
        try container.encodeIfPresent(traceparent, forKey: .traceparent)
        try container.encodeIfPresent(deliveryID, forKey: .deliveryID)
        try container.encodeIfPresent(attempt, forKey: .attempt)
        try container.encodeIfPresent(expiryTime, forKey: .expiryTime)
        try container.encodeIfPresent(context, forKey: .context)
        try container.encode(data, forKey: .data)
    }

    /// Reads a frame, which is scanned strictly first.
    ///
    /// - Throws: ``MessageError`` saying what is wrong with it.
    public init(frame: [UInt8]) throws(MessageError) {
        guard frame.count <= Message.maximumBytes else {
            throw MessageError(what: "a message of \(frame.count) bytes is over the limit of \(Message.maximumBytes)")
        }
        self = try MessageCoding.decode(Message.self, from: frame)
    }

    /// The frame to send.
    ///
    /// - Throws: ``MessageError`` when the message is over the size limit.
    public func frame() throws(MessageError) -> [UInt8] {
        let bytes = try MessageCoding.encode(self)
        guard bytes.count <= Message.maximumBytes else {
            throw MessageError(what: "\(type) of \(bytes.count) bytes is over the limit of \(Message.maximumBytes)")
        }
        return bytes
    }
}

/// Why bytes or a value are not the message they should be.
public struct MessageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, as a sentence without a full stop.
    public var what: String

    /// An error that says this.
    public init(what: String) { self.what = what }

    /// What is wrong.
    public var description: String { what }
}

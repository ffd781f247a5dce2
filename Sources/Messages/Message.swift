public import Foundation

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

/// How every value of the contract becomes JSON and comes back: keys sorted, slashes plain, scanned strictly.
public enum MessageCoding {
    /// The bytes of the value's JSON.
    public static func encode(_ value: some Encodable) throws(MessageError) -> [UInt8] {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(value))
        } catch {
            throw MessageError(what: "\(Swift.type(of: value)) cannot be written as JSON: \(error)")
        }
    }

    /// Reads a value from JSON that came from outside.
    public static func decode<Value: Decodable>(_: Value.Type, from bytes: [UInt8]) throws(MessageError) -> Value {
        let whole: JSONValue
        do {
            whole = try StrictJSON.value(bytes)
        } catch {
            throw MessageError(what: error.description)
        }
        return try decode(Value.self, from: Data(bytes), whole)
    }

    /// Reads a value from JSON that we wrote ourselves, such as a row of the ledger.
    public static func decodeChecked<Value: Decodable>(_: Value.Type, from data: Data) throws(MessageError) -> Value {
        try decode(Value.self, from: data, try? StrictJSON.value(Array(data), maximumDepth: 500))
    }

    private static func decode<Value: Decodable>(
        _: Value.Type,
        from data: Data,
        _ whole: JSONValue?
    ) throws(MessageError) -> Value {
        do {
            let decoder = JSONDecoder()
            if let key = JSONValue.wholeKey { decoder.userInfo[key] = whole }
            return try decoder.decode(Value.self, from: data)
        } catch let error as DecodingError {
            throw MessageError(what: error.sentence)
        } catch {
            throw MessageError(what: "\(error)")
        }
    }
}

extension JSONValue {
    /// The value as a type of the contract.
    public func decoded<Value: Decodable>(as _: Value.Type = Value.self) throws(MessageError) -> Value {
        try MessageCoding.decodeChecked(Value.self, from: Data(try MessageCoding.encode(self)))
    }

    /// The JSON of a value of the contract.
    public init(encoding value: some Encodable) throws(MessageError) {
        self = try MessageCoding.decodeChecked(JSONValue.self, from: Data(try MessageCoding.encode(value)))
    }
}

extension DecodingError {
    /// The error in one sentence that names the place: `data.plan.deadline: "x" is not an RFC 3339 time`.
    public var sentence: String {
        func place(_ context: Context, _ last: (any CodingKey)? = nil) -> String {
            let path = (context.codingPath + (last.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "the message" : path
        }
        return switch self {
        case .keyNotFound(let key, let context): "\(place(context, key)) is missing"
        case .valueNotFound(_, let context): "\(place(context)) is null"
        case .typeMismatch(let type, let context): "\(place(context)) is not of type \(type)"
        case .dataCorrupted(let context): "\(place(context)): \(context.debugDescription)"
        @unknown default: "\(self)"
        }
    }
}

public import Foundation

/// How every value of the contract becomes JSON and comes back: keys sorted, slashes plain, scanned strictly.
public enum MessageCoding {
    /// The bytes of the value's JSON.
    public static func encode(_ value: some Encodable) throws(MessageError) -> [UInt8] {
        try JSONWriter.bytes(of: JSONValue(encoding: value))
    }

    /// Reads a value from JSON that came from outside.
    public static func decode<Value: Decodable>(_: Value.Type, from bytes: [UInt8]) throws(MessageError) -> Value {
        let whole: JSONValue
        do {
            whole = try StrictJSON.value(bytes)
        } catch {
            throw MessageError(what: error.description)
        }
        return try whole.decoded()
    }

    /// Reads a value from JSON that we wrote ourselves, such as a row of the ledger.
    public static func decodeChecked<Value: Decodable>(_: Value.Type, from data: Data) throws(MessageError) -> Value {
        let whole: JSONValue
        do {
            whole = try StrictJSON.value(Array(data), maximumDepth: 500, maximumValues: .max)
        } catch {
            throw MessageError(what: error.description)
        }
        return try whole.decoded()
    }
}

extension JSONValue {
    /// The value as a type of the contract.
    public func decoded<Value: Decodable>(as _: Value.Type = Value.self) throws(MessageError) -> Value {
        do {
            return try JSONTreeDecoder.decode(Value.self, from: self)
        } catch let error as DecodingError {
            throw MessageError(what: error.sentence)
        } catch {
            throw MessageError(what: "\(error)")
        }
    }

    /// The JSON of a value of the contract.
    public init(encoding value: some Encodable) throws(MessageError) {
        do {
            self = try JSONTreeEncoder.value(of: value)
        } catch {
            throw MessageError(what: "\(Swift.type(of: value)) cannot be written as JSON: \(error)")
        }
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

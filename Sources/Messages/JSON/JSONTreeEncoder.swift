/// Makes the JSON value of a value of the contract, without bytes in between.
///
/// Unlike Foundation's encoder it keeps nothing but the value that it is at, and the value is the same.
final class JSONTreeEncoder: Encoder {
    /// What has been written, by the kind of container that was asked for last.
    private var single: JSONValue?
    private var members: [String: JSONValue]?
    private var elements: [JSONValue]?
    /// Containers inside of this one, whose values are complete only at the end.
    private var nested: [(place: Place, encoder: JSONTreeEncoder)] = []

    private enum Place {
        case member(String)
        case element(Int)
    }

    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// The JSON value of a value.
    ///
    /// - Throws: what the value throws, and `EncodingError` for a number that JSON cannot say.
    static func value(of value: some Encodable) throws -> JSONValue {
        if let value = value as? JSONValue { return value }
        let encoder = JSONTreeEncoder()
        try value.encode(to: encoder)
        return encoder.result
    }

    private var result: JSONValue {
        for (place, encoder) in nested {
            switch place {
            case .member(let name): members?[name] = encoder.result
            case .element(let index): elements?[index] = encoder.result
            }
        }
        if let members { return .object(members) }
        if let elements { return .array(elements) }
        return single ?? .object([:])
    }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
        if members == nil { members = [:] }
        return KeyedEncodingContainer(Keyed<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if elements == nil { elements = [] }
        return Unkeyed(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

    /// A number as it comes back when its text is read: whole numbers are integers.
    private static func number(_ number: Double) throws -> JSONValue {
        guard number.isFinite else {
            throw EncodingError.invalidValue(
                number,
                .init(codingPath: [], debugDescription: "\(number) is no number of JSON")
            )
        }
        return Int64(exactly: number).map(JSONValue.integer) ?? .double(number)
    }

    private static func integer(_ number: some BinaryInteger) -> JSONValue {
        Int64(exactly: number).map(JSONValue.integer) ?? .double(Double(number))
    }

    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let encoder: JSONTreeEncoder
        var codingPath: [any CodingKey] { [] }

        private func put(_ value: JSONValue, _ key: Key) { encoder.members?[key.stringValue] = value }

        func encodeNil(forKey key: Key) { put(.null, key) }
        func encode(_ value: Bool, forKey key: Key) { put(.bool(value), key) }
        func encode(_ value: String, forKey key: Key) { put(.string(value), key) }
        func encode(_ value: Double, forKey key: Key) throws { put(try number(value), key) }
        func encode(_ value: Int, forKey key: Key) { put(.integer(Int64(value)), key) }
        func encode(_ value: Int64, forKey key: Key) { put(.integer(value), key) }
        // Other numbers come here, too.
        func encode(_ value: some Encodable, forKey key: Key) throws {
            put(try JSONTreeEncoder.value(of: value), key)
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy _: Nested.Type,
            forKey key: Key
        ) -> KeyedEncodingContainer<Nested> {
            encoder.nest(.member(key.stringValue)).container(keyedBy: Nested.self)
        }

        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            encoder.nest(.member(key.stringValue)).unkeyedContainer()
        }

        func superEncoder() -> any Encoder { encoder.nest(.member("super")) }
        func superEncoder(forKey key: Key) -> any Encoder { encoder.nest(.member(key.stringValue)) }
    }

    private func nest(_ place: Place) -> JSONTreeEncoder {
        let encoder = JSONTreeEncoder()
        nested.append((place, encoder))
        return encoder
    }

    private struct Unkeyed: UnkeyedEncodingContainer {
        let encoder: JSONTreeEncoder
        var codingPath: [any CodingKey] { [] }
        var count: Int { encoder.elements?.count ?? 0 }

        func encodeNil() { encoder.elements?.append(.null) }
        func encode(_ value: some Encodable) throws { encoder.elements?.append(try JSONTreeEncoder.value(of: value)) }

        func nestedContainer<Nested: CodingKey>(keyedBy _: Nested.Type) -> KeyedEncodingContainer<Nested> {
            nest().container(keyedBy: Nested.self)
        }

        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nest().unkeyedContainer() }
        func superEncoder() -> any Encoder { nest() }

        private func nest() -> JSONTreeEncoder {
            encoder.elements?.append(.null)
            return encoder.nest(.element(count - 1))
        }
    }

    private struct Single: SingleValueEncodingContainer {
        let encoder: JSONTreeEncoder
        var codingPath: [any CodingKey] { [] }

        func encodeNil() { encoder.single = .null }
        func encode(_ value: Bool) { encoder.single = .bool(value) }
        func encode(_ value: String) { encoder.single = .string(value) }
        func encode(_ value: Double) throws { encoder.single = try number(value) }
        func encode(_ value: Float) throws { encoder.single = try number(Double(value)) }
        func encode(_ value: Int) { encoder.single = .integer(Int64(value)) }
        func encode(_ value: Int8) { encoder.single = integer(value) }
        func encode(_ value: Int16) { encoder.single = integer(value) }
        func encode(_ value: Int32) { encoder.single = integer(value) }
        func encode(_ value: Int64) { encoder.single = .integer(value) }
        func encode(_ value: UInt) { encoder.single = integer(value) }
        func encode(_ value: UInt8) { encoder.single = integer(value) }
        func encode(_ value: UInt16) { encoder.single = integer(value) }
        func encode(_ value: UInt32) { encoder.single = integer(value) }
        func encode(_ value: UInt64) { encoder.single = integer(value) }
        func encode(_ value: some Encodable) throws { encoder.single = try JSONTreeEncoder.value(of: value) }
    }
}

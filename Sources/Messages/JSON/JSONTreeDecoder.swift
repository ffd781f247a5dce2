/// Reads a value of the contract from a JSON value, without bytes in between.
///
/// It takes what Foundation's decoder takes and tells errors as that one does: a whole number such as `1.0` is an
/// integer, too, and an integer a double; what is `null` is missing to whoever may do without.
struct JSONTreeDecoder: Decoder {
    let value: JSONValue
    let place: Place

    var codingPath: [any CodingKey] { place.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Where a value stands, for errors alone.
    indirect enum Place {
        case whole
        case at(any CodingKey, in: Place)

        var path: [any CodingKey] {
            var keys: [any CodingKey] = []
            var place = self
            while case .at(let key, let outer) = place {
                keys.append(key)
                place = outer
            }
            return keys.reversed()
        }
    }

    struct Index: CodingKey {
        let intValue: Int?
        var stringValue: String { "Index \(intValue ?? 0)" }

        init(_ index: Int) { intValue = index }
        init?(intValue: Int) { self.init(intValue) }
        init?(stringValue _: String) { nil }
    }

    /// Reads a value.
    ///
    /// - Throws: `DecodingError`, and what the type throws.
    static func decode<Value: Decodable>(
        _: Value.Type = Value.self,
        from value: JSONValue,
        at place: Place = .whole
    ) throws -> Value {
        // What is asked for most needs no container.
        if Value.self == JSONValue.self, let whole = value as? Value { return whole }
        return try Value(from: JSONTreeDecoder(value: value, place: place))
    }

    func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(Keyed<Key>(members: members, place: place))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch([Any].self) }
        return Unkeyed(elements: elements, place: place)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }

    private func mismatch(_ type: any Any.Type) -> DecodingError {
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: "it is \(value.kind)")
        return value == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    // MARK: - Plain values

    func bool() throws -> Bool {
        guard case .bool(let flag) = value else { throw mismatch(Bool.self) }
        return flag
    }

    func string() throws -> String {
        guard case .string(let text) = value else { throw mismatch(String.self) }
        return text
    }

    func floating<Number: BinaryFloatingPoint>(_: Number.Type) throws -> Number {
        switch value {
        case .integer(let number): return Number(number)
        case .double(let number): return Number(number)
        default: throw mismatch(Number.self)
        }
    }

    func integer<Number: FixedWidthInteger>(_: Number.Type) throws -> Number {
        let number: Number? =
            switch value {
            case .integer(let number): Number(exactly: number)
            case .double(let number): Number(exactly: number)
            default: throw mismatch(Number.self)
            }
        guard let number else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: codingPath,
                    debugDescription: "the number does not fit in \(Number.self)"
                )
            )
        }
        return number
    }

    // MARK: - Containers

    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let members: [String: JSONValue]
        let place: Place

        var codingPath: [any CodingKey] { place.path }
        var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

        func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

        private func at(_ key: Key) throws -> JSONTreeDecoder {
            guard let member = members[key.stringValue] else {
                throw DecodingError.keyNotFound(
                    key,
                    DecodingError.Context(codingPath: codingPath, debugDescription: "there is no \(key.stringValue)")
                )
            }
            return JSONTreeDecoder(value: member, place: .at(key, in: place))
        }

        func decodeNil(forKey key: Key) throws -> Bool { try at(key).value == .null }
        func decode(_: Bool.Type, forKey key: Key) throws -> Bool { try at(key).bool() }
        func decode(_: String.Type, forKey key: Key) throws -> String { try at(key).string() }
        func decode(_: Double.Type, forKey key: Key) throws -> Double { try at(key).floating(Double.self) }
        func decode(_: Int.Type, forKey key: Key) throws -> Int { try at(key).integer(Int.self) }
        func decode(_: Int64.Type, forKey key: Key) throws -> Int64 { try at(key).integer(Int64.self) }

        // Other numbers come here, too.
        func decode<Value: Decodable>(_: Value.Type, forKey key: Key) throws -> Value {
            let member = try at(key)
            return try JSONTreeDecoder.decode(Value.self, from: member.value, at: member.place)
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy _: Nested.Type,
            forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { try at(key).container(keyedBy: Nested.self) }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try at(key).unkeyedContainer()
        }

        func superDecoder() throws -> any Decoder {
            JSONTreeDecoder(value: members["super"] ?? .null, place: place)
        }

        func superDecoder(forKey key: Key) throws -> any Decoder { try at(key) }
    }

    private struct Unkeyed: UnkeyedDecodingContainer {
        let elements: [JSONValue]
        let place: Place
        var currentIndex = 0

        var codingPath: [any CodingKey] { place.path }
        var count: Int? { elements.count }
        var isAtEnd: Bool { currentIndex >= elements.count }

        init(elements: [JSONValue], place: Place) {
            self.elements = elements
            self.place = place
        }

        private mutating func next(_ type: any Any.Type) throws -> JSONTreeDecoder {
            let place = Place.at(Index(currentIndex), in: place)
            guard !isAtEnd else {
                throw DecodingError.valueNotFound(
                    type,
                    DecodingError.Context(codingPath: place.path, debugDescription: "the array has ended")
                )
            }
            defer { currentIndex += 1 }
            return JSONTreeDecoder(value: elements[currentIndex], place: place)
        }

        mutating func decodeNil() throws -> Bool {
            guard !isAtEnd, elements[currentIndex] == .null else { return false }
            currentIndex += 1
            return true
        }

        mutating func decode<Value: Decodable>(_: Value.Type) throws -> Value {
            let element = try next(Value.self)
            return try JSONTreeDecoder.decode(Value.self, from: element.value, at: element.place)
        }

        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy _: Nested.Type
        ) throws -> KeyedDecodingContainer<Nested> { try next([String: Any].self).container(keyedBy: Nested.self) }

        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try next([Any].self).unkeyedContainer()
        }

        mutating func superDecoder() throws -> any Decoder { try next((any Decoder).self) }
    }

    private struct Single: SingleValueDecodingContainer {
        let decoder: JSONTreeDecoder

        var codingPath: [any CodingKey] { decoder.codingPath }

        func decodeNil() -> Bool { decoder.value == .null }
        func decode(_: Bool.Type) throws -> Bool { try decoder.bool() }
        func decode(_: String.Type) throws -> String { try decoder.string() }
        func decode(_: Double.Type) throws -> Double { try decoder.floating(Double.self) }
        func decode(_: Float.Type) throws -> Float { try decoder.floating(Float.self) }
        func decode(_: Int.Type) throws -> Int { try decoder.integer(Int.self) }
        func decode(_: Int8.Type) throws -> Int8 { try decoder.integer(Int8.self) }
        func decode(_: Int16.Type) throws -> Int16 { try decoder.integer(Int16.self) }
        func decode(_: Int32.Type) throws -> Int32 { try decoder.integer(Int32.self) }
        func decode(_: Int64.Type) throws -> Int64 { try decoder.integer(Int64.self) }
        func decode(_: UInt.Type) throws -> UInt { try decoder.integer(UInt.self) }
        func decode(_: UInt8.Type) throws -> UInt8 { try decoder.integer(UInt8.self) }
        func decode(_: UInt16.Type) throws -> UInt16 { try decoder.integer(UInt16.self) }
        func decode(_: UInt32.Type) throws -> UInt32 { try decoder.integer(UInt32.self) }
        func decode(_: UInt64.Type) throws -> UInt64 { try decoder.integer(UInt64.self) }
        func decode<Value: Decodable>(_: Value.Type) throws -> Value {
            try JSONTreeDecoder.decode(Value.self, from: decoder.value, at: decoder.place)
        }
    }
}

extension JSONValue {
    /// What it is, in words for an error.
    fileprivate var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a truth value"
        case .integer, .double: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

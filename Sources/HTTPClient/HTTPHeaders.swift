/// The header fields of an answer, in the order in which they came; names are compared without regard to case.
public struct HTTPHeaders: Hashable, Sendable {
    /// The fields as they came.
    public var fields: [HTTPHeader]

    /// Makes a list of fields.
    public init(_ fields: [HTTPHeader] = []) {
        self.fields = fields
    }

    /// The value of the first field of this name.
    public func first(_ name: String) -> String? {
        fields.first { Self.same($0.name, name) }?.value
    }

    /// The values of all fields of this name, in order.
    public func all(_ name: String) -> [String] {
        fields.filter { Self.same($0.name, name) }.map(\.value)
    }

    private static func same(_ one: String, _ other: String) -> Bool {
        one.utf8.count == other.utf8.count && one.lowercased() == other.lowercased()
    }
}

extension HTTPHeaders: Sequence {
    /// Iterates over the fields in order.
    public func makeIterator() -> IndexingIterator<[HTTPHeader]> {
        fields.makeIterator()
    }
}

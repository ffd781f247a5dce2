/// A JSON value that writes itself.
///
/// The simulators build their answers from these and not from `Codable` types, because the APIs they imitate tell `null`
/// and "not there" apart field by field: `.null` is written, `.absent` leaves its member out.
public enum JSON: Sendable {
    case absent
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([(name: String, value: JSON)])
    /// Text that is JSON already, such as a value written earlier.
    case written([UInt8])

    /// A string, or `.absent` where there is none.
    public static func optional(_ text: String?) -> JSON { text.map(JSON.string) ?? .absent }

    /// A string, or `.null` where there is none.
    public static func nullable(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }

    /// The value as UTF-8 text.
    public var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(1024)
        write(to: &out)
        return out
    }

    /// Appends the value's text.
    public func write(to out: inout [UInt8]) {
        switch self {
        case .absent, .null: out.append(contentsOf: "null".utf8)
        case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): out.append(contentsOf: String(value).utf8)
        case .number(let value): out.append(contentsOf: (value.isFinite ? String(value) : "null").utf8)
        case .string(let value): Self.write(value, to: &out)
        case .written(let bytes): out.append(contentsOf: bytes)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            var first = true
            for element in elements {
                if !first { out.append(UInt8(ascii: ",")) }
                first = false
                element.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            var first = true
            for (name, value) in members {
                if case .absent = value { continue }
                if !first { out.append(UInt8(ascii: ",")) }
                first = false
                Self.write(name, to: &out)
                out.append(UInt8(ascii: ":"))
                value.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): out.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): out.append(contentsOf: "\\\\".utf8)
            case 0x0A: out.append(contentsOf: "\\n".utf8)
            case 0x0D: out.append(contentsOf: "\\r".utf8)
            case 0x09: out.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                out.append(contentsOf: "\\u00".utf8)
                if digits.utf8.count == 1 { out.append(UInt8(ascii: "0")) }
                out.append(contentsOf: digits.utf8)
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// An array.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// An object whose members keep the order in which they are written here.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { (name: $0.0, value: $0.1) })
    }
}

extension JSON {
    /// A whole number.
    public static func integer(_ value: Int) -> JSON { .integer(Int64(value)) }
}

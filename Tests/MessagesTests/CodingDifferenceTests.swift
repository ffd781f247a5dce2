import Foundation
import Testing

@testable import Messages

/// Our coding of JSON beside Foundation's: the same bytes, and the same values.
///
/// The ledger holds rows that Foundation's encoder wrote, and programs in other languages read what ours writes.
@Suite("Coding beside Foundation's")
struct CodingDifferenceTests {
    private static func foundations(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    private static let texts: [String] = [
        "", "a", "z", "A", "_", "a b", "/a/b", "quote \" back \\ slash",
        "\u{0}\u{1}\u{8}\u{9}\u{A}\u{B}\u{C}\u{D}\u{1F}\u{7F}",
        "Überweisung", "größe", "\u{e9}", "\u{1F525}", "\u{2028}\u{2029}", "日本語", "a.b", "a-b", "aB", "10", "9", "Z",
    ]
    private static let doubles: [Double] = [
        0.1, 1.5, -2.25, 1e-7, 2.2250738585072014e-308, 1e15, 1e16, 1.5e16, 1e22, 1.7976931348623157e308, 3.0, -0.0,
        123456789.125,
        9_007_199_254_740_992, 9_007_199_254_740_994, -1e18, 9.3e18, 0.30000000000000004,
    ]
    private static let integers: [Int64] = [0, -1, 7, .max, .min, 9_007_199_254_740_993, 1_000_000]

    private static func value(_ generator: inout some RandomNumberGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 3 ? 5 : 7), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(integers.randomElement(using: &generator) ?? 0)
        case 3: return .double(doubles.randomElement(using: &generator) ?? 0)
        case 4: return .string(texts.randomElement(using: &generator) ?? "")
        case 5:
            return .array(
                (0..<Int.random(in: 0...4, using: &generator)).map { _ in value(&generator, depth: depth + 1) }
            )
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                members[texts.randomElement(using: &generator) ?? ""] = value(&generator, depth: depth + 1)
            }
            return .object(members)
        }
    }

    @Test func writesTheSameBytes() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let value = Self.value(&generator, depth: 0)
            let ours = try MessageCoding.encode(value)
            let theirs = try Self.foundations(value)
            guard ours == theirs else {
                Issue.record(
                    "\(String(decoding: ours, as: UTF8.self)) is not \(String(decoding: theirs, as: UTF8.self))"
                )
                return
            }
            #expect(
                try MessageCoding.decode(JSONValue.self, from: ours)
                    == JSONDecoder().decode(JSONValue.self, from: Data(theirs))
            )
        }
    }

    /// All kinds of members that a type may have.
    struct Everything: Codable, Hashable {
        enum Kind: String, Codable { case first, second }
        struct Inner: Codable, Hashable {
            var name: String
            var optional: Int?
        }

        var flag = true
        var text = "text/with \"all\""
        var small: UInt8 = 255
        var large: Int64 = .min
        var natural: UInt64 = 17
        var double = 2.5
        var whole = 3.0
        var float: Float = 0.5
        var kind = Kind.second
        var none: String?
        var some: String? = "some"
        var list = [1, 2, 3]
        var inners = [Inner(name: "a"), Inner(name: "b", optional: 2)]
        var map = ["b": 1.5, "a": 2]
        var deep: [String: [Inner]] = ["x": [Inner(name: "deep")]]
        var set: Set<String> = ["only"]
        var value: JSONValue = ["any": .array([.null, .double(0.25)])]
        var optionalValue: JSONValue?
        var nothing: [Int?] = [nil, 1]
    }

    @Test func typesComeOutTheSame() throws {
        let everything = Everything()
        let bytes = try MessageCoding.encode(everything)
        #expect(bytes == (try Self.foundations(everything)))
        #expect(try MessageCoding.decode(Everything.self, from: bytes) == everything)
        #expect(try JSONDecoder().decode(Everything.self, from: Data(bytes)) == everything)
        #expect(try JSONValue(encoding: everything).decoded(as: Everything.self) == everything)
    }

    struct Numbers: Decodable, Equatable {
        var int: Int?
        var byte: UInt8?
        var double: Double?
        var text: String?
        var list: [Int]?
        var map: [String: Int]?
        var flag: Bool?
    }

    /// What one takes the other takes, as the same value.
    @Test(arguments: [
        #"{"int":1.0}"#, #"{"int":1e2}"#, #"{"int":1.5}"#, #"{"int":"1"}"#, #"{"int":true}"#, #"{"int":null}"#,
        #"{"byte":255}"#, #"{"byte":256}"#, #"{"byte":-1}"#, #"{"double":1}"#, #"{"double":1e-3}"#, #"{"double":"1"}"#,
        #"{"text":1}"#, #"{"text":null}"#, #"{"list":[1,2.0]}"#, #"{"list":[1,null]}"#, #"{"list":{}}"#,
        #"{"map":{"a":1}}"#, #"{"map":[]}"#, #"{"flag":1}"#, #"{"flag":false}"#, "{}", "[]", "null", "3",
    ])
    func takesWhatFoundationTakes(_ text: String) {
        let ours = try? MessageCoding.decode(Numbers.self, from: Array(text.utf8))
        let theirs = try? JSONDecoder().decode(Numbers.self, from: Data(text.utf8))
        #expect(ours == theirs)
    }

    @Test(arguments: [
        (
            #"{"incident_id":"I","service_name":7,"severity":"high","description":"d"}"#,
            "service_name is not of type String"
        ),
        (#"{"incident_id":"I","severity":"high","description":"d"}"#, "service_name is missing"),
        (#"{"incident_id":"I","service_name":null,"severity":"high","description":"d"}"#, "service_name is null"),
        (#"{"incident_id":"I","service_name":"s","severity":"high","description":"d","labels":{"a":1}}"#, "labels.a"),
        (
            #"{"incident_id":"I","service_name":"s","severity":"high","description":"d","labels":[]}"#,
            "labels is not of type"
        ),
    ])
    func errorsNameThePlace(_ text: String, _ words: String) {
        let error = #expect(throws: MessageError.self) {
            try MessageCoding.decode(Incident.self, from: Array(text.utf8))
        }
        #expect(error?.what.contains(words) == true, "\(String(describing: error))")
    }

    @Test func refusesNumbersThatJSONCannotSay() {
        #expect(throws: MessageError.self) { try MessageCoding.encode(JSONValue.double(.nan)) }
        #expect(throws: MessageError.self) { try JSONValue(encoding: [Double.infinity]) }
    }
}

import Foundation
import Messages
import Testing

@Suite("Strict JSON")
struct StrictJSONTests {
    @Test(arguments: [
        #"{"a":1,"b":[true,false,null],"c":{"d":"\u00e4\ud83d\ude00"}}"#, #" [ -0.5e+10 , 0 ] "#, #""text""#, "0",
        #"{"a":{"a":{"a":1}}}"#,
    ])
    func takesJSON(_ text: String) throws {
        try StrictJSON.check(Array(text.utf8))
    }

    @Test(arguments: [
        (#"{"a":1,"a":2}"#, #"duplicate key "a" at byte 7"#),
        (#"{"a":1,"\u0061":2}"#, #"duplicate key "a" at byte 7"#),
        ("{", "an object's key must be a string at byte 1"),
        ("", "the JSON ends too early at byte 0"),
        ("[1,]", "not a JSON value at byte 3"),
        ("01", "text after the end of the JSON value at byte 1"),
        ("[1 2]", "an array must go on with a comma or end at byte 3"),
        (#""\x""#, "an unknown escape in a string at byte 2"),
        (#""\ud800""#, "half a surrogate pair at byte 7"),
        ("\"a\u{1}\"", "a control character inside a string at byte 2"),
        ("{\"a\" 1}", "a colon must follow an object's key at byte 5"),
        ("nul", "not a JSON value at byte 3"),
        ("-", "a number needs a digit here at byte 1"),
        ("{} x", "text after the end of the JSON value at byte 3"),
    ])
    func namesTheOffence(_ text: String, _ expected: String) {
        let problem = #expect(throws: JSONProblem.self) { try StrictJSON.check(Array(text.utf8)) }
        #expect(problem?.description == expected)
    }

    @Test func refusesInvalidUTF8() {
        let problem = #expect(throws: JSONProblem.self) { try StrictJSON.check([0x22, 0x61, 0xC3, 0x28, 0x22]) }
        #expect(problem?.description == "invalid UTF-8 at byte 2")
    }

    @Test func boundsDepth() {
        let deep = Array(String(repeating: "[", count: 40).utf8) + Array(String(repeating: "]", count: 40).utf8)
        let problem = #expect(throws: JSONProblem.self) { try StrictJSON.check(deep) }
        #expect(problem?.what == "nesting deeper than 32 levels")
    }

    @Test func boundsTheNumberOfValues() {
        let most = StrictJSON.maximumValues
        func array(_ count: Int) -> [UInt8] { Array(("[1" + String(repeating: ",1", count: count - 2) + "]").utf8) }
        #expect(throws: Never.self) { try StrictJSON.check(array(most)) }
        let problem = #expect(throws: JSONProblem.self) { try StrictJSON.check(array(most + 1)) }
        #expect(problem?.what == "more than 100000 values")
    }

    @Test func survivesDepthBeyondAnyStack() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSONProblem.self) { try StrictJSON.check(deep) }
    }

    /// Foundation's decoder finds out by trying what a value is: of ninety thousand numbers under thirty lists, in many seconds.
    @Test(.timeLimit(.minutes(1))) func aLargeTextIsReadInTheTimeOfItsLength() throws {
        let numbers = Array(repeating: "1", count: 90_000).joined(separator: ",")
        let text = String(repeating: "[", count: 30) + numbers + String(repeating: "]", count: 30)
        var value = try MessageCoding.decode(JSONValue.self, from: Array(text.utf8))
        for _ in 0..<29 {
            guard case .array(let elements) = value, elements.count == 1 else { break }
            value = elements[0]
        }
        #expect(value == .array(Array(repeating: 1, count: 90_000)))
    }

    @Test func readsEveryKindOfValueWhereverItStands() throws {
        let text =
            #"{"a":[1,-0,1.0,1e2,1.5,9223372036854775807,9223372036854775808,{"b":[null,true,"\u00fc\n"]}],"c":{}}"#
        let value = try MessageCoding.decode(JSONValue.self, from: Array(text.utf8))
        let list: JSONValue = [
            1, 0, 1, 100, .double(1.5), 9_223_372_036_854_775_807, .double(9_223_372_036_854_775_808),
            ["b": [.null, true, "\u{fc}\n"]],
        ]
        #expect(value == ["a": list, "c": [:]])
        // Inside of other types too, and without the whole text at hand.
        #expect(try MessageCoding.decode([String: JSONValue].self, from: Array(text.utf8)) == ["a": list, "c": [:]])
        #expect(try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) == value)
    }

    @Test(arguments: ["1e999", "[-1e400]", #"{"\u00e9":1,"e\u0301":2}"#])
    func refusesWhatCannotBeKept(_ text: String) {
        #expect(throws: MessageError.self) { try MessageCoding.decode(JSONValue.self, from: Array(text.utf8)) }
    }
}

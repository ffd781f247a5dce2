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

    @Test func survivesDepthBeyondAnyStack() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSONProblem.self) { try StrictJSON.check(deep) }
    }
}

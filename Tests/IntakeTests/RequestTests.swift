import Hummingbird
import Messages
import Testing

@testable import Intake

/// What is read of a query, and of what a person asks.
@Suite("Requests as they come in")
struct RequestTests {
    private func cursor(_ parameters: Parameters) throws -> Int64? {
        var reader = QueryReader(parameters)
        let value = reader.value("after", "a cursor", QueryReader.cursor)
        try reader.check()
        return value
    }

    @Test func aCursorIsPlainDigits() throws {
        #expect(try cursor([:]) == nil)
        #expect(try cursor(["limit": "1"]) == nil)
        #expect(try cursor(["after": "0"]) == 0)
        #expect(try cursor(["after": "999999999999999999"]) == 999_999_999_999_999_999)
    }

    @Test(arguments: ["", "-1", "+1", "1e3", "x", "1000000000000000000", "99999999999999999999", "\u{663}", "1\u{0}"])
    func whatIsNoCursorIsNotTakenForNone(value: String) throws {
        let problem = #expect(throws: Problem.self) { () throws in try cursor(["after": value[...]]) }
        #expect(problem?.status == .badRequest)
        #expect(problem?.errors?.map(\.field) == ["after"])
    }

    @Test func everyWrongParameterIsNamed() {
        var reader = QueryReader(["limit": "0", "service": "", "state": "x"])
        #expect(reader.value("limit", "a number") { QueryReader.number($0, in: 1...1000) } == nil)
        #expect(reader.value("service", "a name") { $0 } == nil)
        #expect(reader.value("state", "a word") { $0 } == "x")
        let problem = #expect(throws: Problem.self) { () throws in try reader.check() }
        #expect(problem?.errors?.map(\.field) == ["limit", "service"])
    }

    @Test func aPersonAsks() throws {
        #expect(
            try OperatorRequest.read(["reason": "replaced", "by": "ann"]).get()
                == OperatorRequest(reason: "replaced", by: "ann")
        )
        #expect(try OperatorRequest.read(["reason": "replaced", "by": .null]).get().by == nil)
    }

    @Test(
        arguments: [
            ("reason", .null), ("reason", ""), ("reason", " "), ("reason", 5), ("reason", "a\u{1b}[2J"),
            ("reason", .string(String(repeating: "x", count: 501))),
            ("reason", .string("e" + String(repeating: "\u{301}", count: 500))), ("by", 5), ("by", ""), ("by", "a\nb"),
            ("by", .string(String(repeating: "x", count: 101))),
        ] as [(String, JSONValue)]
    )
    func whatAPersonCannotMeanIsRefused(field: String, value: JSONValue) {
        var members: [String: JSONValue] = ["reason": "replaced", "by": "ann"]
        members[field] = value
        let result = OperatorRequest.read(.object(members))
        guard case .failure(let wrong) = result else {
            Issue.record("\(result) was taken")
            return
        }
        #expect(wrong.errors.map(\.field) == [field])
    }

    @Test func aPersonsRequestIsAnObject() {
        #expect(throws: FieldErrors.self) { try OperatorRequest.read(["reason"]).get() }
    }
}

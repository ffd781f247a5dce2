import Foundation
import HTTPClient
import Testing

@testable import CoderAPI

@Suite struct ErrorTests {
    @Test(arguments: [
        (401, false, CoderError.Kind.unauthorized), (403, true, .forbidden), (404, false, .notFound),
        (410, false, .gone), (409, true, .conflict), (412, true, .conflict), (400, true, .invalid),
        (406, true, .unavailable),
        (425, false, .unavailable), (429, true, .rateLimited(retryAfter: 60)), (500, true, .ambiguous),
        (500, false, .unavailable), (502, true, .ambiguous), (503, false, .unavailable), (302, false, .badAnswer),
        (302, true, .ambiguous),
    ])
    func `a status means`(status: Int, hasEffect: Bool, kind: CoderError.Kind) {
        #expect(CoderError.kind(status: status, hasEffect: hasEffect, retryAfter: nil) == kind)
    }

    @Test func `Retry-After is honoured`() {
        #expect(CoderError.kind(status: 429, hasEffect: false, retryAfter: 7) == .rateLimited(retryAfter: 7))
    }

    @Test(arguments: [
        (HTTPClientError.Code.couldNotConnect, false, CoderError.Kind.unavailable), (.cut, true, .ambiguous),
        (.timedOut, true, .ambiguous), (.timedOut, false, .unavailable), (.badAnswer, true, .ambiguous),
        (.redirectRefused, false, .badAnswer), (.cancelled, true, .cancelled), (.invalidRequest, false, .unavailable),
    ])
    func `a lost answer of a create means`(code: HTTPClientError.Code, reached: Bool, kind: CoderError.Kind) {
        let error = HTTPClientError(code: code, message: "it broke", mayHaveReachedServer: reached)
        let call = Call(operation: "create workspace a", method: .post, path: "/")
        #expect(CoderError(call, error).kind == kind)
    }

    @Test func `a lost answer of a read is never ambiguous`() {
        let error = HTTPClientError(code: .cut, message: "it broke", mayHaveReachedServer: true)
        #expect(CoderError(Call(operation: "list workspaces", path: "/"), error).kind == .unavailable)
    }

    @Test func `Coder's error body is told in one sentence without the token`() {
        let body = """
            {"message": "Validation failed.", "detail": "for s3cret-token", "validations":
             [{"field": "name", "detail": "Validation failed for tag \\"workspace_name\\" with value: \\"a_b\\""}]}
            """
        let response = HTTPResponse(status: 400, body: Array(body.utf8), url: "http://coder/api/v2/x")
        let error = CoderError(
            Call(operation: "create workspace a_b", method: .post, path: "/"),
            response,
            token: "s3cret-token"
        )
        #expect(error.kind == .invalid)
        #expect(error.message == "Validation failed.")
        #expect(error.validations == ["name: Validation failed for tag \"workspace_name\" with value: \"a_b\""])
        #expect(
            error.description
                == "create workspace a_b: Coder answered 400: Validation failed (for [masked]; name: Validation failed for "
                + "tag \"workspace_name\" with value: \"a_b\"); correct the playbook or the template"
        )
    }

    @Test func `a token at the place where a text is cut leaves no piece of itself`() {
        let body = #"{"message": "\#(String(repeating: "x", count: 1995))s3cret-token"}"#
        let response = HTTPResponse(status: 400, body: Array(body.utf8), url: "http://coder/api/v2/x")
        let error = CoderError(Call(operation: "create", path: "/"), response, token: "s3cret-token")
        #expect(error.message.count == 2000)
        #expect(!error.message.contains("s3"))
    }

    @Test(arguments: ["", "<html>Bad gateway</html>", "[]"])
    func `an error without Coder's body is an error all the same`(body: String) {
        let response = HTTPResponse(status: 502, body: Array(body.utf8), url: "http://coder/api/v2/x")
        let error = CoderError(Call(operation: "list workspaces", path: "/"), response, token: "t")
        #expect(error.kind == .unavailable)
        #expect(error.words == "an answer without Coder's error body")
    }
}

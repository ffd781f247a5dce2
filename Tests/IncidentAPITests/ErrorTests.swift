import HTTPClient
import Testing

@testable import IncidentAPI

/// What answers and failures mean, as tables.
struct ErrorTests {
    typealias Kind = IncidentAPIError.Kind

    @Test(arguments: [
        (401, Kind.unauthorized, Kind.unauthorized), (403, .unauthorized, .unauthorized), (404, .notFound, .notFound),
        (410, .notFound, .notFound), (400, .rejected, .rejected), (422, .rejected, .rejected),
        (302, .rejected, .rejected), (409, .rejected, .ambiguous), (408, .unavailable, .unavailable),
        (425, .unavailable, .unavailable), (429, .rateLimited, .rateLimited), (500, .unavailable, .unavailable),
        (503, .unavailable, .unavailable), (599, .unavailable, .unavailable), (199, .badAnswer, .ambiguous),
        (600, .badAnswer, .ambiguous),
    ])
    func `a status has one meaning for reading and one for effects`(status: Int, reading: Kind, effect: Kind) {
        #expect(Call.kind(status: status, isEffect: false) == reading)
        #expect(Call.kind(status: status, isEffect: true) == effect)
        for operation in IncidentAPIError.Operation.allCases {
            let call = Call(operation: operation, incidentID: "INC-1")
            let error = call.error(HTTPResponse(status: status, url: "http://api"))
            #expect(error.kind == (operation.isEffect ? effect : reading))
            #expect(error.status == status)
            // A 5xx can come after the effect as well as before it.
            let mayBeDone: Set<Kind> = [.ambiguous, .unavailable]
            #expect(error.mayHaveTakenEffect == (operation.isEffect && mayBeDone.contains(effect)))
        }
    }

    @Test(arguments: [
        (HTTPClientError.Code.couldNotResolve, Kind.unavailable, Kind.ambiguous),
        (.couldNotConnect, .unavailable, .ambiguous),
        (.timedOut, .unavailable, .ambiguous), (.tls, .unavailable, .ambiguous), (.cut, .unavailable, .ambiguous),
        (.other, .unavailable, .ambiguous), (.badAnswer, .badAnswer, .ambiguous),
        (.bodyTooLarge, .badAnswer, .ambiguous), (.redirectRefused, .rejected, .rejected),
        (.invalidRequest, .rejected, .rejected), (.cancelled, .cancelled, .cancelled),
        (.stopped, .cancelled, .cancelled),
    ])
    func `a call without an answer is ambiguous only where it was sent and has an effect`(
        code: HTTPClientError.Code,
        unsent: Kind,
        sent: Kind
    ) {
        for operation in IncidentAPIError.Operation.allCases {
            for isSent in [false, true] {
                let error = Call(operation: operation, incidentID: "INC-1")
                    .error(HTTPClientError(code: code, message: "why", mayHaveReachedServer: isSent))
                #expect(error.kind == (isSent && operation.isEffect ? sent : unsent))
                #expect(error.mayHaveTakenEffect == (isSent && operation.isEffect && sent != .rejected))
            }
        }
    }

    @Test func `every kind of failure is told by the test above`() {
        // A new code needs a decision, not a default.
        #expect(HTTPClientError.Code.allCases.count == 12)
    }

    @Test(
        arguments: [
            ("0", nil, 0.0), ("7", nil, 7), (" 7 ", nil, 7), ("999999999999999999999999", nil, 3600),
            ("-1", nil, nil), ("soon", nil, nil), ("", nil, nil), (nil, nil, nil), ("1.5", nil, nil),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT", 30),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:07 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", nil, nil),
            ("Sun, 06 Nov 1995 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:07 GMT", 3600),
        ] as [(String?, String?, Double?)]
    )
    func `Retry-After is a number or a date`(value: String?, date: String?, seconds: Double?) {
        #expect(RetryAfter.seconds(value, date: date) == seconds)
    }

    @Test func `a 429 and a 503 say when to come back, others do not`() {
        func after(_ status: Int) -> Double? {
            let headers = HTTPHeaders([HTTPHeader(name: "retry-after", value: "12")])
            return Call(operation: .comment, incidentID: "a")
                .error(HTTPResponse(status: status, headers: headers, url: "http://api")).retryAfterSeconds
        }
        #expect([429, 503, 404, 422].map(after) == [12, 12, nil, nil])
    }

    @Test(arguments: [
        (#"{"title":"Not found","detail":"no such incident"}"#, "Not found: no such incident"),
        (#"{"message":"no"}"#, "no"), (#"{"error":"no","code":7}"#, "no"), (#"{"error":{"code":7}}"#, ""),
        ("<html>Sign in</html>", ""), ("", ""), (#"{"message":"a","message":"b"}"#, ""),
        (#"{"message":"two\nlines\u0007"}"#, "two lines "),
        (#"{"message":"the key s3cret-key is not known"}"#, "the key [masked] is not known"),
    ])
    func `an error keeps what the API says, without the key`(body: String, message: String) {
        let response = HTTPResponse(status: 400, body: Array(body.utf8), url: "http://api")
        #expect(Call(operation: .update, incidentID: "a", secret: "s3cret-key").error(response).message == message)
    }

    @Test func `a long message is cut, and no part of the key stays at the cut`() {
        let secret = "0123456789abcdef"
        for padding in 470...520 {
            let text = String(repeating: "ä", count: padding / 2) + secret + String(repeating: "z", count: 600)
            let bounded = AnswerText.bounded(text, without: secret)
            #expect(bounded.utf8.count <= IncidentAPIError.mostMessageBytes)
            #expect(bounded.hasSuffix("…"))
            #expect(!bounded.contains("0123"))
        }
    }

    @Test func `the description is one sentence with incident, cause and remedy`() {
        let error = IncidentAPIError(
            operation: .comment,
            incidentID: "INC-1",
            kind: .unauthorized,
            status: 401,
            message: "Unauthorized"
        )
        #expect(
            error.description == """
                commenting on incident INC-1 failed, the incident API does not accept the key (401: Unauthorized); \
                replace the key in the file named by `incident_api.key_file`, or give STREAM_A_API_KEY
                """
        )
        let hidden = IncidentAPIError(
            operation: .listComments,
            incidentID: "INC-1",
            kind: .unauthorized,
            status: 403,
            message: ""
        )
        #expect(hidden.description.contains("duplicates: key"))
        for kind in Kind.allCases {
            let text = "\(IncidentAPIError(operation: .read, incidentID: "INC-1", kind: kind, message: "why"))"
            #expect(text.hasPrefix("reading incident INC-1 failed, ") && text.contains("(why); "))
        }
    }
}

/// Ids as parts of a path.
struct PathSegmentTests {
    @Test(
        arguments: [
            ("INC-1042", "INC-1042"), ("a b/c?d#e%f", "a%20b%2Fc%3Fd%23e%25f"), ("ä~_.-", "%C3%A4~_.-"),
            ("a..b", "a..b"),
            ("...", "..."), ("\"q\"", "%22q%22"), ("a\r\nb", "a%0D%0Ab"), ("", nil), (".", nil), ("..", nil),
        ] as [(String, String?)]
    )
    func `free text becomes one segment`(text: String, segment: String?) {
        #expect(PathSegment.encode(text) == segment)
    }
}

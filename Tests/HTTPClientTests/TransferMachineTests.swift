import CCurl
import TestSupport
import Testing

@testable import HTTPClient

@Suite("The decisions about one transfer")
struct TransferMachineTests {
    private static func machine(
        _ method: HTTPRequest.Method = .get,
        streamed: Bool = false,
        redirects: Int = 0,
        maximum: Int = 10
    ) throws -> TransferMachine {
        let request = HTTPRequest(method: method, url: "http://h/", maximumBodyBytes: maximum, redirects: redirects)
        let delivery: TransferMachine.Delivery = streamed ? .streamed : .collected(maximumBytes: maximum)
        return TransferMachine(try CheckedRequest(request), delivery: delivery)
    }

    private static let cancelled = Failure(code: .cancelled, message: "")

    @Test("A collected answer")
    func collected() throws {
        var machine = try Self.machine()
        #expect(!machine.mayHaveReachedServer)
        let isSent = machine.aboutToSend()
        #expect(isSent)
        #expect(machine.mayHaveReachedServer)
        #expect(machine.headArrived(status: 200, headers: HTTPHeaders()) == .proceed)
        #expect(machine.bodyArrived(10) == .collect)
        #expect(machine.ended(CURLE_OK, detail: "") == .respond(HTTPResponseHead(status: 200, url: "http://h/")))
        #expect(machine.ended(because: Self.cancelled) == .nothing)
        #expect(machine.ended(CURLE_OK, detail: "") == .nothing)
    }

    @Test("A streamed answer hands its head over and ends apart")
    func streamed() throws {
        var machine = try Self.machine(streamed: true)
        let isSent = machine.aboutToSend()
        #expect(isSent)
        let head = HTTPResponseHead(status: 200, url: "http://h/")
        #expect(machine.headArrived(status: 200, headers: HTTPHeaders()) == .deliver(head))
        #expect(machine.bodyArrived(1_000_000) == .stream)
        #expect(machine.ended(CURLE_OK, detail: "") == .finishBody(nil))
        #expect(machine.ended(because: Self.cancelled) == .nothing)
    }

    @Test("A request is sent twice only where that is harmless", arguments: HTTPRequest.Method.allCases)
    func sentTwice(method: HTTPRequest.Method) throws {
        var machine = try Self.machine(method)
        let isSent = machine.aboutToSend()
        #expect(isSent)
        let isHarmless = method != .post && method != .patch
        let isSentAgain = machine.aboutToSend()
        #expect(isSentAgain == isHarmless)
        if !isHarmless {
            guard case .fail(let failure) = machine.ended(CURLE_ABORTED_BY_CALLBACK, detail: "") else {
                Issue.record("it did not fail")
                return
            }
            #expect(failure.code == .cut)
        }
    }

    @Test("What a callback refused is the reason, not libcurl's word for it")
    func refusals() throws {
        var large = try Self.machine()
        #expect(large.headArrived(status: 200, headers: HTTPHeaders()) == .proceed)
        #expect(large.bodyArrived(11) == .abort)
        #expect(large.bodyArrived(1) == .abort)
        guard case .fail(let tooLarge) = large.ended(CURLE_WRITE_ERROR, detail: "Failed writing") else {
            Issue.record("it did not fail")
            return
        }
        #expect(tooLarge.code == .bodyTooLarge)

        var announced = try Self.machine()
        let length = HTTPHeaders([HTTPHeader(name: "content-length", value: "11")])
        #expect(announced.headArrived(status: 200, headers: length) == .abort)

        var garbage = try Self.machine()
        garbage.headMalformed("x")
        guard case .fail(let bad) = garbage.ended(CURLE_WRITE_ERROR, detail: "") else {
            Issue.record("it did not fail")
            return
        }
        #expect(bad.code == .badAnswer)
    }

    @Test("Redirects are followed as often as allowed, however their bodies end")
    func redirects() throws {
        var machine = try Self.machine(redirects: 1)
        let location = HTTPHeaders([HTTPHeader(name: "Location", value: "/b")])
        let isSent = machine.aboutToSend()
        #expect(isSent)
        #expect(machine.headArrived(status: 302, headers: location) == .proceed)
        #expect(machine.bodyArrived(1000) == .discard)
        #expect(machine.bodyArrived(1 << 20) == .abort)
        guard case .follow(let hop) = machine.ended(CURLE_WRITE_ERROR, detail: "") else {
            Issue.record("it was not followed")
            return
        }
        #expect(hop.address.text == "http://h/b")
        #expect(machine.hop == hop)
        #expect(machine.headArrived(status: 302, headers: location) == .abort)
        guard case .fail(let failure) = machine.ended(CURLE_WRITE_ERROR, detail: "") else {
            Issue.record("it did not fail")
            return
        }
        #expect(failure.code == .redirectRefused)
    }

    @Test(
        "libcurl's codes",
        arguments: [
            (CURLE_COULDNT_RESOLVE_HOST, HTTPClientError.Code.couldNotResolve),
            (CURLE_COULDNT_CONNECT, .couldNotConnect),
            (CURLE_OPERATION_TIMEDOUT, .timedOut), (CURLE_PEER_FAILED_VERIFICATION, .tls),
            (CURLE_SSL_CONNECT_ERROR, .tls),
            (CURLE_GOT_NOTHING, .cut), (CURLE_PARTIAL_FILE, .cut), (CURLE_RECV_ERROR, .cut), (CURLE_SEND_ERROR, .cut),
            (CURLE_HTTP2_STREAM, .cut), (CURLE_UNSUPPORTED_PROTOCOL, .badAnswer),
            (CURLE_WEIRD_SERVER_REPLY, .badAnswer),
            (CURLE_OUT_OF_MEMORY, .other),
        ]
    )
    func codes(result: CURLcode, code: HTTPClientError.Code) {
        let failure = FailureTable.failure(result, detail: "")
        #expect(failure.code == code)
        #expect(failure.curlCode == Int32(result.rawValue))
        #expect(!failure.message.isEmpty)
    }

    @Test("Whatever happens in whatever order, a transfer ends once", arguments: 0..<200 as Range<UInt64>)
    func endsOnce(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let streamed = Bool.random(using: &random)
            var machine = try Self.machine(streamed: streamed, redirects: 2)
            var ends = 0
            var delivered = false
            func note(_ ending: TransferMachine.Ending) {
                switch ending {
                case .respond:
                    ends += 1
                    #expect(!streamed)
                case .fail:
                    ends += 1
                    #expect(!delivered)
                case .finishBody:
                    ends += 1
                    #expect(delivered)
                case .follow:
                    #expect(ends == 0)
                case .nothing:
                    #expect(ends == 1)
                }
            }
            for _ in 0..<12 {
                switch Int.random(in: 0..<7, using: &random) {
                case 0: _ = machine.aboutToSend()
                case 1, 2:
                    let status = Bool.random(using: &random) ? 200 : 302
                    let headers = HTTPHeaders([HTTPHeader(name: "Location", value: "/x")])
                    if case .deliver = machine.headArrived(status: status, headers: headers) {
                        #expect(!delivered && ends == 0 && streamed)
                        delivered = true
                    }
                case 3: _ = machine.bodyArrived(Int.random(in: 1...20, using: &random))
                case 4: note(machine.ended(Bool.random(using: &random) ? CURLE_OK : CURLE_RECV_ERROR, detail: ""))
                case 5: machine.headMalformed("x")
                default: note(machine.ended(because: Self.cancelled))
                }
            }
            note(machine.ended(because: Self.cancelled))
            #expect(ends == 1)
        }
    }
}

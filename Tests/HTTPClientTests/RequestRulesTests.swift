import Testing

@testable import HTTPClient

@Suite("What may be asked for", .timeLimit(.minutes(3)))
struct RequestRulesTests {
    @Test(
        "Headers that would end a line, or the message, are refused before anything is sent",
        arguments: [
            ("X", "a\r\nInjected: yes"), ("X", "a\nb"), ("X", "a\rb"), ("X", "a\u{0}b"), ("X", "a\u{7F}"),
            ("X\r\nInjected", "yes"), ("X:", "a"), ("X Y", "a"), ("", "a"), ("Ü", "a"), ("X\u{0}", "a"),
            ("Content-Length", "5"), ("transfer-encoding", "chunked"), ("Expect", "100-continue"),
            ("Connection", "close"),
        ]
    )
    func headers(name: String, value: String) async throws {
        let seen = Seen()
        try await withServer(
            answering { connection, request in
                seen.add(request)
                return connection.answer()
            }
        ) { server, client in
            let header = HTTPHeader(name: name, value: value)
            let error = try await failure(of: client, HTTPRequest(url: server.url(), headers: [header]))
            #expect(error.code == .invalidRequest)
            #expect(!error.mayHaveReachedServer)
            #expect(!error.isTransient)
            #expect(!error.description.contains { $0.isNewline })
            #expect(seen.requests.isEmpty)
            #expect(server.accepted == 0)
        }
    }

    @Test("Tabs and other than ASCII letters in a value are allowed")
    func allowedValues() throws {
        let header = HTTPHeader(name: "X-!#$%&'*+.^_`|~9", value: "a\tü")
        _ = try CheckedRequest(HTTPRequest(url: "http://h/", headers: [header]))
    }

    @Test(
        "URLs that are not absolute http or https ones, or could be read in two ways",
        arguments: [
            "", "h", "/path", "//h/path", "ftp://h/", "file:///etc/passwd", "http://", "http:///x", "http://h/a b",
            "http://h/a\r\nX: y", "http://h/\n", "http://h/\u{0}", "http://h/ü", "http://h:99999/", "http://h:x/",
            "https://", "javascript:alert(1)", "http://a\\@h/", "http:h/", "http:/h/",
        ]
    )
    func urls(url: String) throws {
        let error = #expect(throws: HTTPClientError.self) { try CheckedRequest(HTTPRequest(url: url)) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.mayHaveReachedServer == false)
    }

    @Test("Limits that make no sense, and bodies where there is none")
    func limits() {
        var requests = [HTTPRequest](repeating: HTTPRequest(url: "http://h/"), count: 8)
        requests[0].timeouts.connect = .zero
        requests[1].timeouts.total = .seconds(-1)
        requests[2].timeouts.idle = .zero
        requests[3].maximumBodyBytes = -1
        requests[4].redirects = -1
        requests[5].redirects = 1000
        requests[6].body = []
        requests[7].method = .head
        requests[7].body = [1]
        for request in requests {
            let error = #expect(throws: HTTPClientError.self) { try CheckedRequest(request) }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test("An address, and what of it is shown")
    func addresses() throws {
        let address = try Address("HTTP://User:Pass@Host.Example:8080/p/../q?key=1#frag")
        #expect(address.origin == .init(scheme: "http", host: "host.example", port: "8080"))
        #expect(address.redacted.lowercased() == "http://host.example:8080/q")
        #expect(address.effective.lowercased() == "http://host.example:8080/q?key=1")
        #expect(address.password == "Pass")
        #expect(try Address("https://h").origin.port == "443")
        #expect(try Address("http://[::1]:9/").origin.host == "[::1]")
    }

    @Test("No secret is printed, whatever prints it")
    func nothingShown() async throws {
        let header = HTTPHeader(name: "Coder-Session-Token", value: "abcsecretxyz", isSensitive: true)
        let bearer = HTTPHeader(name: "authorization", value: "Bearer bearersecret")
        #expect(bearer.isSensitive)
        let request = HTTPRequest(url: "http://user:urlsecret@127.0.0.1:1/?q=querysecret", headers: [header, bearer])
        let checked = try CheckedRequest(request)
        let text = "curl said: abcsecretxyz, Bearer bearersecret, bearersecret, urlsecret"
        let error = checked.error(Failure(code: .other, message: text), mayHaveReachedServer: true)
        var dumped = ""
        dump(request.headers, to: &dumped)
        dump(error, to: &dumped)
        for shown in [error.description, "\(header)", "\(request.headers)", String(reflecting: header), dumped] {
            #expect(!shown.contains("secret"), "\(shown)")
        }
        let client = HTTPClient()
        let refused = try await failure(of: client, request)
        #expect(!"\(refused)".contains("secret"))
        await client.close()

        var bad = request
        bad.url = "http://user:urlsecret@h/ x?querysecret"
        let invalid = #expect(throws: HTTPClientError.self) { try CheckedRequest(bad) }
        #expect(invalid.map { "\($0)" }?.contains("secret") == false)
    }

    @Test(
        "A configuration that cannot work is refused when the client starts",
        arguments: [
            HTTPClient.Configuration(maximumConcurrentTransfers: 0), .init(maximumConnectionsPerHost: -1),
            .init(caFile: "/does/not/exist.pem"), .init(userAgent: "a\r\nb"), .init(proxy: "http://p\n"),
            .init(streamLowWatermark: 10, streamHighWatermark: 10),
        ]
    )
    func configuration(configuration: HTTPClient.Configuration) async throws {
        let client = HTTPClient(configuration: configuration)
        let error = #expect(throws: HTTPClientError.self) { try client.start() }
        #expect(error?.code == .invalidRequest)
        let sent = try await failure(of: client, HTTPRequest(url: "http://127.0.0.1:1/"))
        #expect(sent.code == .invalidRequest)
        #expect(!sent.mayHaveReachedServer)
        await client.close()
    }
}

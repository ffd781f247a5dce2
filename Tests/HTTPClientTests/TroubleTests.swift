import HTTPClient
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// Bytes that a server sends, printed in one short line.
struct Answer: ExpressibleByStringLiteral, CustomTestStringConvertible, Sendable {
    var text: String

    init(stringLiteral text: String) { self.text = text }

    init(_ text: String) { self.text = text }

    var testDescription: String {
        text.prefix(60).unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
    }
}

@Suite("Servers in trouble", .timeLimit(.minutes(3)))
struct TroubleTests {
    private static let short = HTTPRequest.Timeouts(total: .milliseconds(300))

    @Test("Nobody listens: not sent, worth another try")
    func refused() async throws {
        let closed = try ClosedPort()
        let client = HTTPClient()
        let error = try await failure(of: client, HTTPRequest(url: "http://127.0.0.1:\(closed.port)/x?secret=1"))
        #expect(error.code == .couldNotConnect)
        #expect(error.curlCode == 7)
        #expect(!error.mayHaveReachedServer)
        #expect(error.isTransient)
        #expect(error.method == .get)
        #expect(error.url == "http://127.0.0.1:\(closed.port)/x")
        #expect(error.description.hasPrefix("GET http://127.0.0.1:\(closed.port)/x: couldNotConnect: "))
        await client.close()
    }

    @Test("A name that has no address")
    func unresolvable() async throws {
        // A label of more than 63 letters is refused by the resolver itself: nothing is asked of any server.
        let client = HTTPClient()
        let error = try await failure(of: client, HTTPRequest(url: "http://\(String(repeating: "a", count: 70)).test/"))
        #expect(error.code == .couldNotResolve)
        #expect(!error.mayHaveReachedServer)
        #expect(error.isTransient)
        await client.close()
    }

    @Test("A connection that is never accepted runs into the connect limit, unsent")
    func connectTimeout() async throws {
        let (listener, port) = try makeListener(backlog: 0)
        // Fill the queue: Linux lets one more in than the backlog says, and then drops what knocks.
        var fillers: [Int32] = []
        for _ in 0..<4 {
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            var address = loopback(port: port)
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            fillers.append(filler)
        }
        let client = HTTPClient()
        let request = HTTPRequest(
            method: .post,
            url: "http://127.0.0.1:\(port)/",
            timeouts: .init(connect: .milliseconds(200), total: .seconds(30))
        )
        let error = try await failure(of: client, request)
        #expect(error.code == .timedOut)
        #expect(!error.mayHaveReachedServer)
        #expect(error.isTransient)
        await client.close()
        for descriptor in fillers + [listener] {
            close(descriptor)
        }
    }

    @Test("No answer at all runs into the total limit, and the connection is given up")
    func silence() async throws {
        let gone = Gate()
        try await withServer({ connection in
            _ = connection.readRequest()
            connection.waitForClose()
            gone.signal()
        }) { server, client in
            let error = try await failure(of: client, HTTPRequest(url: server.url(), timeouts: Self.short))
            #expect(error.code == .timedOut)
            #expect(error.mayHaveReachedServer)
            #expect(error.isTransient)
            await gone.wait()
            #expect(client.statistics.transfersInFlight == 0)
        }
    }

    @Test("An answer that drips runs into the total limit too")
    func drip() async throws {
        try await withServer({ connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            while connection.write("x") {
                usleep(50_000)
            }
        }) { server, client in
            let error = try await failure(of: client, HTTPRequest(url: server.url(), timeouts: Self.short))
            #expect(error.code == .timedOut)
        }
    }

    @Test("Silence in the middle of an answer runs into the idle limit where there is one")
    func idle() async throws {
        try await withServer({ connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
            connection.waitForClose()
        }) { server, client in
            let timeouts = HTTPRequest.Timeouts(total: nil, idle: .milliseconds(200))
            let error = try await failure(of: client, HTTPRequest(url: server.url(), timeouts: timeouts))
            #expect(error.code == .timedOut)
            #expect(error.mayHaveReachedServer)
        }
    }

    @Test("What waits for a free place runs into the total limit unsent")
    func waitingTimesOut() async throws {
        let arrived = Gate()
        try await withServer(
            configuration: .init(maximumConcurrentTransfers: 1),
            { connection in
                _ = connection.readRequest()
                arrived.signal()
                connection.waitForClose()
            }
        ) { server, client in
            let first = Task { try await client.send(HTTPRequest(url: server.url())) }
            await arrived.wait()
            let request = HTTPRequest(method: .post, url: server.url(), timeouts: Self.short)
            let error = try await failure(of: client, request)
            #expect(error.code == .timedOut)
            #expect(!error.mayHaveReachedServer)
            first.cancel()
            _ = await first.result
        }
    }

    @Test("What waits for a connection to its host runs into the total limit unsent")
    func waitingForConnectionTimesOut() async throws {
        let arrived = Gate()
        try await withServer(
            configuration: .init(maximumConnectionsPerHost: 1),
            { connection in
                _ = connection.readRequest()
                arrived.signal()
                connection.waitForClose()
            }
        ) { server, client in
            let first = Task { try await client.send(HTTPRequest(url: server.url())) }
            await arrived.wait()
            let request = HTTPRequest(method: .post, url: server.url(), timeouts: Self.short)
            let error = try await failure(of: client, request)
            #expect(error.code == .timedOut)
            #expect(!error.mayHaveReachedServer)
            first.cancel()
            _ = await first.result
        }
    }

    @Test(
        "An answer that is cut is never taken for a whole one",
        arguments: [
            Answer(""), "HTT", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Le",
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123456789",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "HTTP/1.1 103 Early Hints\r\n\r\n",
        ],
        [false, true]
    )
    func cut(answer: Answer, reset: Bool) async throws {
        try await withServer({ connection in
            _ = connection.readRequest()
            connection.write(answer.text)
            if reset { connection.reset() }
        }) { server, client in
            let error = try await failure(of: client, HTTPRequest(method: .post, url: server.url()))
            #expect(error.code == .cut, "\(error)")
            #expect(error.mayHaveReachedServer)
            #expect(error.isTransient)
        }
    }

    @Test("A body that ends with its connection is whole")
    func closeDelimited() async throws {
        try await withServer({ connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\r\nall there is")
        }) { server, client in
            let response = try await client.send(HTTPRequest(url: server.url()))
            #expect(text(response.body) == "all there is")
        }
    }

    @Test(
        "Garbage is a bad answer",
        arguments: [
            Answer("SSH-2.0-OpenSSH_9.2\r\n"), "\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\r\n\r\n",
            "<html>hello</html>\r\n\r\n",
            "HTTP/1.1 banana\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
            Answer("HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 70_000) + "\r\n\r\n"),
        ]
    )
    func garbage(answer: Answer) async throws {
        try await withServer({ connection in
            _ = connection.readRequest()
            connection.write(answer.text)
            connection.waitForClose()
        }) { server, client in
            let error = try await failure(of: client, HTTPRequest(url: server.url()))
            #expect(error.code == .badAnswer, "\(error)")
            #expect(error.mayHaveReachedServer)
            #expect(!error.description.contains("OpenSSH"))
        }
    }

    @Test(
        "A body over the limit is refused, with its length announced or not; one of just the limit is not",
        arguments: ["Content-Length: COUNT", "Transfer-Encoding: chunked", "Connection: close"]
    )
    func bodyLimit(framing: String) async throws {
        try await withServer(
            answering { connection, request in
                let count = Int(request.target.dropFirst()) ?? 0
                let body = String(repeating: "x", count: count)
                let header = framing.replacing("COUNT", with: "\(count)")
                let isChunked = framing.contains("chunked")
                let chunk = count == 0 ? "" : "\(String(count, radix: 16))\r\n\(body)\r\n"
                let framed = isChunked ? "\(chunk)0\r\n\r\n" : body
                return connection.write("HTTP/1.1 200 OK\r\n\(header)\r\n\r\n\(framed)") && !framing.contains("close")
            }
        ) { server, client in
            let whole = try await client.send(HTTPRequest(url: server.url("/100000"), maximumBodyBytes: 100_000))
            #expect(whole.body.count == 100_000)
            let error = try await failure(
                of: client,
                HTTPRequest(url: server.url("/100001"), maximumBodyBytes: 100_000)
            )
            #expect(error.code == .bodyTooLarge)
            #expect(error.message.contains("100000"))
            #expect(error.mayHaveReachedServer)
            #expect(!error.isTransient)
            let empty = try await client.send(HTTPRequest(url: server.url("/0"), maximumBodyBytes: 0))
            #expect(empty.body.isEmpty)
        }
    }

    /// libcurl itself sends any request again when a kept connection breaks before an answer.
    @Test("On a kept connection that breaks, GET is sent again and POST is not", arguments: [nil, "body"])
    func brokenKeptConnection(body: String?) async throws {
        let seen = Seen()
        try await withServer({ connection in
            // One answer for each connection; the second request is read, acted on, and never answered.
            guard let first = connection.readRequest() else { return }
            seen.add(first)
            connection.answer()
            if let second = connection.readRequest() { seen.add(second) }
        }) { server, client in
            _ = try await client.send(HTTPRequest(url: server.url("/1")))
            _ = try await client.send(HTTPRequest(url: server.url("/2")))
            #expect(seen.requests.map(\.target) == ["/1", "/2", "/2"])

            let post = HTTPRequest(method: .post, url: server.url("/3"), body: body.map { Array($0.utf8) })
            let error = try await failure(of: client, post)
            #expect(error.code == .cut)
            #expect(error.mayHaveReachedServer)
            #expect(seen.requests.map(\.target) == ["/1", "/2", "/2", "/3"])

            _ = try await client.send(HTTPRequest(url: server.url("/4")))
            var repeatable = post
            repeatable.url = server.url("/5")
            repeatable.isIdempotent = true
            _ = try await client.send(repeatable)
            #expect(seen.requests.map(\.target) == ["/1", "/2", "/2", "/3", "/4", "/5", "/5"])
            #expect(seen.requests.last?.body == (post.body ?? []))
        }
    }
}

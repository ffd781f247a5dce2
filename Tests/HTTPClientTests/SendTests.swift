import HTTPClient
import Testing

@Suite("Sending requests", .timeLimit(.minutes(3)))
struct SendTests {
    @Test("One connection serves requests that follow one another")
    func keepAlive() async throws {
        try await withServer(answering { connection, request in connection.answer(body: request.target) }) {
            server,
            client in
            for number in 0..<20 {
                let response = try await client.send(HTTPRequest(url: server.url("/\(number)")))
                #expect(response.status == 200)
                #expect(text(response.body) == "/\(number)")
                #expect(response.url == server.url("/\(number)"))
            }
            #expect(server.accepted == 1)
            #expect(client.statistics.transfersInFlight == 0)
            #expect(client.statistics.connectionsOpened == 1)
        }
    }

    @Test(
        "Method, headers and body arrive as given",
        arguments: [
            (HTTPRequest.Method.post, "{\"a\":1}", 1), (.patch, "x", 1), (.put, "put\u{0}me", 1), (.delete, "why", 1),
            (.post, "long", 500_000),
        ]
    )
    func bodies(method: HTTPRequest.Method, piece: String, repetitions: Int) async throws {
        let body = String(repeating: piece, count: repetitions)
        let seen = Seen()
        try await withServer(
            answering { connection, request in
                seen.add(request)
                return connection.answer(201, headers: ["X-One: a", "x-one: b", "Empty:"], body: "made")
            }
        ) { server, client in
            let headers = [
                HTTPHeader(name: "Authorization", value: "Bearer t"), HTTPHeader(name: "X-Empty", value: ""),
                HTTPHeader(name: "Content-Type", value: "application/json"),
            ]
            let request = HTTPRequest(
                method: method,
                url: server.url("/a?b=c#d"),
                headers: headers,
                body: Array(body.utf8)
            )
            let response = try await client.send(request)
            #expect(response.status == 201)
            #expect(response.headers.first("X-ONE") == "a")
            #expect(response.headers.all("X-One") == ["a", "b"])
            #expect(response.headers.first("empty") == "")
            #expect(response.headers.first("absent") == nil)
            #expect(text(response.body) == "made")
        }
        let request = try #require(seen.requests.first)
        #expect(seen.requests.count == 1)
        #expect(request.method == method.rawValue)
        #expect(request.target == "/a?b=c")
        #expect(request.headers["authorization"] == "Bearer t")
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["x-empty"] == "")
        #expect(request.headers["user-agent"] == "mendline")
        #expect(request.headers["expect"] == nil)
        #expect(request.body == Array(body.utf8))
    }

    @Test("Without a body, POST, PUT and PATCH say so, and no type is made up", arguments: HTTPRequest.Method.allCases)
    func emptyBodies(method: HTTPRequest.Method) async throws {
        let seen = Seen()
        try await withServer(
            answering { connection, request in
                seen.add(request)
                return connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        ) { server, client in
            let response = try await client.send(HTTPRequest(method: method, url: server.url()))
            #expect(response.body.isEmpty)
            // The connection is still good for another.
            _ = try await client.send(HTTPRequest(method: method, url: server.url()))
            #expect(server.accepted == 1)
        }
        let request = try #require(seen.requests.first)
        #expect(request.method == method.rawValue)
        #expect(request.headers["content-type"] == nil)
        let hasLength = [.post, .put, .patch].contains(method)
        #expect(request.headers["content-length"] == (hasLength ? "0" : nil))
    }

    @Test("HEAD has no body, whatever length is announced, and errors of the server are answers")
    func headAndStatuses() async throws {
        try await withServer(
            answering { connection, request in
                if request.method == "HEAD" {
                    return connection.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
                }
                let status = Int(request.target.dropFirst()) ?? 0
                let interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                if status == 204 || status == 304 {
                    return connection.write("\(interim)HTTP/1.1 \(status) No Content\r\n\r\n")
                }
                return connection.write(interim) && connection.answer(status, body: "b")
            }
        ) { server, client in
            let head = try await client.send(HTTPRequest(method: .head, url: server.url()))
            #expect(head.body.isEmpty)
            #expect(head.headers.first("content-length") == "99999999")
            for status in [200, 204, 304, 400, 401, 404, 429, 500, 503] {
                let response = try await client.send(HTTPRequest(url: server.url("/\(status)")))
                #expect(response.status == status)
                #expect(response.headers.first("link") == nil)
                #expect(text(response.body) == (status == 204 || status == 304 ? "" : "b"))
            }
            #expect(server.accepted == 1)
        }
    }

    @Test("Chunked bodies are put together, trailers left out")
    func chunked() async throws {
        try await withServer(
            answering { connection, _ in
                connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
                    && connection.write("2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n")
            }
        ) { server, client in
            for _ in 0..<2 {
                let response = try await client.send(HTTPRequest(url: server.url()))
                #expect(text(response.body) == "abcde")
                #expect(response.headers.first("x-trailer") == nil)
            }
            #expect(server.accepted == 1)
        }
    }

    @Test("500 requests at once share few connections and get their own answers")
    func manyAtOnce() async throws {
        let configuration = HTTPClient.Configuration(maximumConcurrentTransfers: 100, maximumConnectionsPerHost: 8)
        try await withServer(
            configuration: configuration,
            answering { connection, request in connection.answer(body: request.target + text(request.body)) }
        ) { server, client in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let body = number % 2 == 0 ? Array("\(number)".utf8) : nil
                        let request = HTTPRequest(
                            method: body == nil ? .get : .post,
                            url: server.url("/\(number)/"),
                            body: body
                        )
                        let response = try await client.send(request)
                        return text(response.body) == "/\(number)/" + text(body ?? [])
                    }
                }
                var right = 0
                for try await isRight in group where isRight {
                    right += 1
                }
                #expect(right == 500)
            }
            #expect(server.accepted <= 8)
            #expect(client.statistics.transfersInFlight == 0)
        }
    }

    @Test("A configured proxy gets the request, without waiting for the host's name")
    func proxy() async throws {
        let seen = Seen()
        let proxy = try RawServer(
            answering { connection, request in
                seen.add(request)
                return connection.answer(body: "by proxy")
            }
        )
        let client = HTTPClient(configuration: .init(proxy: "http://user:secretword@127.0.0.1:\(proxy.port)"))
        let response = try await client.send(HTTPRequest(url: "http://host.invalid/path"))
        #expect(text(response.body) == "by proxy")
        #expect(seen.requests.map(\.target) == ["http://host.invalid/path"])
        #expect(seen.requests.first?.headers["proxy-authorization"] != nil)
        await client.close()
        await proxy.stop()
    }
}

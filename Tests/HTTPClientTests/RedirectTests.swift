import HTTPClient
import Testing

@testable import HTTPClient

@Suite("Redirects", .timeLimit(.minutes(3)))
struct RedirectTests {
    private static let secret = [
        HTTPHeader(name: "Authorization", value: "Bearer topsecret"), HTTPHeader(name: "Cookie", value: "a=b"),
        HTTPHeader(name: "Coder-Session-Token", value: "topsecret2", isSensitive: true),
        HTTPHeader(name: "X-Plain", value: "plain"),
    ]

    @Test("By default a redirect is an error that says where it points")
    func refusedByDefault() async throws {
        let seen = Seen()
        try await withServer(
            answering { connection, request in
                seen.add(request)
                return connection.answer(302, headers: ["Location: /there?token=q"])
            }
        ) { server, client in
            let error = try await failure(of: client, HTTPRequest(method: .post, url: server.url("/here")))
            #expect(error.code == .redirectRefused)
            #expect(error.message.contains(server.url("/there")))
            #expect(!error.message.contains("token=q"))
            #expect(error.mayHaveReachedServer)
            #expect(!error.isTransient)
            #expect(seen.requests.map(\.target) == ["/here"])
        }
    }

    @Test("Within one server it is followed with everything, over its own connection")
    func followed() async throws {
        let seen = Seen()
        try await withServer(
            answering { connection, request in
                seen.add(request)
                guard request.target != "/c" else { return connection.answer(body: "here") }
                let next = request.target == "/a" ? "b" : "/c"
                return connection.answer(307, headers: ["Location: \(next)"], body: "moved")
            }
        ) { server, client in
            let request = HTTPRequest(
                method: .post,
                url: server.url("/a"),
                headers: Self.secret,
                body: [1, 2],
                redirects: 2
            )
            let response = try await client.send(request)
            #expect(text(response.body) == "here")
            #expect(response.url == server.url("/c"))
            #expect(seen.requests.map(\.target) == ["/a", "/b", "/c"])
            for request in seen.requests {
                #expect(request.method == "POST")
                #expect(request.body == [1, 2])
                #expect(request.headers["authorization"] == "Bearer topsecret")
                #expect(request.headers["coder-session-token"] == "topsecret2")
            }
            #expect(server.accepted == 1)

            var shorter = request
            shorter.redirects = 1
            let error = try await failure(of: client, shorter)
            #expect(error.code == .redirectRefused)
        }
    }

    @Test("To another port nothing sensitive goes along, also not on the way back")
    func otherOrigin() async throws {
        let seen = Seen()
        let other = try RawServer(
            answering { connection, request in
                seen.add(request)
                return connection.answer(302, headers: ["Location: \(request.headers["x-plain"] ?? "")"])
            }
        )
        let home = Seen()
        try await withServer(
            answering { connection, request in
                home.add(request)
                guard request.target == "/a" else { return connection.answer(body: "back") }
                return connection.answer(302, headers: ["Location: http://127.0.0.1:\(other.port)/b"])
            }
        ) { server, client in
            var headers = Self.secret
            headers[3].value = server.url("/back")
            let response = try await client.send(HTTPRequest(url: server.url("/a"), headers: headers, redirects: 2))
            #expect(text(response.body) == "back")
        }
        await other.stop()
        let foreign = try #require(seen.requests.first)
        let back = try #require(home.requests.last)
        #expect(home.requests.first?.headers["authorization"] == "Bearer topsecret")
        for request in [foreign, back] {
            #expect(request.headers["x-plain"] != nil)
            for name in ["authorization", "cookie", "coder-session-token"] {
                #expect(request.headers[name] == nil)
            }
        }
    }

    @Test("A redirect whose body never ends is followed all the same")
    func endlessRedirectBody() async throws {
        try await withServer(
            answering { connection, request in
                guard request.target == "/a" else { return connection.answer(body: "here") }
                connection.write("HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n")
                while connection.write(String(repeating: "x", count: 10_000)) {}
                return false
            }
        ) { server, client in
            let response = try await client.send(HTTPRequest(url: server.url("/a"), redirects: 1))
            #expect(text(response.body) == "here")
        }
    }

    // MARK: - The decision alone

    private static func hop(
        _ url: String,
        _ method: HTTPRequest.Method = .get,
        body: [UInt8]? = nil
    ) throws -> Hop {
        let headers = secret + [HTTPHeader(name: "Host", value: "h"), HTTPHeader(name: "Content-Type", value: "c")]
        return Hop(method: method, address: try Address(url), headers: headers, body: body)
    }

    @Test(
        "Statuses and the method that follows",
        arguments: [
            (301, HTTPRequest.Method.get, HTTPRequest.Method.get), (301, .post, .get), (301, .put, .put),
            (301, .head, .head), (302, .post, .get), (302, .delete, .delete), (303, .post, .get), (303, .put, .get),
            (303, .head, .head), (307, .post, .post), (308, .patch, .patch),
        ]
    )
    func methods(status: Int, before: HTTPRequest.Method, after: HTTPRequest.Method) throws {
        let body: [UInt8]? = before == .get || before == .head ? nil : [1]
        let next = try Self.hop("http://h/a", before, body: body).next(status: status, location: "/b", redirectsLeft: 1)
        guard case .follow(let hop) = next else {
            Issue.record("\(next)")
            return
        }
        #expect(hop.method == after)
        #expect(hop.body == (before == after ? body : nil))
        #expect(hop.headers.contains { $0.name == "Content-Type" } == (before == after))
        #expect(hop.headers.filter(\.isSensitive).count == 3)
        #expect(hop.address.text == "http://h/b")
    }

    @Test("No redirect: other statuses, or no Location", arguments: [200, 300, 304, 305, 306, 400])
    func delivered(status: Int) throws {
        let hop = try Self.hop("http://h/a")
        #expect(hop.next(status: status, location: "/b", redirectsLeft: 1) == .deliver)
        #expect(hop.next(status: 302, location: nil, redirectsLeft: 1) == .deliver)
    }

    @Test(
        "Places that secrets do not go to",
        arguments: [
            ("http://h/a", "http://other/"), ("http://h/a", "http://h:81/"), ("http://h/a", "https://h/"),
            ("http://h/a", "//other/b"), ("http://h/a", "http://h.other/"), ("https://h:80/", "https://h:443/"),
            ("http://h/a", "http://other\\@h/"), ("http://h/a", "http://h@other/"),
        ]
    )
    func stripped(from: String, to: String) throws {
        switch try Self.hop(from).next(status: 302, location: to, redirectsLeft: 1) {
        case .follow(let hop):
            #expect(!hop.headers.contains { $0.isSensitive || $0.name == "Host" })
            #expect(hop.headers.contains { $0.name == "X-Plain" })
        case .refuse:
            break
        case .deliver:
            Issue.record("not taken for a redirect")
        }
        let post = try Self.hop(from, .post, body: [1]).next(status: 307, location: to, redirectsLeft: 1)
        guard case .refuse = post else {
            Issue.record("a body went along: \(post)")
            return
        }
    }

    @Test(
        "The same place, written differently",
        arguments: [
            ("http://h/a", "http://H:80/b"), ("https://h/a", "https://h:443/b"), ("http://h/a", "//h/b"),
            ("http://h/a", "?q"), ("http://[::1]/a", "http://[::1]:80/"), ("http://u:p@h/a", "/b"),
        ]
    )
    func kept(from: String, to: String) throws {
        let next = try Self.hop(from).next(status: 302, location: to, redirectsLeft: 1)
        guard case .follow(let hop) = next else {
            Issue.record("\(next)")
            return
        }
        #expect(hop.headers.filter(\.isSensitive).count == 3)
    }

    @Test(
        "Never followed",
        arguments: [
            "ftp://h/", "file:///etc/passwd", "gopher://h/", "javascript:alert(1)", "http:///", "http://h:99999/",
            "http:h",
        ]
    )
    func neverFollowed(to: String) throws {
        let next = try Self.hop("http://h/a").next(status: 302, location: to, redirectsLeft: 1)
        guard case .refuse = next else {
            Issue.record("\(next)")
            return
        }
    }

    @Test("TLS is not given up")
    func downgrade() throws {
        let next = try Self.hop("https://h/a").next(status: 302, location: "http://h/a", redirectsLeft: 1)
        guard case .refuse(let reason) = next else {
            Issue.record("\(next)")
            return
        }
        #expect(reason.contains("TLS"))
    }
}

import HTTPClient
import Synchronization
import Testing

@Suite("TLS", .timeLimit(.minutes(3)))
struct TLSTests {
    @Test("A certificate of an unknown authority is refused, unsent")
    func selfSigned() async throws {
        try await withTLSServer(trusting: nil) { url, client in
            let error = try await failure(of: client, HTTPRequest(method: .post, url: url, body: [1]))
            #expect(error.code == .tls)
            #expect(error.curlCode == 60)
            #expect(!error.mayHaveReachedServer)
            #expect(!error.isTransient)
            #expect(error.message.contains("CA file"))
        }
    }

    @Test("With its authority's file it is accepted", arguments: [true, false])
    func trusted(system: Bool) async throws {
        try await withTLSServer(trusting: { .init(caFile: $0, trustsSystemCertificates: system) }) { url, client in
            let response = try await client.send(HTTPRequest(url: url))
            #expect(response.status == 200)
            #expect(text(response.body).contains("s_server"))
        }
    }

    @Test("A trusted certificate for another host is refused")
    func otherHost() async throws {
        try await withTLSServer(certificateFor: "DNS:other.test") { url, client in
            let error = try await failure(of: client, HTTPRequest(url: url))
            #expect(error.code == .tls)
            #expect(error.curlCode == 60)
            #expect(!error.mayHaveReachedServer)
        }
    }

    @Test("Versions before TLS 1.2 are refused")
    func oldVersion() async throws {
        try await withTLSServer(arguments: ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]) { url, client in
            let error = try await failure(of: client, HTTPRequest(url: url))
            #expect(error.code == .tls)
        }
    }

    @Test("HTTP/2 is offered in the handshake; one that breaks off is worth another try")
    func offersHTTP2() async throws {
        let hello = Mutex<[UInt8]>([])
        try await withServer({ connection in
            hello.withLock { $0 = connection.readSome() }
        }) { server, client in
            let error = try await failure(of: client, HTTPRequest(url: "https://127.0.0.1:\(server.port)/"))
            #expect(error.code == .tls)
            #expect(!error.mayHaveReachedServer)
            #expect(error.isTransient)
        }
        // The ALPN extension's list (RFC 7301): each name after its length.
        let offer = Array("\u{2}h2\u{8}http/1.1".utf8)
        #expect(hello.withLock { $0.firstRange(of: offer) } != nil)
    }

    @Test("A server that speaks no TLS")
    func noTLS() async throws {
        try await withServer({ connection in
            connection.write("HTTP/1.1 200 OK\r\n\r\n")
            connection.waitForClose()
        }) { server, client in
            let error = try await failure(of: client, HTTPRequest(url: "https://127.0.0.1:\(server.port)/"))
            #expect(error.code == .tls)
            #expect(!error.mayHaveReachedServer)
        }
    }

    private func withTLSServer(
        certificateFor address: String = "IP:127.0.0.1",
        arguments: [String] = [],
        trusting configuration: ((String) -> HTTPClient.Configuration)? = { .init(caFile: $0) },
        test: (String, HTTPClient) async throws -> Void
    ) async throws {
        let server = try await TLSServer(certificateFor: address, arguments: arguments)
        let client = HTTPClient(configuration: configuration?(server.caFile) ?? .init())
        do {
            try await test("https://127.0.0.1:\(server.port)/", client)
        } catch {
            await client.close()
            await server.stop()
            throw error
        }
        await client.close()
        await server.stop()
    }
}

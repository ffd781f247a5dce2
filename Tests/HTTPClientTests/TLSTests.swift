import HTTPClient
import Testing

@Suite("TLS", .timeLimit(.minutes(1)))
struct TLSTests {
    @Test("A certificate of an unknown authority is refused, unsent")
    func selfSigned() async throws {
        let server = try TLSServer()
        let client = HTTPClient()
        let request = HTTPRequest(method: .post, url: "https://127.0.0.1:\(server.port)/", body: [1])
        let error = try await failure(of: client, request)
        #expect(error.code == .tls)
        #expect(error.curlCode == 60)
        #expect(!error.mayHaveReachedServer)
        #expect(!error.isTransient)
        #expect(error.message.contains("CA file"))
        await client.close()
        _ = server.stop()
    }

    @Test("With its authority's file it is accepted, and HTTP/2 is offered", arguments: [true, false])
    func trusted(system: Bool) async throws {
        // It chooses HTTP/1.1 and prints what else was offered.
        let server = try TLSServer(arguments: ["-www", "-alpn", "http/1.1"])
        let client = HTTPClient(configuration: .init(caFile: server.caFile, trustsSystemCertificates: system))
        let response = try await client.send(HTTPRequest(url: "https://127.0.0.1:\(server.port)/"))
        #expect(response.status == 200)
        #expect(text(response.body).contains("s_server"))
        await client.close()
        let printed = server.stop()
        #expect(printed.contains("h2, http/1.1"), "\(printed)")
    }

    @Test("A trusted certificate for another host is refused")
    func otherHost() async throws {
        let server = try TLSServer(certificateFor: "DNS:other.test")
        let client = HTTPClient(configuration: .init(caFile: server.caFile))
        let error = try await failure(of: client, HTTPRequest(url: "https://127.0.0.1:\(server.port)/"))
        #expect(error.code == .tls)
        #expect(error.curlCode == 60)
        #expect(!error.mayHaveReachedServer)
        await client.close()
        _ = server.stop()
    }

    @Test("A server that speaks no TLS, and one that closes in the handshake", arguments: ["HTTP/1.1 200 OK\r\n\r\n", ""])
    func noTLS(answer: String) async throws {
        try await withServer({ connection in
            connection.write(answer)
            if !answer.isEmpty { connection.waitForClose() }
        }) { server, client in
            let error = try await failure(of: client, HTTPRequest(url: "https://127.0.0.1:\(server.port)/"))
            #expect(error.code == .tls)
            #expect(!error.mayHaveReachedServer)
        }
    }

    @Test("Versions before TLS 1.2 are refused")
    func oldVersion() async throws {
        let server = try TLSServer(arguments: ["-www", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
        let client = HTTPClient(configuration: .init(caFile: server.caFile))
        let error = try await failure(of: client, HTTPRequest(url: "https://127.0.0.1:\(server.port)/"))
        #expect(error.code == .tls)
        await client.close()
        _ = server.stop()
    }
}

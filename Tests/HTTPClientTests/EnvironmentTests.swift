import Foundation
import HTTPClient
import Testing

@Suite("The environment", .timeLimit(.minutes(3)))
struct EnvironmentTests {
    @Test("Proxies of the environment are not asked")
    func environmentProxy() async {
        // In a process of its own: the environment belongs to all tests of this one.
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
                setenv(name, "http://127.0.0.1:1", 1)
            }
            try await withServer(answering { connection, _ in connection.answer(body: "direct") }) { server, client in
                let response = try await client.send(HTTPRequest(url: server.url()))
                #expect(text(response.body) == "direct")
            }
        }
    }

    @Test("The exclusions of the environment are not asked either")
    func environmentNoProxy() async {
        await #expect(processExitsWith: .success) {
            for name in ["no_proxy", "NO_PROXY"] {
                setenv(name, "*", 1)
            }
            let proxy = try RawServer(answering { connection, _ in connection.answer(body: "by proxy") })
            let client = HTTPClient(configuration: .init(proxy: "http://127.0.0.1:\(proxy.port)"))
            let response = try await client.send(HTTPRequest(url: "http://host.invalid/"))
            #expect(text(response.body) == "by proxy")
            await client.close()
            await proxy.stop()
        }
    }
}

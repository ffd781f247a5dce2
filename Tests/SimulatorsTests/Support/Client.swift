import Foundation
import FoundationNetworking
import TestSupport

/// An answer as a client sees it.
struct Answer: Sendable {
    let status: Int
    let body: Data
    let headers: [String: String]

    /// The body as JSON.
    var json: Tree { (try? JSONDecoder().decode(Tree.self, from: body)) ?? .null }

    func header(_ name: String) -> String? {
        headers.first { $0.key.lowercased() == name.lowercased() }?.value
    }

    func at(_ path: String) -> Tree? { json.at(path) }
}

/// A client of a simulator.
///
/// It shares nothing with Mendline's own clients.
struct Client: Sendable {
    let url: String
    var headers: [String: String] = [:]
    /// Where every answer is kept for the check against the swagger.
    var record: Recorder?
    let session: URLSession

    init(url: String, headers: [String: String] = [:], record: Recorder? = nil) {
        self.url = url
        self.headers = headers
        self.record = record
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = 64
        configuration.timeoutIntervalForRequest = 30
        session = URLSession(configuration: configuration)
    }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: The path and query, encoded.
    ///   - body: The body's text.
    ///   - extra: Headers beside the client's own.
    ///   - route: The route's path in the swagger, to have the answer checked.
    ///   - timeout: How many seconds the answer may take.
    /// - Returns: The answer, whatever its status.
    /// - Throws: `URLError` where there is none.
    @discardableResult
    func send(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        headers extra: [String: String] = [:],
        route: String? = nil,
        timeout: TimeInterval? = nil
    ) async throws -> Answer {
        guard let target = URL(string: url + path) else { throw URLError(.badURL) }
        var request = URLRequest(url: target)
        request.httpMethod = method
        if let timeout { request.timeoutInterval = timeout }
        for (name, value) in headers.merging(extra, uniquingKeysWith: { $1 }) {
            request.setValue(value, forHTTPHeaderField: name)
        }
        if let body {
            request.httpBody = Data(body.utf8)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await session.data(for: request)
        guard let http = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        var headers: [String: String] = [:]
        for (name, value) in http.allHeaderFields { headers["\(name)"] = "\(value)" }
        let answer = Answer(status: http.statusCode, body: data, headers: headers)
        if let route { record?.add(method: method, route: route, answer: answer) }
        return answer
    }

    /// Closes the connections.
    func close() { session.invalidateAndCancel() }

    func get(_ path: String, route: String? = nil) async throws -> Answer {
        try await send("GET", path, route: route)
    }

    func post(_ path: String, _ body: String? = nil, route: String? = nil) async throws -> Answer {
        try await send("POST", path, body, route: route)
    }

    /// Changes the simulator's faults.
    func faults(_ patch: String) async throws {
        let answer = try await send("PATCH", "/_simulator/faults", patch)
        guard answer.status == 200 else {
            throw TestFailure("faults were refused: \(String(decoding: answer.body, as: UTF8.self))")
        }
    }

    /// The simulator's counts.
    func counts() async throws -> Tree { try await get("/_simulator/counts").json }
}

import HTTPClient
import Messages

/// Calls a server under test.
struct Caller: Sendable {
    let base: String
    let http: HTTPClient
    var token: String?

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        /// Null where the body is no JSON.
        var json: JSONValue { (try? MessageCoding.decode(JSONValue.self, from: body)) ?? .null }
    }

    func get(_ path: String) async throws -> Answer { try await call(.get, path) }

    func post(_ path: String, _ json: JSONValue, prefer: String? = nil) async throws -> Answer {
        try await call(.post, path, body: try MessageCoding.encode(json), prefer: prefer)
    }

    func call(
        _ method: HTTPRequest.Method,
        _ path: String,
        body: [UInt8]? = nil,
        type: String? = "application/json",
        prefer: String? = nil
    ) async throws -> Answer {
        var headers: [HTTPHeader] = []
        if body != nil, let type { headers.append(HTTPHeader(name: "Content-Type", value: type)) }
        if let prefer { headers.append(HTTPHeader(name: "Prefer", value: prefer)) }
        if let token { headers.append(HTTPHeader(name: "Authorization", value: "Bearer \(token)")) }
        let response = try await http.send(
            HTTPRequest(method: method, url: base + path, headers: headers, body: body)
        )
        return Answer(status: response.status, headers: response.headers, body: response.body)
    }
}

extension JSONValue {
    var integer: Int? { if case .integer(let value) = self { Int(value) } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var members: [String: JSONValue] { if case .object(let members) = self { members } else { [:] } }
}

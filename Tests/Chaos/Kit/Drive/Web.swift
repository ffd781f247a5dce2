import HTTPClient
import Messages
import TestSupport

/// Calls of a server of the run.
struct Web: Sendable {
    let base: String
    let http: HTTPClient

    /// The status alone; nil where there is no answer.
    func status(_ path: String) async -> Int? {
        let request = HTTPRequest(url: base + path, timeouts: .init(connect: .seconds(1), total: .seconds(2)))
        return try? await http.send(request).status
    }

    /// What keeps Mendline from its work, as intake says it; empty where it does not answer.
    func problems() async -> [String] {
        let request = HTTPRequest(url: base + "/ready", timeouts: .init(connect: .seconds(1), total: .seconds(2)))
        guard let response = try? await http.send(request),
            let json = try? MessageCoding.decode(JSONValue.self, from: response.body)
        else { return [] }
        return json["problems"]?.elements.compactMap(\.string) ?? []
    }

    /// JSON that is answered with 200.
    func json(_ path: String, _ method: HTTPRequest.Method = .get, body: JSONValue? = nil) async throws -> JSONValue {
        let response = try await http.send(
            HTTPRequest(
                method: method,
                url: base + path,
                headers: body == nil ? [] : [HTTPHeader(name: "Content-Type", value: "application/json")],
                body: try body.map { try MessageCoding.encode($0) },
                maximumBodyBytes: 256 << 20
            )
        )
        guard response.status == 200 else {
            throw TestFailure(
                "\(method) \(base)\(path): \(response.status) \(String(decoding: response.body, as: UTF8.self))"
            )
        }
        return try MessageCoding.decode(JSONValue.self, from: response.body)
    }
}

extension JSONValue {
    var integer: Int? { if case .integer(let value) = self { Int(value) } else { nil } }
    var flag: Bool? { if case .bool(let value) = self { value } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var members: [String: JSONValue] { if case .object(let members) = self { members } else { [:] } }
    /// A time as milliseconds.
    var milliseconds: Int64? { string.flatMap { Timestamp($0)?.milliseconds } }
}

import Foundation
import HTTPClient
import Messages
import TestSupport
import Testing

/// The incident simulator as a process of its own, on a free port.
struct RunningSimulator {
    static let key = "stream-a-canary-7f3kq2m9"

    let url: String
    let http: HTTPClient

    /// Runs the simulator for the time of the body.
    static func with(_ arguments: [String] = [], _ body: (RunningSimulator) async throws -> Void) async throws {
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("simulator-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: output) }
        let program = try Program(
            "incident-simulator",
            ["--listen", "127.0.0.1:0"] + arguments,
            environment: ["INCIDENT_SIMULATOR_KEY": key],
            output: output.path
        )
        let url = try await program.address()
        let http = HTTPClient()
        try await doing {
            try await body(RunningSimulator(url: url, http: http))
        } finally: {
            await http.close()
            await program.end()
        }
    }

    /// What the simulator did for an incident.
    func effects(_ incident: String) async throws -> (comments: Int64, patches: Int64) {
        let counts = try await get("/_simulator/counts", authorized: false)
        guard let all = counts["incidents"]?[incident] else { return (0, 0) }
        return (all["comments"]?.integer ?? 0, all["patches"]?.integer ?? 0)
    }

    /// How many requests with this method came in, whatever became of them.
    func requests(_ method: String) async throws -> Int64 {
        let counts = try await get("/_simulator/counts", authorized: false)
        guard case .object(let routes) = counts["requests"] else { return 0 }
        return routes.filter { $0.key.hasPrefix("\(method) /api") }.values.reduce(0) {
            $0 + ($1["received"]?.integer ?? 0)
        }
    }

    /// Changes what goes wrong.
    func setFaults(_ json: String) async throws {
        let response = try await http.send(
            HTTPRequest(
                method: .patch,
                url: "\(url)/_simulator/faults",
                headers: [HTTPHeader(name: "Content-Type", value: "application/json")],
                body: Array(json.utf8)
            )
        )
        guard response.status == 200 else {
            throw TestFailure(String(decoding: response.body, as: UTF8.self))
        }
    }

    /// An answer's body.
    func get(_ path: String, authorized: Bool = true) async throws -> JSONValue {
        let headers = authorized ? [HTTPHeader(name: "Authorization", value: "Bearer \(Self.key)")] : []
        let response = try await http.send(HTTPRequest(url: url + path, headers: headers))
        return try MessageCoding.decode(JSONValue.self, from: response.body)
    }
}

extension JSONValue {
    /// The whole number, where this is one.
    var integer: Int64? { if case .integer(let whole) = self { whole } else { nil } }
    /// The elements, where this is an array.
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}

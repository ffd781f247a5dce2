import Foundation
import HTTPClient
import Messages
import Topology

/// What the simulator of Coder has counted.
struct CoderCounts: Sendable, Decodable {
    struct Route: Sendable, Decodable {
        var received: Int
    }

    struct Effects: Sendable, Decodable {
        var scriptStarts: Int

        private enum CodingKeys: String, CodingKey { case scriptStarts = "script_starts" }
    }

    struct Incident: Sendable, Decodable {
        /// Nil where its script has not ended.
        var scriptEndedAt: Timestamp?

        private enum CodingKeys: String, CodingKey { case scriptEndedAt = "script_ended_at" }
    }

    /// The path that got the most requests within one of Coder's minutes.
    struct BusiestPath: Sendable, Codable, Hashable {
        var path: String
        var requestsPerMinute: Int

        private enum CodingKeys: String, CodingKey {
            case path
            case requestsPerMinute = "requests_per_minute"
        }
    }

    /// By method and route.
    var requests: [String: Route]
    var busiestPath: BusiestPath?
    var effects: Effects
    var incidents: [String: Incident]

    private enum CodingKeys: String, CodingKey {
        case requests, effects, incidents
        case busiestPath = "busiest_path"
    }

    /// The calls of Coder's API.
    var calls: Int { requests.filter { $0.key.contains(" /api/v2/") }.values.reduce(0) { $0 + $1.received } }

    /// How often workspaces were listed.
    var listCalls: Int { requests["GET /api/v2/workspaces"]?.received ?? 0 }

    /// How many scripts run now.
    var running: Int { effects.scriptStarts - incidents.values.count { $0.scriptEndedAt != nil } }
}

extension BenchTopology {
    /// What the simulator of Coder has counted.
    func coderCounts() async throws -> CoderCounts { try await counts(of: SimulatorPrograms.coder) }

    /// How many incidents the simulator of the incident system has got the last status of.
    func reported() async throws -> Int {
        let counts: IncidentCounts = try await counts(of: SimulatorPrograms.incident)
        return counts.effects.patches
    }

    /// How long a list of all our workspaces is; nil where Coder does not give one.
    func listBytes() async throws -> Int? {
        let token = try String(contentsOfFile: topology.coder.tokenFile ?? "", encoding: .utf8)
        let response = try await http.send(
            HTTPRequest(
                url: "\(url(of: SimulatorPrograms.coder))/api/v2/workspaces?q=owner%3Ame%20name%3Am-",
                headers: [
                    HTTPHeader(
                        name: "Coder-Session-Token",
                        value: token.trimmingCharacters(in: .whitespacesAndNewlines)
                    )
                ],
                timeouts: Self.patient,
                maximumBodyBytes: Self.largest
            )
        )
        return response.status == 200 ? response.body.count : nil
    }

    private func counts<Counts: Decodable>(of simulator: String) async throws -> Counts {
        let response = try await http.send(
            HTTPRequest(
                url: "\(url(of: simulator))/_simulator/counts",
                timeouts: Self.patient,
                maximumBodyBytes: Self.largest
            )
        )
        return try JSONDecoder().decode(Counts.self, from: Data(response.body))
    }

    /// There is a member for each incident, and Coder may be busy.
    private static let patient = HTTPRequest.Timeouts(total: .seconds(60))
    private static let largest = 256 << 20
}

/// What the simulator of the incident system has counted.
private struct IncidentCounts: Decodable {
    struct Effects: Decodable {
        var patches: Int
    }

    var effects: Effects
}

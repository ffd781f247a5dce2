import CoderAPI
import Foundation
import HTTPClient
import Messages
import Topology

/// Coder and the incident system of a stage under test: the simulators, and what one asks and tells them.
struct OutsideSystems: Sendable {
    /// What happened for one incident, as the simulators count it.
    struct Effects: Hashable, Sendable {
        var creates = 0
        var stops = 0
        var deletes = 0
        var comments = 0
        var patches = 0

        var total: Int { creates + stops + deletes + comments + patches }
    }

    let coderURL: String
    let incidentURL: String
    let http: HTTPClient
    let coder: CoderClient

    /// The systems at these addresses.
    init(coderURL: String, incidentURL: String, token: String) {
        self.coderURL = coderURL
        self.incidentURL = incidentURL
        let http = HTTPClient(
            configuration: .init(maximumConcurrentTransfers: 32, maximumConnectionsPerHost: 32)
        )
        self.http = http
        coder = CoderClient(http: http, configuration: .init(baseURL: coderURL) { token })
    }

    func close() async { await http.close() }

    /// Makes a workspace as Mendline's provisioner would, for a stage that takes it over.
    func makeWorkspace(_ context: DeliveryContext, template: String) async throws -> WorkspaceCreated {
        let workspace = try await coder.createWorkspace(
            NewWorkspace(
                name: context.workspaceName,
                templateID: try await coder.templateID(named: template),
                parameters: [
                    "incident_id": context.incident.incidentID, "installation": context.installation,
                    "service_name": context.incident.serviceName, "severity": context.incident.severity,
                    "description": "made for a check", "playbook": "high-cpu", "timeout_seconds": "600",
                    "script": "high_cpu_fix.sh",
                ],
                ttlMilliseconds: 3_600_000
            )
        )
        return WorkspaceCreated(
            workspaceID: workspace.id,
            workspaceName: workspace.name,
            url: "\(coderURL)/@me/\(workspace.name)",
            buildID: workspace.latestBuild.id,
            template: template,
            adopted: false
        )
    }

    /// Erases the workspaces that these deliveries spoke of, so that Coder's list does not grow with their number.
    func clearAway(_ deliveries: [GoldenDelivery]) async throws {
        for workspace in deliveries.compactMap(\.context.workspace?.workspaceID) {
            _ = try await coder.requestBuild(.delete, of: workspace)
        }
    }

    /// What the simulators have counted for each incident.
    func effects() async throws -> [String: Effects] {
        var effects: [String: Effects] = [:]
        for (incident, counts) in try await counts(coderURL) {
            effects[incident, default: Effects()].creates = counts["creates"]?.count ?? 0
            effects[incident, default: Effects()].stops = counts["stops"]?.count ?? 0
            effects[incident, default: Effects()].deletes = counts["deletes"]?.count ?? 0
        }
        for (incident, counts) in try await counts(incidentURL) {
            effects[incident, default: Effects()].comments = counts["comments"]?.count ?? 0
            effects[incident, default: Effects()].patches = counts["patches"]?.count ?? 0
        }
        return effects
    }

    /// Has nothing outside take longer than it must.
    func hurry() async throws {
        try await patch(coderURL, ["agent_time": .string("10ms"), "builders": .integer(64)])
        try await setPace(builds: "20ms")
    }

    /// Has Coder's builds take so long, and the answers to whoever changes something.
    func setPace(builds: String, answers: String = "0s") async throws {
        try await patch(coderURL, ["build_time": .string(builds), "hold_answer": .string(answers)])
        try await patch(incidentURL, ["hold_answer": .string(answers)])
    }

    private func counts(_ url: String) async throws -> [String: JSONValue] {
        let response = try await http.send(HTTPRequest(url: "\(url)/_simulator/counts", maximumBodyBytes: 256 << 20))
        let body = try MessageCoding.decodeChecked(JSONValue.self, from: Data(response.body))
        guard case .object(let incidents) = body["incidents"] else { return [:] }
        return incidents
    }

    private func patch(_ url: String, _ faults: [String: JSONValue]) async throws {
        let response = try await http.send(
            HTTPRequest(
                method: .patch,
                url: "\(url)/_simulator/faults",
                body: try MessageCoding.encode(JSONValue.object(faults))
            )
        )
        guard response.status == 200 else {
            throw CommandFailure(
                "the simulator at \(url) refused its faults: \(String(decoding: response.body, as: UTF8.self))"
            )
        }
    }
}

extension JSONValue {
    /// The value as a count.
    fileprivate var count: Int? {
        guard case .integer(let number) = self else { return nil }
        return Int(number)
    }
}

import HTTPClient
import Foundation

/// What `POST /remediate` takes.
struct IncidentRequest: Encodable, Hashable, Sendable {
    var incidentID: String
    var serviceName: String
    var severity: String
    var description: String
    var targetServiceToken: String?
    var labels: [String: String]?

    private enum CodingKeys: String, CodingKey {
        case severity, description, labels
        case incidentID = "incident_id"
        case serviceName = "service_name"
        case targetServiceToken = "target_service_token"
    }
}

extension IncidentRequest: CustomStringConvertible, CustomReflectable {
    // The token must not be printed by accident, neither by `print` nor by `dump`.
    var customMirror: Mirror { Mirror(self, children: ["incidentID": incidentID]) }
}

/// What intake made of an incident.
enum RemediateAnswer: Hashable, Sendable {
    /// 201: the workspace exists.
    case created(Created)
    /// 202: stored, and not further yet.
    case accepted(state: String)
    /// 200: it was known already.
    case known(state: String?, verdict: String?)
    /// 400 with reasons: stored, and no machine may deal with it.
    case declined(ProblemDetails)
    /// 502 with a diagnosis: stored, and there could be no workspace.
    case notProvisioned(ProblemDetails)

    struct Created: Decodable, Hashable, Sendable {
        var incidentID: String
        var workspaceID: String?
        var workspaceName: String?
        var status: String?
        var url: String?

        private enum CodingKeys: String, CodingKey {
            case status, url
            case incidentID = "incident_id"
            case workspaceID = "workspace_id"
            case workspaceName = "workspace_name"
        }
    }

    private struct Present: Decodable {
        var state: String?
        var verdict: String?
    }

    /// Reads an answer; nil where it is an error.
    static func read(_ response: HTTPResponse) throws -> RemediateAnswer? {
        let body = Data(response.body)
        switch response.status {
        case 201: return .created(try JSONDecoder().decode(Created.self, from: body))
        case 202: return .accepted(state: try JSONDecoder().decode(Present.self, from: body).state ?? "waiting")
        case 200:
            let present = try JSONDecoder().decode(Present.self, from: body)
            return .known(state: present.state, verdict: present.verdict)
        case 400:
            guard let problem = ProblemDetails(response.body), problem.reasons != nil else { return nil }
            return .declined(problem)
        case 502:
            // Without a diagnosis it is the word of a proxy before intake, and says nothing about the incident.
            guard let problem = ProblemDetails(response.body), problem.diagnosis != nil else { return nil }
            return .notProvisioned(problem)
        default: return nil
        }
    }
}

import HTTPClient
import Hummingbird
import Ledger
import Messages

/// What `POST /remediate` answers, decided from what the ledger knows of the incident.
enum RemediateAnswer {
    /// Where an incident is, for a client that waits.
    struct Progress: Encodable {
        var incidentID: String
        var state = IncidentState.waiting
        var verdict: Verdict?
        var workspace: WorkspaceReference?
        var exitCode: Int?

        private enum Key: String, CodingKey {
            case status, state, verdict, url
            case incidentID = "incident_id"
            case workspaceID = "workspace_id"
            case workspaceName = "workspace_name"
            case exitCode = "exit_code"
        }

        func encode(to encoder: any Encoder) throws {
            // `provisioning` once the workspace exists; else the incident's state.
            let status = workspace != nil && !state.isTerminal ? "provisioning" : state.rawValue
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(incidentID, forKey: .incidentID)
            try container.encode(status, forKey: .status)
            try container.encode(state, forKey: .state)
            try container.encode(verdict, forKey: .verdict)
            try container.encodeIfPresent(workspace?.workspaceID, forKey: .workspaceID)
            try container.encodeIfPresent(workspace?.workspaceName, forKey: .workspaceName)
            try container.encodeIfPresent(workspace?.url, forKey: .url)
            try container.encodeIfPresent(exitCode, forKey: .exitCode)
        }

        func response(_ code: HTTPResponse.Status) throws -> Response {
            var response = try Answer.json(self, status: code)
            response.headers[.location] = "/incidents/\(incidentID.percentEncoded)"
            return response
        }
    }

    /// The answer for an incident that was accepted just now, and not looked at since.
    static func stored(_ incident: String) throws -> Response {
        try Progress(incidentID: incident).response(.accepted)
    }

    /// Whether there is something better to answer than "still working".
    static func isSettled(_ record: IncidentRecord) -> Bool { record.workspace != nil || record.state.isTerminal }

    /// The answer for an incident as it is now.
    ///
    /// - Parameters:
    ///   - record: what the ledger knows of it.
    ///   - isNew: whether this request brought it; a repeated one is answered 200 where a new one would be 201 or 202.
    ///   - refusal: why it was declined, where it was.
    /// - Returns: the answer of an incident that goes its way.
    /// - Throws: ``Problem`` where it was declined or could not be provisioned.
    static func make(_ record: IncidentRecord, isNew: Bool, refusal: IncidentDeclined?) throws -> Response {
        if record.state == .declined {
            var problem = Problem(
                .badRequest,
                "declined",
                "Not remediated by machine",
                refusal?.reasons.map(\.message).joined(separator: " ") ?? "declined"
            )
            problem.reasons = refusal?.reasons
            problem.incidentID = record.id
            throw problem
        }
        if record.verdict == .provisioningFailed {
            var problem = Problem(
                .badGateway,
                "provisioning-failed",
                "The workspace could not be provisioned",
                record.diagnosis?.summary ?? "Coder gave no cause; look at its build log"
            )
            problem.diagnosis = record.diagnosis
            problem.incidentID = record.id
            throw problem
        }
        let code: HTTPResponse.Status =
            !isNew ? .ok : record.workspace != nil ? .created : record.state.isTerminal ? .ok : .accepted
        return try Progress(
            incidentID: record.id,
            state: record.state,
            verdict: record.verdict,
            workspace: record.workspace,
            exitCode: record.exitCode
        ).response(code)
    }
}

import Foundation
import SimulatorKit

/// The body of a create, as far as it is understood.
struct CreateRequest: Sendable {
    var name: String?
    var templateID: String?
    var templateVersionID: String?
    var parameters: [Parameter] = []
    var ttlMilliseconds: Int64?
}

extension World {
    /// Creates a workspace and its first start build (coderd/workspaces.go createWorkspace), or changes nothing.
    ///
    /// - Throws: The error that Coder answers, in the order in which it checks.
    mutating func create(_ request: CreateRequest, now: Timestamp) throws(APIError) -> UUID {
        guard let name = request.name, isValidName(name) else {
            throw .validationFailed(field: "name", tag: "workspace_name", value: request.name ?? "")
        }
        let template = try template(of: request)
        if let ttl = request.ttlMilliseconds, let problem = ttlProblem(milliseconds: ttl) {
            throw APIError(
                400,
                "Invalid Workspace Time to Shutdown.",
                validations: [.init(field: "ttl_ms", detail: problem)]
            )
        }
        if names[name.lowercased()] != nil {
            throw APIError(
                409,
                "Workspace \"\(name)\" already exists.",
                validations: [.init(field: "name", detail: "This value is already in use and should be unique.")]
            )
        }
        let parameters = try template.values(given: request.parameters)
        let id = newID()
        let ttl = request.ttlMilliseconds ?? 0
        add(
            Workspace(
                id: id,
                name: name,
                templateID: template.id,
                createdAt: now,
                ttlMilliseconds: ttl == 0 ? nil : ttl / 60_000 * 60_000,
                updatedAt: now,
                builds: []
            )
        )
        let build = addBuild(workspace: id, transition: .start, parameters: parameters, reason: "initiator", now: now)
        count(build) {
            $0.creates += 1
            $0.workspaces.append(id)
        }
        return id
    }

    private func template(of request: CreateRequest) throws(APIError) -> Template {
        switch (request.templateID, request.templateVersionID) {
        case (nil, nil):
            throw .validationFailed(field: "template_id", tag: "required_without", value: "")
        case (.some(let text), .some):
            throw .validationFailed(field: "template_id", tag: "excluded_with", value: text)
        case (.some(let text), nil):
            let id = try bodyUUID(text)
            if let template = template(id) { return template }
            throw APIError(
                400,
                "Template \"\(id.text)\" doesn't exist.",
                validations: [.init(field: "template_id", detail: "template not found")]
            )
        case (nil, .some(let text)):
            let id = try bodyUUID(text)
            if let template = templates.first(where: { $0.versionID == id }) { return template }
            throw APIError(
                400,
                "Template version \"\(id.text)\" doesn't exist.",
                validations: [.init(field: "template_version_id", detail: "template version not found")]
            )
        }
    }

    /// Sets or clears the time to live.
    ///
    /// It counts from the next start, but clearing it clears the present deadline too.
    mutating func setTTL(_ milliseconds: Int64?, of id: UUID, now: Timestamp) throws(APIError) {
        let ttl = milliseconds ?? 0
        if let problem = ttlProblem(milliseconds: ttl) {
            throw APIError(
                400,
                "Invalid workspace TTL.",
                validations: [.init(field: "ttl_ms", detail: problem)]
            )
        }
        let build = try workspace(id).builds.last
        change(workspace: id, at: now) { $0.ttlMilliseconds = ttl == 0 ? nil : ttl / 60_000 * 60_000 }
        if ttl == 0, let build { change(build, at: now) { $0.deadline = nil } }
    }
}

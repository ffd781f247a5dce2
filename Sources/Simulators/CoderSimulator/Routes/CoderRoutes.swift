import Foundation
import HTTPTypes
import Hummingbird
import SimulatorKit

/// Coder's routes: those that have to do with users, templates and the server itself, and those of `WorkspaceRoutes`
/// and `BuildRoutes`.
struct CoderRoutes {
    let simulation: Simulation

    /// Adds all routes under `/api/v2`, and `/healthz`.
    func add(to router: Router<SimulatorContext>) {
        router.get("healthz") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain"],
                body: .init(byteBuffer: ByteBuffer(string: "OK"))
            )
        }
        let api = router.group("api/v2")
        api.get("buildinfo") { _, _ in Response.json(.ok, simulation.snapshot().world.buildInfoJSON) }
        api.get("users/:user") { _, context in
            let world = simulation.snapshot().world
            try Self.checkUser(context, world: world)
            return Response.json(.ok, world.ownerJSON)
        }
        api.get("organizations/:organization/templates/:template") { _, context in
            let world = simulation.snapshot().world
            try Self.checkOrganization(context, world: world)
            let name = context.pathPart("template").lowercased()
            guard let template = world.templates.first(where: { $0.name.lowercased() == name }) else {
                throw APIError.notFound
            }
            return Response.json(.ok, template.json(in: world))
        }
        api.get("templates") { request, _ in
            let world = simulation.snapshot().world
            let query = try TemplateQuery(CoderRequest.text("q", in: request) ?? "")
            let found = world.templates.filter { query.matches($0, in: world) }
            return Response.json(.ok, .array(found.map { $0.json(in: world) }))
        }
        api.get("templateversions/:version/rich-parameters") { _, context in
            let id = try pathUUID(context.pathPart("version"))
            guard let template = simulation.snapshot().world.templates.first(where: { $0.versionID == id }) else {
                throw APIError.notFound
            }
            return Response.json(.ok, template.parametersJSON)
        }
        WorkspaceRoutes(simulation: simulation).add(to: api)
        BuildRoutes(simulation: simulation).add(to: api)
    }

    /// `{user}` is a uuid, a name in any case, or `me`.
    static func checkUser(_ context: SimulatorContext, world: World) throws(APIError) {
        let user = context.pathPart("user").lowercased()
        guard user == "me" || user == world.owner.name.lowercased() || user == world.owner.id.text else {
            throw APIError(
                400,
                "\"user\" must be an existing uuid or username.",
                detail: "queried user=\"\(context.pathPart("user"))\""
            )
        }
    }

    /// `{organization}` is a uuid, a name in any case, or `default`.
    static func checkOrganization(_ context: SimulatorContext, world: World) throws(APIError) {
        let organization = context.pathPart("organization").lowercased()
        guard
            organization == "default" || organization == world.organization.name
                || organization == world.organization.id.text
        else { throw .notFound }
    }
}

/// The query language of `GET /templates?q=`.
struct TemplateQuery: Sendable {
    private let terms: [String: String]

    init(_ text: String) throws(APIError) {
        let message = "Invalid template search query."
        let search = try SearchTerms(text, message: message) { [(key: "display_name", value: $0)] }
        try search.check(
            known: [
                "exact_name", "name", "exact_display_name", "display_name", "organization", "ids", "deprecated",
                "deleted", "author", "author_id", "has-ai-task", "has_external_agent",
            ],
            message: message
        )
        terms = search.values
    }

    /// Whether a template is among the answers; none is deprecated, deleted or has a display name of its own.
    func matches(_ template: Template, in world: World) -> Bool {
        terms.allSatisfy { key, value in
            switch key {
            case "exact_name": template.name.lowercased() == value
            case "name": template.name.lowercased().contains(value)
            case "exact_display_name", "display_name": false
            case "organization": value == world.organization.name || value == world.organization.id.text
            case "ids": value.split(separator: ",").contains { $0 == template.id.text }
            case "author": value == "me" || value == world.owner.name
            case "author_id": value == world.owner.id.text
            default: value != "true"
            }
        }
    }
}

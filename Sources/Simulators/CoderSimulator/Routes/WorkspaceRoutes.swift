import Foundation
import HTTPTypes
import Hummingbird
import SimulatorKit

/// Creating, finding and changing workspaces.
struct WorkspaceRoutes {
    let simulation: Simulation

    func add(to api: RouterGroup<SimulatorContext>) {
        api.post("users/:user/workspaces", use: create)
        api.post("organizations/:organization/members/:user/workspaces") { request, context in
            try CoderRoutes.checkOrganization(context, world: simulation.snapshot().world)
            return try await create(request, context)
        }
        api.get("users/:user/workspace/:name") { request, context in
            let (world, now) = simulation.snapshot()
            try CoderRoutes.checkUser(context, world: world)
            let includeDeleted = CoderRequest.text("include_deleted", in: request) == "true"
            let workspace = try world.workspace(named: context.pathPart("name"), includeDeleted: includeDeleted)
            return answer(workspace, world, now)
        }
        api.get("workspaces", use: list)
        api.get("workspaces/:workspace") { request, context in
            let (world, now) = simulation.snapshot()
            let workspace = try world.workspace(pathUUID(context.pathPart("workspace")))
            if workspace.deletedAt != nil, CoderRequest.text("include_deleted", in: request) != "true" {
                // The text names the wrong parameter, as Coder's does.
                throw APIError(
                    410,
                    "Workspace \"\(workspace.id.text)\" was deleted, you can view this workspace by specifying "
                        + "'?deleted=true' and trying again."
                )
            }
            return answer(workspace, world, now)
        }
        api.put("workspaces/:workspace/ttl") { request, context in
            let id = try pathUUID(context.pathPart("workspace"))
            let body = try await CoderRequest.body(request, as: TTLBody.self)
            try simulation.update { world, now throws(APIError) in
                try world.setTTL(body.milliseconds, of: id, now: now)
            }
            return Response(status: .noContent)
        }
        api.get("workspaces/:workspace/timings") { _, context in
            let world = simulation.snapshot().world
            let workspace = try world.workspace(pathUUID(context.pathPart("workspace")))
            guard let build = world.latestBuild(of: workspace) else { throw APIError.notFound }
            return Response.json(.ok, build.timingsJSON)
        }
    }

    @Sendable private func create(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        try CoderRoutes.checkUser(context, world: simulation.snapshot().world)
        let body = try await CoderRequest.body(request, as: CreateBody.self)
        let bytes = try simulation.update { world, now throws(APIError) in
            let id = try world.create(body.request, now: now)
            let context = RenderContext(world: world, now: now, positions: world.queuePositions, isFresh: true)
            return try world.workspace(id).json(context).bytes
        }
        return Response.json(.created, .written(bytes))
    }

    @Sendable private func list(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        let (limit, offset) = try CoderRequest.page(request)
        let query = try WorkspaceQuery(CoderRequest.text("q", in: request) ?? "")
        let (world, now) = simulation.snapshot()
        let found = world.workspaces(matching: query, now: now)
        var page = found.dropFirst(offset)
        if limit > 0 { page = page.prefix(limit) }
        let context = RenderContext(world: world, now: now, positions: world.queuePositions)
        return Response.json(
            .ok,
            [
                "workspaces": .array(page.map { simulation.json(of: $0, context) }),
                "count": .integer(found.count),
            ]
        )
    }

    private func answer(_ workspace: Workspace, _ world: World, _ now: Timestamp) -> Response {
        Response.json(
            .ok,
            simulation.json(of: workspace, RenderContext(world: world, now: now, positions: world.queuePositions))
        )
    }
}

extension World {
    /// The workspaces that a query finds, in Coder's order: those that run first, then by name.
    ///
    /// The order changes while
    /// workspaces start.
    func workspaces(matching query: WorkspaceQuery, now: Timestamp) -> [Workspace] {
        let found = workspaces.values.filter { query.matches($0, in: self, now: now) }
        return found.map { workspace in
            let build = latestBuild(of: workspace)
            let runs = build?.transition == .start && build?.job.status == .succeeded
            return (key: (runs ? "0" : "1") + workspace.name.lowercased(), workspace: workspace)
        }
        .sorted { $0.key < $1.key }
        .map(\.workspace)
    }
}

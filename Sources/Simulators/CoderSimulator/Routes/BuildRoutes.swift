import Foundation
import HTTPTypes
import Hummingbird
import SimulatorKit

/// Builds and agents: making them, and reading their logs and timings.
///
/// Reading works for deleted workspaces too.
struct BuildRoutes {
    let simulation: Simulation

    func add(to api: RouterGroup<SimulatorContext>) {
        api.post("workspaces/:workspace/builds", use: create)
        api.get("workspaces/:workspace/builds") { _, context in
            let (world, now) = simulation.snapshot()
            let workspace = try world.workspace(pathUUID(context.pathPart("workspace")))
            let render = RenderContext(world: world, now: now, positions: world.queuePositions)
            let builds = workspace.builds.reversed().compactMap { world.builds[$0]?.json(render, workspace: workspace) }
            return Response.json(.ok, .array(builds))
        }
        api.get("workspacebuilds/:build") { _, context in
            let (world, now) = simulation.snapshot()
            let build = try world.build(pathUUID(context.pathPart("build")))
            let render = RenderContext(world: world, now: now, positions: world.queuePositions)
            return Response.json(.ok, build.json(render, workspace: try world.workspace(build.workspaceID)))
        }
        api.patch("workspacebuilds/:build/cancel") { request, context in
            let id = try pathUUID(context.pathPart("build"))
            let expected = CoderRequest.text("expect_status", in: request)
            try simulation.update { world, now throws(APIError) in
                try world.cancel(id, expecting: expected, now: now)
            }
            return Response.json(.ok, ["message": "Job has been marked as canceled..."])
        }
        api.get("workspacebuilds/:build/logs") { request, context in
            let after = try CoderRequest.after(request, allowsNegative: true)
            return Response.json(.ok, try build(context).logJSON(after: after))
        }
        api.get("workspacebuilds/:build/parameters") { _, context in
            Response.json(.ok, try build(context).parametersJSON)
        }
        api.get("workspacebuilds/:build/timings") { _, context in
            Response.json(.ok, try build(context).timingsJSON)
        }
        api.get("workspaceagents/:agent") { _, context in
            let (world, now) = simulation.snapshot()
            let build = try world.build(ofAgent: pathUUID(context.pathPart("agent")))
            guard let agent = build.agent else { throw APIError.notFound }
            return Response.json(.ok, agent.json(now: now, resource: build.resourceID))
        }
        api.get("workspaceagents/:agent/logs") { request, context in
            let after = try CoderRequest.after(request, allowsNegative: false)
            let build = try simulation.snapshot().world.build(ofAgent: pathUUID(context.pathPart("agent")))
            guard let agent = build.agent else { throw APIError.notFound }
            return Response.json(.ok, agent.logJSON(after: after))
        }
    }

    private func build(_ context: SimulatorContext) throws -> Build {
        try simulation.snapshot().world.build(pathUUID(context.pathPart("build")))
    }

    @Sendable private func create(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        let id = try pathUUID(context.pathPart("workspace"))
        let body = try await CoderRequest.body(request, as: BuildBody.self)
        let bytes = try simulation.update { world, now throws(APIError) in
            let build = try world.requestBuild(
                workspace: id,
                transition: body.transition,
                parameters: body.parameters?.map(\.parameter) ?? [],
                now: now
            )
            let render = RenderContext(world: world, now: now, positions: world.queuePositions, isFresh: true)
            return try world.build(build).json(render, workspace: try world.workspace(id)).bytes
        }
        return Response.json(.created, .written(bytes))
    }
}

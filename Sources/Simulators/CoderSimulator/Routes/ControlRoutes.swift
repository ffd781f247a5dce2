import Foundation
import HTTPTypes
import Hummingbird
import SimulatorKit

/// What Coder does not have: counts, faults, and blows of fate, for tests and demonstrations.
///
/// Without a token.
struct ControlRoutes {
    let simulation: Simulation
    let counts: RequestCounts

    func add(to router: Router<SimulatorContext>) {
        let control = router.group("_simulator")
        control.get("counts") { _, _ in
            let effects = simulation.snapshot().world.effectsJSON
            return Response.json(
                .ok,
                [
                    "requests": counts.json, "busiest_path": simulation.busiestPath?.json ?? .null,
                    "effects": effects.total, "incidents": effects.incidents,
                ]
            )
        }
        control.get("faults") { _, _ in
            try Self.answer(simulation.snapshot().world.faults)
        }
        control.patch("faults") { request, _ in
            let patch = Data(try await request.body.collect(upTo: 1 << 20).readableBytesView)
            do {
                return try Self.answer(try change(by: patch))
            } catch let error as SettingsPatchError {
                return Response.problem(.badRequest, title: "The faults were not changed", detail: error.description)
            }
        }
        blow("vanish", router: control) { world, id, now throws(APIError) in try world.vanish(id, now: now) }
        blow("restart-agent", router: control) { world, id, now throws(APIError) in
            try world.restartAgent(of: id, now: now)
        }
        blow("lose-agent", router: control) { world, id, now throws(APIError) in try world.loseAgent(of: id, now: now) }
    }

    private func change(by patch: Data) throws -> CoderFaults {
        let outcome = try simulation.update { world, now throws(APIError) -> Result<CoderFaults, any Error> in
            let changed = Result { try patched(world.faults, with: patch) { $0.problems } }
            if case .success(let faults) = changed {
                world.faults = faults
                world.faultsChanged(now: now)
            }
            return changed
        }
        return try outcome.get()
    }

    private static func answer(_ faults: CoderFaults) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return Response.json(.ok, .written(Array(try encoder.encode(faults))))
    }

    private func blow(
        _ name: String,
        router: RouterGroup<SimulatorContext>,
        _ body: @escaping @Sendable (inout World, UUID, Timestamp) throws(APIError) -> Void
    ) {
        router.post("workspaces/:workspace/\(name)") { _, context in
            do throws(APIError) {
                let id = try pathUUID(context.pathPart("workspace"))
                try simulation.update { world, now throws(APIError) in try body(&world, id, now) }
                return Response(status: .noContent)
            } catch {
                return Response.json(.init(code: error.status), error.json)
            }
        }
    }
}

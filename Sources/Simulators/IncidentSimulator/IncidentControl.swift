import Foundation
import HTTPTypes
import Hummingbird
import SimulatorKit

/// Counts and faults, for tests and demonstrations.
///
/// Without a key.
struct IncidentControl {
    let desk: IncidentDesk
    let counts: RequestCounts

    func add(to router: Router<SimulatorContext>) {
        let control = router.group("_simulator")
        control.get("counts") { _, _ in
            let (book, requests) = desk.update { state, _ in (state.book, state.requests) }
            let effects = book.effectsJSON
            return Response.json(
                .ok,
                [
                    "requests": counts.json,
                    "requests_by_incident": .object(
                        requests.sorted { $0.key < $1.key }.map { (name: $0.key, value: .integer($0.value)) }
                    ),
                    "effects": effects.total, "incidents": effects.incidents,
                ]
            )
        }
        control.get("faults") { _, _ in
            try Self.answer(desk.update { state, _ in state.faults })
        }
        control.patch("faults") { request, _ in
            let patch = Data(try await request.body.collect(upTo: 1 << 20).readableBytesView)
            do {
                return try Self.answer(
                    try desk.update { state, _ in
                        state.faults = try patched(state.faults, with: patch) { $0.problems }
                        return state.faults
                    }
                )
            } catch let error as SettingsPatchError {
                return Response.problem(.badRequest, title: "The faults were not changed", detail: error.description)
            }
        }
    }

    private static func answer(_ faults: AnswerFaults) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return Response.json(.ok, .written(Array(try encoder.encode(faults))))
    }
}

import Foundation
import SimulatorKit

extension World {
    /// What happened, in all and for each incident: requests may be repeated, these show what came of them.
    var effectsJSON: (total: JSON, incidents: JSON) {
        var total = IncidentEffects()
        var existing = 0
        var members: [(name: String, value: JSON)] = []
        for (incident, effects) in incidents.sorted(by: { $0.key < $1.key }) {
            let living = effects.workspaces.compactMap { workspaces[$0] }.filter { $0.deletedAt == nil }
            total.creates += effects.creates
            total.scriptStarts += effects.scriptStarts
            total.stops += effects.stops
            total.deletes += effects.deletes
            existing += living.count
            members.append((incident, Self.json(effects, existing: living.count, names: living.map(\.name))))
        }
        return (Self.json(total, existing: existing, names: nil), .object(members))
    }

    private static func json(_ effects: IncidentEffects, existing: Int, names: [String]?) -> JSON {
        [
            "creates": .integer(effects.creates), "script_starts": .integer(effects.scriptStarts),
            "stops": .integer(effects.stops), "deletes": .integer(effects.deletes), "existing": .integer(existing),
            "script_ended_at": .optional(effects.scriptEndedAt.map(Self.milliseconds)),
            "workspaces": names.map { .array($0.map(JSON.string)) } ?? .absent,
        ]
    }

    /// RFC 3339 with three digits of a second instead of six.
    private static func milliseconds(_ time: Timestamp) -> String { "\(time.description.dropLast(4))Z" }
}

extension RateLimiter.Busiest {
    /// Written without the client's address.
    var json: JSON {
        [
            "path": .string(String(key.drop { $0 != " " }.dropFirst())), "requests_per_minute": .integer(requests),
        ]
    }
}

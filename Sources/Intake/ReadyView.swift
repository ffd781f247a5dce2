import Ledger

/// `GET /ready`: whether Mendline can work, and what is in the way.
struct ReadyView: Encodable {
    struct Stage: Encodable {
        var stage: String
        var processes: Int
        var capacity: Int
        var held: Int
        var waiting: Int
        var trouble: String?
        var ready: Bool
    }

    var ready: Bool
    var stages: [Stage]
    var problems: [String]
    var openIncidents: Int

    private enum CodingKeys: String, CodingKey {
        case ready, stages, problems
        case openIncidents = "open_incidents"
    }

    init(_ health: LedgerService.Health) {
        stages = health.stages.map {
            Stage(
                stage: $0.stage,
                processes: $0.processes,
                capacity: $0.capacity,
                held: $0.held,
                waiting: $0.waiting,
                trouble: $0.trouble,
                ready: $0.trouble == nil
            )
        }
        problems = (health.trouble.map { [$0] } ?? []) + health.stages.compactMap(\.trouble)
        openIncidents = health.openIncidents
        ready = problems.isEmpty && !stages.isEmpty
    }
}

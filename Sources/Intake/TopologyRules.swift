import Ledger
import Messages
import Topology

extension Rules {
    /// What the ledger decides by, from the topology file.
    ///
    /// A stage is by its name what its place in the pipeline makes of it; a stage of another name decides.
    init(_ topology: Topology) {
        var stages: [String: Stage] = [:]
        for stage in topology.stages {
            let role: Role =
                switch stage.name {
                case "provisioner": .provisions
                case "log-collector": .watches
                case "reporter": .reports
                default: .decides
                }
            let giveUp = stage.giveUpAfter ?? (role == .reports ? topology.limits.reportWithin : .seconds(86_400))
            stages[stage.name] = Stage(
                role: role,
                takes: stage.takes.map(EventType.init(rawValue:)),
                lease: stage.lease.milliseconds,
                attempts: stage.retry.attempts,
                firstBackOff: stage.retry.first.milliseconds,
                mostBackOff: stage.retry.most.milliseconds,
                giveUpAfter: giveUp.milliseconds,
                secrets: stage.secrets
            )
        }
        let limits = topology.limits
        self.init(
            stages: stages,
            decideWithin: limits.decideWithin.milliseconds,
            stopGrace: limits.stopGrace.milliseconds,
            hold: limits.hold.milliseconds,
            openIncidents: limits.openIncidents
        )
    }
}

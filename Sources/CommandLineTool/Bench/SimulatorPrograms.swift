import Messages
import Topology

/// The simulators in the place of the outside systems; that of Coder runs no script, but each seems to take its time.
enum SimulatorPrograms {
    static let coder = "coder-simulator"
    static let incident = "incident-simulator"

    /// An address for each.
    static func place() -> SimulatorConfiguration {
        let anyPort = ListenAddress(host: "127.0.0.1", port: 0)
        return SimulatorConfiguration(
            coder: .init(listen: FreePort.settle(anyPort), profile: .fast, scripts: nil),
            incident: .init(listen: FreePort.settle(anyPort))
        )
    }

    /// How they are started.
    ///
    /// - Parameters:
    ///   - planned: as they are started without scripts.
    ///   - load: how long scripts run, and how many requests a minute Coder takes.
    /// - Returns: the processes.
    static func specs(_ planned: [ProcessSpec], _ load: ActiveLoad) -> [ProcessSpec] {
        planned.map { spec in
            guard spec.name == coder else { return spec }
            var spec = spec
            spec.arguments += [
                "--script-time", "\(load.scriptTime.milliseconds)ms", "--rate-limit", "\(load.rateLimit)",
            ]
            return spec
        }
    }
}

extension Topology {
    /// Lets a log-collector hold so many workspaces, and as many again of which the scripts have ended, where that can be.
    mutating func makeRoom(for active: Int) {
        let wanted = min(2 * active, StageConfiguration.capacityRange.upperBound)
        for index in stages.indices where stages[index].name == CollectorWatch.stage {
            stages[index].capacity = max(stages[index].capacity, wanted)
        }
    }
}

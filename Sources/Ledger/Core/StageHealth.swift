/// How one stage is, for `/ready` and for metrics.
public struct StageHealth: Sendable, Hashable {
    /// The stage.
    public var stage: String
    /// How many of its processes were heard of lately.
    public var processes: Int
    /// What they are willing to hold together.
    public var capacity: Int
    /// What they hold.
    public var held: Int
    /// What waits for them.
    public var waiting: Int
    /// Why it cannot work, in one sentence; nil when it can.
    public var trouble: String?
}

extension LedgerCore {
    /// How each stage is.
    public func stageHealth(at now: Moment) -> [StageHealth] {
        rules.stages.keys.sorted().map { name in
            let alive = (stages[name]?.processes ?? [:]).filter { now.monotonic - $0.value.lastSeen <= rules.silence }
            return StageHealth(
                stage: name,
                processes: alive.count,
                capacity: alive.values.reduce(0) { $0 + $1.capacity },
                held: alive.values.reduce(0) { $0 + $1.held },
                waiting: deliveries.counts[name] ?? 0,
                trouble: trouble(of: name, alive: alive)
            )
        }
    }

    private func trouble(of stage: String, alive: [String: StageState.Process]) -> String? {
        guard !alive.isEmpty else { return "no process of stage \(stage) was heard of lately; start one" }
        for (instance, process) in alive.sorted(by: { $0.key < $1.key }) {
            if let trouble = process.trouble { return "\(stage) \(instance): \(trouble)" }
            if abs(process.clockOffset) > rules.expiryMargin / 2 {
                return
                    "\(stage) \(instance): its clock differs from intake's by \(process.clockOffset) ms; set both by NTP"
            }
        }
        return nil
    }

    /// Workspaces that exist and were not stopped.
    public var activeWorkspaces: Int { incidents.counts["active"] ?? 0 }
}

/// Checks that the stages together make a pipeline that ends what it begins.
struct RouteCheck {
    /// What Mendline's own stages and the ledger cause (the table of events in the README).
    static let known: Set<String> = [
        "incident.accepted", "incident.approved", "incident.declined", "incident.cancelled", "incident.reported",
        "workspace.created", "workspace.changed", "workspace.expiring", "workspace.dispose", "workspace.released",
        "log.appended", "remediation.finished", "delivery.exhausted", "sweep.due", "workspaces.seen",
    ]
    /// Messages of the protocol between stages and intake.
    static let control: Set<String> = ["stage.heartbeat", "delivery.progress", "delivery.settled", "metrics.sample"]

    /// Events that ask for an effect.
    ///
    /// Nobody: it never happens. Two stages: it happens twice.
    private static let exactlyOne: [(type: String, nobody: String)] = [
        ("incident.accepted", "no incident would ever be decided"),
        ("incident.approved", "no workspace would ever be created"),
        ("workspace.expiring", "finished workspaces would stay for ever"),
        ("workspace.dispose", "superfluous workspaces would stay for ever"),
        ("delivery.exhausted", "what a stage gave up would never be stopped"),
    ]
    /// Events that somebody must hear of.
    private static let atLeastOne: [(type: String, nobody: String)] = [
        ("incident.declined", "the senders of declined incidents would never hear of it"),
        ("incident.cancelled", "cancelled incidents would end in silence"),
        ("remediation.finished", "verdicts would never be reported"),
    ]

    /// Where the `stages` key stands.
    var mark = Mark.start
    /// True where a stage could not be read, so that nothing can be said of what is missing.
    var isIncomplete = false
    /// What replacement stages say they cause.
    var emitted: Set<String> = []
    /// The stages whose deliveries carry the sealed token.
    var withSecrets: Set<String> = []
    private var takers: [String: [(stage: String, mark: Mark)]] = [:]

    mutating func take(_ type: Located<String>, by stage: String) {
        takers[type.value, default: []].append((stage, type.mark))
    }

    func report(_ problems: ProblemList) {
        reportUnknown(problems)
        for (type, _) in Self.exactlyOne + [("sweep.due", "")] { reportSecond(type, problems) }
        guard !isIncomplete else { return }
        for (type, nobody) in Self.exactlyOne + Self.atLeastOne where stages(type).isEmpty {
            problems.error(
                mark,
                "no stage takes \(type), so \(nobody)",
                remedy: "add \(type) to the `takes` of a stage"
            )
        }
        if stages("sweep.due").isEmpty {
            problems.warning(
                mark,
                "no stage takes sweep.due, so workspaces that nobody owns are never found",
                remedy: "add sweep.due to the `takes` of the provisioner"
            )
        }
        reportWatchers(problems)
        reportRelease(problems)
    }

    private func stages(_ type: String) -> [String] { takers[type, default: []].map(\.stage) }

    private func reportUnknown(_ problems: ProblemList) {
        let possible = Self.known.union(emitted)
        for (type, uses) in takers where !possible.contains(type) {
            for use in uses {
                problems.warning(
                    use.mark,
                    "nobody causes \(type), which `\(use.stage)` takes" + Suggestion.hint(for: type, among: possible),
                    remedy: "correct it, or add it to the `emits` of the stage that causes it"
                )
            }
        }
    }

    private func reportSecond(_ type: String, _ problems: ProblemList) {
        let uses = takers[type, default: []]
        for use in uses.dropFirst() {
            problems.error(
                use.mark,
                "`\(use.stage)` takes \(type) as `\(uses[0].stage)` does, so its work would be done twice",
                remedy: "let one stage take it; put a stage in between with an event of its own (`emits`)"
            )
        }
    }

    /// A watcher is a stage that hears of the workspace but not of the end, because it is the one that tells the end.
    private func reportWatchers(_ problems: ProblemList) {
        let finished = Set(stages("remediation.finished"))
        let watchers = takers["workspace.created", default: []].filter { !finished.contains($0.stage) }
        if watchers.isEmpty {
            problems.error(
                mark,
                "no stage follows workspaces, so no remediation would ever come to its verdict",
                remedy: "let one stage take workspace.created and not remediation.finished, as log-collector does"
            )
        }
        for watcher in watchers.dropFirst() {
            problems.error(
                watcher.mark,
                "`\(watcher.stage)` would follow workspaces as `\(watchers[0].stage)` does",
                remedy: "let one stage take workspace.created without remediation.finished; one that only tells of it "
                    + "takes both"
            )
        }
    }

    /// The stage that erases workspaces must hear of the end, and must be able to hand on the token.
    private func reportRelease(_ problems: ProblemList) {
        guard let releaser = takers["workspace.expiring"]?.first else { return }
        if !stages("remediation.finished").contains(releaser.stage) {
            problems.error(
                releaser.mark,
                "`\(releaser.stage)` takes workspace.expiring but not remediation.finished, so it would never begin "
                    + "to count the retention",
                remedy: "add remediation.finished to the `takes` of `\(releaser.stage)`"
            )
        }
        if !withSecrets.contains(releaser.stage) {
            problems.warning(
                releaser.mark,
                "`\(releaser.stage)` gets no secrets, so workspaces get no target_service_token",
                remedy: "add `secrets: true` to `\(releaser.stage)`"
            )
        }
    }
}

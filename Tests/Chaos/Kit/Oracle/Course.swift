/// How the timeline of an incident goes that went as promised; whatever else stands in it is a violation.
///
/// Kills, leases that end and answers that are repeated leave nothing in it: of each delivery one answer counts, and a
/// late one counts only where it tells of another workspace.
struct Course: Hashable, Sendable {
    /// Each exactly once, in this order.
    let steps: [String]
    /// Each exactly once, anywhere: they are told whenever the incident system takes them.
    let reports: [String]
    /// As often as it happens to be: what a process saw that was killed before it could tell is seen by nobody.
    var asides: Set<String> = []

    /// Of an incident for machines.
    ///
    /// These types can stand in a timeline, too, and none of them may in a run:
    /// - `incident.cancelled`, `incident.retried`: nobody asks for either.
    /// - `delivery.exhausted`: no fault is as long as any limit, and none makes an answer final.
    /// - `workspace.dispose`, for which the ledger has four reasons. An end that was asked for, be it by a cancel, a
    ///   deadline or a verdict that waits for the stop: none of those verdicts is `succeeded`. Another attempt: there is
    ///   none. A workspace that is not the one accepted: whoever takes over from a killed provisioner adopts the one that
    ///   is there, and a `workspace.created` of that one again is dropped, so this would be a second one. A sweep that
    ///   sees a workspace of a closed incident: it may see one just before it is erased and ask for it just after, but
    ///   the first sweep is due when intake has run for an hour, and in a run it is killed every minute.
    static let remediated = Course(
        steps: [
            "incident.accepted", "incident.approved", "workspace.created", "remediation.finished",
            "workspace.expiring: stop", "workspace.expiring: erase", "workspace.released: deleted",
        ],
        reports: ["incident.reported: workspace.created", "incident.reported: remediation.finished"],
        asides: ["workspace.changed"]
    )

    /// Of an incident that is not for machines.
    static let declined = Course(
        steps: ["incident.accepted", "incident.declined"],
        reports: ["incident.reported: incident.declined"]
    )

    /// What stands in a timeline too often, too rarely, or at all.
    func wrongCounts(in timeline: [LedgerRecord.Event]) -> [String] {
        var counts: [String: Int] = [:]
        for event in timeline { counts[event.kind, default: 0] += 1 }
        let once = steps + reports
        let wrong = once.filter { counts[$0, default: 0] != 1 }.map { "\($0): \(counts[$0, default: 0])" }
        let strange = Set(counts.keys).subtracting(once).subtracting(asides).sorted()
        return wrong + strange.map { "\($0), which has no place here: \(counts[$0, default: 0])" }
    }

    /// Whether each step comes after the one that causes it.
    func isInOrder(_ timeline: [LedgerRecord.Event]) -> Bool {
        timeline.map(\.kind).filter { steps.contains($0) } == steps
    }
}

extension LedgerRecord.Event {
    /// Its type, with what tells it from others of its type.
    var kind: String {
        switch type {
        case "incident.reported": "\(type): \(told ?? "nothing")"
        case "workspace.expiring": "\(type): \(step ?? "nothing")"
        case "workspace.released": "\(type): \(deleted == true ? "deleted" : "left")"
        default: type
        }
    }
}

/// Compares the ledgers of a run: nothing lost, nothing twice, nothing left.
enum Oracle {
    /// A promise that was broken.
    struct Violation: Hashable, Sendable, CustomStringConvertible {
        var incident: String
        var rule: Rule
        var detail: String

        var description: String { "\(incident): \(rule.rawValue) (\(detail))" }
    }

    /// What is promised of every incident.
    enum Rule: String, Hashable, Sendable, CaseIterable {
        case lost = "accepted, and the ledger does not have it"
        case unwanted = "not accepted, and it left something"
        case refused = "refused for good"
        case unheardOf = "nobody sent it"
        case notEnded = "it came to no end"
        case openDelivery = "something of it is still under way"
        case verdict = "it has not exactly one verdict"
        case wrongEnd = "it ended otherwise than all that was done to it explains"
        case toldOtherwise = "the sender was told another end"
        case events = "its timeline has not each event once and no other"
        case order = "its timeline is out of order"
        case creates = "not exactly one workspace was created"
        case scripts = "the script did not run exactly once"
        case leftBehind = "a workspace was left behind"
        case patches = "not exactly one outcome was told"
        case comments = "not exactly one comment of its kind"
    }

    /// Everything that is wrong, by incident.
    static func judge(_ histories: Histories) -> [Violation] {
        let everywhere = Set(histories.sender.keys).union(histories.ledger.keys).union(histories.coder.keys)
            .union(histories.reports.keys)
        let repeated = repeatedIDs(in: histories)
        return everywhere.sorted().flatMap { judge($0, histories, repeated) }
    }

    /// Ids that are not those of one event alone, in whose timeline ever; having none is one of them.
    private static func repeatedIDs(in histories: Histories) -> Set<String> {
        var seen: Set<String> = []
        var repeated: Set<String> = [""]
        for record in histories.ledger.values {
            for event in record.timeline where !seen.insert(event.id).inserted { repeated.insert(event.id) }
        }
        return repeated
    }

    private static func judge(
        _ incident: String,
        _ histories: Histories,
        _ repeated: Set<String>
    ) -> [Violation] {
        let ledger = histories.ledger[incident]
        let coder = histories.coder[incident] ?? CoderRecord()
        let report = histories.reports[incident] ?? ReportRecord()
        var file = CaseFile(incident: incident)
        guard let sender = histories.sender[incident] else {
            file.add(.unheardOf, traces(ledger, coder, report).joined(separator: ", "))
            return file.violations
        }
        switch sender.end {
        case .refused(let why): file.add(.refused, why)
        case .none: file.add(.notEnded, "the sender has no answer")
        default: break
        }
        guard let ledger else {
            if sender.isAccepted { file.add(.lost, "\(sender.end)") }
            let traces = traces(nil, coder, report)
            if !traces.isEmpty { file.add(.unwanted, traces.joined(separator: ", ")) }
            return file.violations
        }
        if sender.isCertainlyNotAccepted {
            file.add(.unwanted, traces(ledger, coder, report).joined(separator: ", "))
        }
        file.judgeTimeline(ledger, repeated)
        file.judgeEnd(ledger, sender)
        file.judgeEffects(coder, report, isForMachines: sender.isForMachines)
        return file.violations
    }

    /// Where there is anything of an incident.
    private static func traces(_ ledger: LedgerRecord?, _ coder: CoderRecord, _ report: ReportRecord) -> [String] {
        var traces: [String] = []
        if let ledger { traces.append("the ledger has it as \(ledger.state)") }
        if coder != CoderRecord() { traces.append("Coder has \(coder)") }
        if report.comments > 0 || report.patches > 0 { traces.append("the incident system has \(report)") }
        return traces
    }
}

/// The case of one incident.
private struct CaseFile {
    let incident: String
    private(set) var violations: [Oracle.Violation] = []

    init(incident: String) { self.incident = incident }

    mutating func add(_ rule: Oracle.Rule, _ detail: String) {
        violations.append(Oracle.Violation(incident: incident, rule: rule, detail: detail))
    }

    mutating func judgeTimeline(_ ledger: LedgerRecord, _ repeated: Set<String>) {
        let sequences = ledger.timeline.map(\.sequence)
        if zip(sequences, sequences.dropFirst()).contains(where: { $0 >= $1 }) { add(.order, "\(sequences)") }
        let twice = ledger.timeline.filter { repeated.contains($0.id) }
        if !twice.isEmpty { add(.events, "not alone with its id: \(twice.map { "\($0.type) \($0.id)" })") }
    }

    mutating func judgeEnd(_ ledger: LedgerRecord, _ sender: SenderRecord) {
        let state = sender.isForMachines ? "finished" : "declined"
        guard ["finished", "declined", "cancelled"].contains(ledger.state) else {
            return add(.notEnded, "it is \(ledger.state)")
        }
        if ledger.openDeliveries > 0 { add(.openDelivery, "\(ledger.openDeliveries) deliveries") }
        if ledger.state != state { add(.wrongEnd, "\(ledger.state), not \(state)") }
        if ledger.isUnreported { add(.wrongEnd, "unreported") }
        let finished = count("remediation.finished", in: ledger)
        if sender.isForMachines {
            if finished != 1 || ledger.verdict == nil {
                add(.verdict, "\(finished) verdicts in the timeline, \(ledger.verdict ?? "none") in the record")
            }
            if let verdict = ledger.verdict, verdict != "succeeded" { add(.wrongEnd, verdict) }
        } else if finished != 0 || ledger.verdict != nil {
            add(.verdict, "declined, with \(finished) verdicts")
        }
        judge(ledger, by: sender.isForMachines ? .remediated : .declined)
        switch sender.end {
        case .finished(let verdict) where verdict != ledger.verdict:
            add(.toldOtherwise, "\(verdict), and the ledger says \(ledger.verdict ?? "nothing")")
        case .declined where ledger.state != "declined":
            add(.toldOtherwise, "declined, and the ledger says \(ledger.state)")
        default: break
        }
    }

    mutating func judgeEffects(_ coder: CoderRecord, _ report: ReportRecord, isForMachines: Bool) {
        let wanted = isForMachines ? 1 : 0
        if coder.creates != wanted { add(.creates, "\(coder.creates) creates") }
        if coder.scriptStarts != wanted { add(.scripts, "\(coder.scriptStarts) starts") }
        if coder.existing != 0 { add(.leftBehind, "\(coder.existing) there still") }
        if report.patches != wanted || (isForMachines && report.patchesByStatus["remediated"] != 1) {
            add(.patches, "\(report.patchesByStatus)")
        }
        // A remediation is told of with one comment where it begins, a refusal with one.
        if report.comments != 1 { add(.comments, "\(report.comments) comments") }
    }

    private mutating func judge(_ ledger: LedgerRecord, by course: Course) {
        let wrong = course.wrongCounts(in: ledger.timeline)
        if !wrong.isEmpty {
            add(.events, wrong.joined(separator: "; "))
        } else if !course.isInOrder(ledger.timeline) {
            add(.order, ledger.timeline.map(\.kind).joined(separator: ", "))
        }
    }

    private func count(_ type: String, in ledger: LedgerRecord) -> Int {
        ledger.timeline.filter { $0.type == type }.count
    }
}

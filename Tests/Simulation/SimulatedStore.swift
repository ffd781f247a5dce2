import Ledger
import Messages

/// What is durable in a simulated world, checked at every commit against what a ledger may do.
struct SimulatedStore {
    private(set) var epoch = 0
    private(set) var incidents: [String: IncidentRecord] = [:]
    private(set) var contents: [String: Incident] = [:]
    /// By incident and attempt.
    private(set) var plans: [String: Plan] = [:]
    private(set) var events: [Int64: EventRecord] = [:]
    private(set) var deliveries: [String: OpenDelivery.Record] = [:]
    private(set) var secrets: Set<String> = []
    private(set) var deadLetters: [String] = []
    private var settled: Set<String> = []
    private var eventIDs: Set<String> = []
    private(set) var sequences: [String: Int64] = [:]
    /// How attempts ended.
    private var ends: [String: Ending] = [:]
    /// The place of the end of each attempt that people are told of.
    private var told: [String: Int64] = [:]
    /// What the timelines say by themselves.
    private var replays: [String: TimelineReplay] = [:]
    /// The incidents whose verdict of this batch is the ledger's own.
    private var concluded: Set<String> = []
    /// How attempts ended in this batch.
    private var endings: [String: Ending] = [:]
    /// The workspaces that were told of in this batch.
    private var created: [(id: String, incident: String)] = []
    /// The workspaces that were ever accepted, or ever asked to be stopped.
    private var dealtWith: Set<String> = []
    private var unreported: Set<String> = []
    /// The right to create of each incident as it was when its present attempt began.
    private var rightsBefore: [String: Timestamp] = [:]
    private var lastSequence: Int64 = 0

    func isUnreported(_ incident: String, attempt: Int) -> Bool { unreported.contains("\(incident) \(attempt)") }

    func end(of incident: String, attempt: Int) -> Ending? { ends["\(incident) \(attempt)"] }

    func verdict(of incident: String, attempt: Int) -> Verdict? { end(of: incident, attempt: attempt)?.verdict }

    /// I3: what a timeline says otherwise than the record.
    func difference(of incident: String) -> String? {
        incidents[incident].flatMap { (replays[incident] ?? TimelineReplay()).difference(from: $0) }
    }

    var nextSequence: Int64 { lastSequence + 1 }

    mutating func makeSweeps(at time: Timestamp) {
        if incidents[LedgerCore.sweeps] == nil { incidents[LedgerCore.sweeps] = LedgerCore.sweepsRecord(at: time) }
    }

    mutating func raiseEpoch() { epoch += 1 }

    /// What a start goes on from, in no special order that anything may depend on.
    var open: (incidents: [IncidentRecord], deliveries: [OpenDelivery.Record]) {
        let busy = Set(deliveries.values.map(\.incident))
        let records = incidents.values.filter {
            !$0.state.isTerminal || busy.contains($0.id) || $0.id == LedgerCore.sweeps
        }
        return (records.sorted { $0.id < $1.id }, deliveries.values.sorted { $0.id < $1.id })
    }

    /// Applies a batch.
    ///
    /// - Returns: what in it breaks an invariant; nil where nothing does.
    mutating func apply(_ changes: [Change], mutation: Mutation?) -> String? {
        concluded = []
        endings = [:]
        created = []
        for change in changes {
            if case .removeDelivery = change, mutation == .forgetsRemovals { continue }
            if let problem = apply(change) { return problem }
        }
        for workspace in created where !dealtWith.contains(workspace.id) {
            return "\(workspace.id) of \(workspace.incident) was told of late, and nobody disposes of it"
        }
        return nil
    }

    private mutating func apply(_ change: Change) -> String? {
        switch change {
        case .insertIncident(let record, let incident):
            guard incidents[record.id] == nil else { return "\(record.id) was accepted twice" }
            incidents[record.id] = record
            contents[record.id] = incident
        case .updateIncident(let record): return update(record)
        case .storePlan(let incident, let plan):
            let attempt = "\(incident) \(incidents[incident]?.operatorAttempt ?? 0)"
            guard plans[attempt] == nil else { return "\(incident) was planned twice" }
            plans[attempt] = plan
        case .append(let event):
            guard event.sequence > lastSequence else { return "I3: event \(event.sequence) came after \(lastSequence)" }
            guard eventIDs.insert(event.id).inserted else { return "I3: event id \(event.id) was used twice" }
            guard incidents[event.incident] != nil else { return "I3: \(event.type) belongs to no incident" }
            lastSequence = event.sequence
            events[event.sequence] = event
            sequences[event.id] = event.sequence
            read(event)
        case .saveDelivery(let record):
            guard !settled.contains(record.id) else { return "I2: delivery \(record.id) was settled and is open again" }
            guard let event = events[record.eventSequence] else { return "I2: delivery \(record.id) is of no event" }
            if Ending(event) != nil {
                let attempt = "\(event.incident) \(event.operatorAttempt)"
                guard told[attempt, default: event.sequence] == event.sequence else {
                    return "I8: two ends of attempt \(event.operatorAttempt) of \(event.incident) are told"
                }
                told[attempt] = event.sequence
            }
            deliveries[record.id] = record
        case .removeDelivery(let id):
            guard deliveries.removeValue(forKey: id) != nil else { return "I2: delivery \(id) was settled twice" }
            settled.insert(id)
        case .storeSecret(let incident, _): secrets.insert(incident)
        case .eraseSecret(let incident): secrets.remove(incident)
        case .deadLetter(let letter): deadLetters.append(letter.reason)
        case .appendLog, .measure: break
        }
        return nil
    }

    private mutating func read(_ event: EventRecord) {
        let attempt = "\(event.incident) \(event.operatorAttempt)"
        let workspace = event.data["workspace_id"]?.string ?? event.data["workspace"]?["workspace_id"]?.string
        replays[event.incident, default: TimelineReplay()].take(
            event.type,
            operatorAttempt: event.operatorAttempt,
            data: event.data
        )
        // The first end of an attempt counts.
        if endings[attempt] == nil { endings[attempt] = Ending(event) }
        switch event.type {
        case .remediationFinished where event.source == "/ledger": concluded.insert(event.incident)
        case .workspaceCreated: if let workspace { created.append((workspace, event.incident)) }
        case .workspaceDispose: if let workspace { dealtWith.insert(workspace) }
        case .deliveryExhausted where event.data["stage"]?.string == "reporter":
            if let type = event.data["event"]?.string, Ending.types.contains(EventType(rawValue: type)) {
                unreported.insert(attempt)
            }
        default: break
        }
    }

    private mutating func update(_ record: IncidentRecord) -> String? {
        guard let old = incidents[record.id] else { return "\(record.id) was changed and never accepted" }
        incidents[record.id] = record
        if let accepted = record.workspace?.workspaceID { dealtWith.insert(accepted) }
        // Also of an attempt that began in this same batch.
        if record.state.isTerminal {
            ends["\(record.id) \(record.operatorAttempt)"] = record.verdict.map(Ending.verdict) ?? .declined
        }
        if record.operatorAttempt != old.operatorAttempt { return checkRetry(old, record) }
        if let problem = checkUnknown(old, record) { return problem }
        if old.state.isTerminal && (old.state != record.state || old.verdict != record.verdict) {
            return "I8: \(record.id) was \(old.state), \(old.verdict?.rawValue ?? "-") and became \(record.state), "
                + "\(record.verdict?.rawValue ?? "-")"
        }
        if record.state.isTerminal && secrets.contains(record.id) {
            return "the token of \(record.id) outlives its end"
        }
        if let workspace = old.workspace, record.workspace != workspace {
            return "the accepted workspace of \(record.id) was replaced"
        }
        return nil
    }

    private mutating func checkRetry(_ old: IncidentRecord, _ record: IncidentRecord) -> String? {
        rightsBefore[record.id] = old.creationRightEnds
        guard record.operatorAttempt > old.operatorAttempt else {
            return "\(record.id) went from attempt \(old.operatorAttempt) to \(record.operatorAttempt)"
        }
        // A batch may hold a retry, its cancel, and another retry.
        for number in old.operatorAttempt..<record.operatorAttempt {
            let attempt = "\(old.id) \(number)"
            let hadEnded = number == old.operatorAttempt && old.state.isTerminal
            if let ending = endings[attempt], !hadEnded { ends[attempt] = ending }
            guard hadEnded || endings[attempt] != nil else { return "I8: attempt \(attempt) has no end" }
            if ends[attempt] == .verdict(.succeeded) { return "\(record.id) succeeded and was retried" }
        }
        return nil
    }

    /// `unknown` is the ledger's last resort: the stop of what may run was tried first, or the whole grace has passed.
    private func checkUnknown(_ old: IncidentRecord, _ record: IncidentRecord) -> String? {
        guard concluded.contains(record.id), record.verdict == .unknown, old.verdict == nil,
            record.creationRightEnds != rightsBefore[record.id], !record.workspaceEnded
        else { return nil }
        if let end = old.pendingEnd, end.stopAsked || (record.finishedAt ?? record.acceptedAt) >= end.graceEnds {
            return nil
        }
        return "\(record.id) ended as unknown, and nobody was asked to stop what may run"
    }
}

/// How an attempt ended.
enum Ending: Hashable {
    case declined
    case verdict(Verdict)

    /// The events that tell of an end.
    static let types: [EventType] = [.incidentDeclined, .incidentCancelled, .remediationFinished]

    /// The end that an event tells of.
    init?(_ event: EventRecord) {
        self.init(event.type, event.data["verdict"]?.string.flatMap(Verdict.init(rawValue:)))
    }

    init?(_ type: EventType, _ verdict: Verdict?) {
        switch type {
        case .incidentDeclined: self = .declined
        case .incidentCancelled: self = .verdict(.cancelled)
        case .remediationFinished:
            guard let verdict else { return nil }
            self = .verdict(verdict)
        default: return nil
        }
    }

    var verdict: Verdict? { if case .verdict(let verdict) = self { verdict } else { nil } }
}

import Ledger
import Messages

/// What is durable in a simulated world, checked at every commit against what a ledger may do.
struct SimulatedStore {
    private(set) var epoch = 0
    private(set) var incidents: [String: IncidentRecord] = [:]
    private(set) var contents: [String: Incident] = [:]
    private(set) var plans: [String: Plan] = [:]
    private(set) var events: [Int64: EventRecord] = [:]
    private(set) var deliveries: [String: OpenDelivery.Record] = [:]
    private(set) var secrets: Set<String> = []
    private(set) var deadLetters: [String] = []
    private var settled: Set<String> = []
    private var eventIDs: Set<String> = []
    private var lastSequence: Int64 = 0

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
        for change in changes {
            if case .removeDelivery = change, mutation == .forgetsRemovals { continue }
            if let problem = apply(change) { return problem }
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
            guard plans[incident] == nil else { return "\(incident) was planned twice" }
            plans[incident] = plan
        case .append(let event):
            guard event.sequence > lastSequence else { return "I3: event \(event.sequence) came after \(lastSequence)" }
            guard eventIDs.insert(event.id).inserted else { return "I3: event id \(event.id) was used twice" }
            guard incidents[event.incident] != nil else { return "I3: \(event.type) belongs to no incident" }
            lastSequence = event.sequence
            events[event.sequence] = event
        case .saveDelivery(let record):
            guard !settled.contains(record.id) else { return "I2: delivery \(record.id) was settled and is open again" }
            guard events[record.eventSequence] != nil else { return "I2: delivery \(record.id) is of no event" }
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

    private mutating func update(_ record: IncidentRecord) -> String? {
        guard let old = incidents[record.id] else { return "\(record.id) was changed and never accepted" }
        incidents[record.id] = record
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
}

import HeapModule
public import Messages

/// The ledger's decisions: which delivery next, what a settlement changes, when a lease ends, when to give up.
///
/// A pure state machine: inputs and the time in, changes and orders out, no clock, no socket, no file. Its shell
/// applies a batch of inputs, takes the ``Batch``, commits the changes in one transaction, and carries out the orders
/// only then. It holds what is open; what is ended lives in the store and is thawed when somebody asks for it.
public struct LedgerCore: Sendable {
    /// What one batch of inputs comes to.
    public struct Batch: Sendable {
        /// To be committed in one transaction, in this order.
        public var changes: [Change] = []
        /// To be sent after the commit.
        public var orders: [HandOutOrder] = []

        /// Whether there is nothing to do.
        public var isEmpty: Bool { changes.isEmpty && orders.isEmpty }
    }

    /// How often something happened that a person may want to know of; since this start of intake.
    public struct Tallies: Sendable, Hashable {
        /// Settlements of deliveries that were settled already.
        public var late = 0
        /// Negative or empty answers of hand-outs that were not the current ones.
        public var stale = 0
        /// Leases that ran out.
        public var leasesLost = 0
        /// Messages that nobody can use.
        public var deadLetters = 0
    }

    /// What it decides by.
    public let rules: Rules
    /// Keeps two Mendlines on one Coder user apart.
    public let installation: String
    /// Which start of intake this is.
    public let epoch: Int
    /// What is left out of it: nothing, but where the simulation shows that it would notice.
    package let flaws: Set<Flaw>
    /// What happened since this start.
    public internal(set) var tallies = Tallies()

    var ids: UniqueIDGenerator
    var nextSequence: Int64
    var now: Moment
    /// Counted are those whose workspace exists and was not stopped.
    var incidents = CountedTable<IncidentRecord> { $0.workspace != nil && !$0.workspaceEnded ? "active" : nil }
    /// Counted are those that wait, by stage.
    var deliveries = CountedTable<OpenDelivery> { $0.handOut == nil ? $0.record.stage : nil }
    /// The open deliveries of each incident, in the order of their events.
    var lines: [String: [String]] = [:]
    var stages: [String: StageState]
    /// By the monotonic clock.
    var leases = Heap<Timer>()
    /// By the wall clock.
    var timers = Heap<Timer>()
    var batch = Batch()
    /// Incidents whose records must be stored.
    var dirty: Set<String> = []
    /// Incidents that may have become ended and quiet.
    var touched: Set<String> = []
    var openIncidents = 0
    /// When the next sweep is due, on the monotonic clock.
    var nextSweep: Int64
    /// Names of workspaces that carry this installation's mark and that the ledger does not know.
    var unknownWorkspaces: Set<String> = []

    /// A core that goes on from what the store holds.
    ///
    /// Every open delivery counts as handed out and gets one lease of grace, in which living holders claim theirs.
    ///
    /// - Parameters:
    ///   - rules: what it decides by.
    ///   - installation: the mark of the ledger.
    ///   - epoch: one more than at the start before; stored already.
    ///   - nextSequence: one more than the last event's.
    ///   - incidents: the records of what is open.
    ///   - deliveries: the open deliveries.
    ///   - ids: makes ids and jitter.
    ///   - now: the time.
    public init(
        rules: Rules,
        installation: String,
        epoch: Int,
        nextSequence: Int64,
        incidents: [IncidentRecord],
        deliveries: [OpenDelivery.Record],
        ids: UniqueIDGenerator,
        at now: Moment
    ) {
        self.init(
            rules: rules,
            installation: installation,
            epoch: epoch,
            nextSequence: nextSequence,
            incidents: incidents,
            deliveries: deliveries,
            ids: ids,
            flaws: [],
            at: now
        )
    }

    /// A core with parts left out.
    package init(
        rules: Rules,
        installation: String,
        epoch: Int,
        nextSequence: Int64,
        incidents: [IncidentRecord],
        deliveries: [OpenDelivery.Record],
        ids: UniqueIDGenerator,
        flaws: Set<Flaw>,
        at now: Moment
    ) {
        self.flaws = flaws
        self.rules = rules
        self.installation = installation
        self.epoch = epoch
        self.nextSequence = nextSequence
        self.ids = ids
        self.now = now
        nextSweep = now.monotonic + rules.sweepEvery
        stages = rules.stages.mapValues { _ in StageState() }
        for record in incidents { restore(record) }
        for record in deliveries.sorted(by: { $0.eventSequence < $1.eventSequence }) { restore(record) }
    }

    private mutating func restore(_ record: IncidentRecord) {
        incidents[record.id] = record
        guard !record.state.isTerminal else { return }
        openIncidents += 1
        setIncidentTimer(record)
    }

    private mutating func restore(_ record: OpenDelivery.Record) {
        let forgets = flaws.contains(.forgetsHandOuts)
        var delivery = OpenDelivery(record: record, hasBegun: !forgets)
        if let rule = rules.stages[record.stage], !forgets {
            let isDueLater = record.notBefore.map { $0 > now.wall + .milliseconds(rule.lease) } ?? false
            if !isDueLater {
                delivery.handOut = OpenDelivery.HandOut(
                    attempt: nil,
                    holder: nil,
                    leaseEnds: now.monotonic + rule.lease,
                    isGrace: true
                )
                leases.insert(Timer(at: now.monotonic + rule.lease, what: .delivery(record.id)))
            }
        }
        deliveries[record.id] = delivery
        lines[record.incident, default: []].append(record.id)
        setDeliveryTimer(delivery)
        if forgets { queue(record.id) }
    }

    /// The number of incidents that are not ended.
    public var openIncidentCount: Int { openIncidents }

    /// How many workspaces the last sweep saw that carry this installation's mark and that the ledger does not know.
    public var unknownWorkspaceCount: Int { unknownWorkspaces.count }

    /// Whether the core holds the incident, so that nothing must be thawed for it.
    public func holds(incident: String) -> Bool { incidents[incident] != nil }

    /// The incident's record, where the core holds it.
    public func record(of incident: String) -> IncidentRecord? { incidents[incident] }

    /// Brings an ended incident back from the store, because an input is about it.
    public mutating func thaw(_ record: IncidentRecord) {
        guard incidents[record.id] == nil else { return }
        incidents[record.id] = record
        touched.insert(record.id)
    }

    /// Ends a batch: what has become due, what goes out, what is to be stored.
    public mutating func finishBatch(at now: Moment) -> Batch {
        self.now = now
        endLeases()
        fireTimers()
        sweepIfDue()
        handOut()
        for id in dirty.sorted() {
            guard let record = incidents[id] else { continue }
            batch.changes.append(.updateIncident(record))
        }
        for id in touched.union(dirty)
        where incidents[id]?.state.isTerminal == true && lines[id] == nil && id != Self.sweeps {
            incidents[id] = nil
        }
        dirty.removeAll(keepingCapacity: true)
        touched.removeAll(keepingCapacity: true)
        compactTimers()
        defer { batch = Batch() }
        return batch
    }

    /// When something becomes due by itself, at the latest; nil when nothing will.
    public var nextTimer: (wall: Timestamp?, monotonic: Int64?) {
        (timers.min.map { Timestamp(milliseconds: $0.at) }, leases.min?.at)
    }

    // MARK: - What all parts use

    /// Changes a record and remembers that it must be stored.
    mutating func update(_ incident: String, _ body: (inout IncidentRecord) -> Void) {
        guard var record = incidents[incident] else { return }
        body(&record)
        incidents[incident] = record
        dirty.insert(incident)
    }

    mutating func deadLetter(source: String, reason: String, bytes: [UInt8]) {
        tallies.deadLetters += 1
        batch.changes.append(.deadLetter(DeadLetter(time: now.wall, source: source, reason: reason, bytes: bytes)))
    }

    mutating func setIncidentTimer(_ record: IncidentRecord) {
        let at = record.pendingEnd?.graceEnds ?? record.deadline
        timers.insert(Timer(at: at.milliseconds, what: .incident(record.id)))
    }

    mutating func setDeliveryTimer(_ delivery: OpenDelivery) {
        let record = delivery.record
        if let due = record.notBefore { timers.insert(Timer(at: due.milliseconds, what: .delivery(record.id))) }
        timers.insert(Timer(at: giveUpTime(of: record).milliseconds, what: .delivery(record.id)))
    }

    /// Timers of what is long settled are dropped when they outnumber the others.
    private mutating func compactTimers() {
        guard timers.count > 1024 + 4 * (deliveries.count + openIncidents) else { return }
        timers = Heap()
        for delivery in deliveries.values { setDeliveryTimer(delivery) }
        for record in incidents.values where !record.state.isTerminal { setIncidentTimer(record) }
    }

    /// When the delivery is exhausted whatever happens; a back-off does not postpone it.
    func giveUpTime(of record: OpenDelivery.Record) -> Timestamp {
        let giveUpAfter = rules.stages[record.stage]?.giveUpAfter ?? 86_400_000
        let due = record.isScheduled ? max(record.notBefore ?? record.openedAt, record.openedAt) : record.openedAt
        return due + .milliseconds(giveUpAfter)
    }

    func role(of stage: String) -> Rules.Role { rules.stages[stage]?.role ?? .decides }
}

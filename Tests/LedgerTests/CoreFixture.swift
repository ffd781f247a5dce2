import Ledger
import Messages
import Testing

/// A core with its clock in hand, and the messages of stages that drive it.
struct CoreFixture {
    static let rules = Rules(
        stages: [
            "validator": .init(role: .decides, takes: [.incidentAccepted], attempts: 3),
            "provisioner": .init(
                role: .provisions,
                takes: [
                    .incidentApproved, .remediationFinished, .workspaceExpiring, .workspaceDispose, .deliveryExhausted,
                    .sweepDue,
                ],
                attempts: 3,
                secrets: true
            ),
            "log-collector": .init(role: .watches, takes: [.workspaceCreated], attempts: 3),
            "reporter": .init(
                role: .reports,
                takes: [.incidentDeclined, .workspaceCreated, .remediationFinished, .incidentCancelled],
                attempts: 5
            ),
        ],
        decideWithin: 60_000,
        stopGrace: 30_000,
        hold: 100_000
    )

    var core: LedgerCore
    var now: Moment
    var changes: [Change] = []
    var orders: [HandOutOrder] = []

    init(at time: Int64 = 1_800_000_000_000, rules: Rules = rules) {
        now = Moment(wall: Timestamp(milliseconds: time), monotonic: 0)
        core = LedgerCore(
            rules: rules,
            installation: "test",
            epoch: 1,
            nextSequence: 1,
            incidents: [],
            deliveries: [],
            ids: UniqueIDGenerator(seed: 1),
            at: now
        )
    }

    /// An incident that has come to where its workspace is to be made, and the hand-out that asks for it.
    static func approved() throws -> (CoreFixture, HandOutOrder) {
        var ledger = CoreFixture()
        for stage in rules.stages.keys { try ledger.beat(stage) }
        #expect(ledger.accept() == .accepted)
        let decide = try #require(ledger.order(for: "validator", in: ledger.finish()))
        try ledger.done(decide, [IncidentApproved(plan: ledger.plan())])
        let provision = try #require(ledger.order(for: "provisioner", in: ledger.finish()))
        return (ledger, provision)
    }

    static func incident(_ id: String = "I-1", service: String = "api", severity: String = "critical") -> Incident {
        Incident(incidentID: id, serviceName: service, severity: severity, description: "High CPU")
    }

    mutating func accept(_ incident: Incident = incident()) -> Acceptance {
        core.accept(AcceptRequest(incident: incident, sender: "api", sealedToken: "sealed", traceparent: "00"), at: now)
    }

    /// Ends a batch and keeps what came of it; returns the new orders.
    @discardableResult
    mutating func finish() -> [HandOutOrder] {
        let batch = core.finishBatch(at: now)
        changes += batch.changes
        orders += batch.orders
        return batch.orders
    }

    mutating func pass(_ milliseconds: Int64) {
        now.wall = now.wall + .milliseconds(milliseconds)
        now.monotonic += milliseconds
    }

    mutating func send(_ content: some EventData, incident: String?, from source: String = "/stage/1") throws {
        let message = Message(
            type: type(of: content).type,
            source: source,
            id: "m",
            subject: incident,
            time: now.wall,
            data: try JSONValue(encoding: content)
        )
        for needed in core.incidentsNeeded(by: message) { thaw(needed) }
        core.take(message, bytes: [], at: now)
    }

    /// What the store would hold of an incident.
    func stored(_ incident: String) -> IncidentRecord? {
        var record: IncidentRecord?
        for change in changes {
            switch change {
            case .insertIncident(let new, _) where new.id == incident: record = new
            case .updateIncident(let new) where new.id == incident: record = new
            default: break
            }
        }
        return record
    }

    mutating func thaw(_ incident: String) {
        if let record = stored(incident) { core.thaw(record) }
    }

    mutating func beat(_ stage: String, instance: String = "1", capacity: Int = 10, holds: [DeliveryHandle] = []) throws
    {
        try send(
            StageHeartbeat(stage: stage, instance: instance, clock: now.wall, capacity: capacity, holds: holds),
            incident: nil
        )
    }

    mutating func settle(_ order: HandOutOrder, _ outcome: Outcome, by instance: String = "1") throws {
        try send(
            DeliverySettled(handle: order.handle, outcome: outcome),
            incident: order.incident,
            from: "/\(order.stage)/\(instance)"
        )
    }

    mutating func done(_ order: HandOutOrder, _ events: [any EventData], notBefore: Timestamp? = nil) throws {
        var caused: [CausedEvent] = []
        for event in events { caused.append(try cause(event, notBefore)) }
        try settle(order, .done(caused))
    }

    private func cause(_ event: some EventData, _ notBefore: Timestamp?) throws -> CausedEvent {
        try CausedEvent(event, notBefore: notBefore)
    }

    func plan(deadline: Int64 = 600_000) -> Plan {
        Plan(
            playbook: "p",
            template: "t",
            timeoutSeconds: 60,
            deadline: now.wall + .milliseconds(deadline),
            retentionSeconds: 60,
            provisionSeconds: 60
        )
    }

    static func created(_ id: String = "w-1") -> WorkspaceCreated {
        WorkspaceCreated(workspaceID: id, workspaceName: "m-1", url: "u", buildID: "b", template: "t", adopted: false)
    }

    /// Types of the events of an incident's timeline so far.
    func timeline(_ incident: String = "I-1") -> [String] {
        changes.compactMap { change in
            guard case .append(let event) = change, event.incident == incident else { return nil }
            return event.type.rawValue
        }
    }

    func order(for stage: String, in orders: [HandOutOrder]) -> HandOutOrder? { orders.first { $0.stage == stage } }
}

import Ledger
import Messages

/// A ledger's inputs, the same each time: fixed ids, fixed times.
enum LedgerParts {
    /// How many incidents go into one commit.
    static let incidents = 100
    static let now = Moment(wall: Timestamp(milliseconds: 1_795_000_000_000), monotonic: 0)
    static let rules = Rules(stages: [
        "validator": .init(role: .decides, takes: [.incidentAccepted]),
        "provisioner": .init(role: .provisions, takes: [.incidentApproved], secrets: true),
    ])

    /// What is to be accepted.
    static let requests = (0..<incidents).map { number in
        AcceptRequest(
            incident: Incident(
                incidentID: "INC-\(number)",
                serviceName: "payment-api",
                severity: "critical",
                description: "High CPU on payment-api: at 97 % for ten minutes.",
                labels: ["alertname": "HighCPU", "team": "payments"]
            ),
            sender: "api",
            sealedToken: String(repeating: "s", count: 200),
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        )
    }

    /// A core without incidents whose stages live and have room for all of them.
    static func core(installation: String = "3f9a1c0b7d2e", nextSequence: Int64 = 1) throws -> LedgerCore {
        var core = LedgerCore(
            rules: rules,
            installation: installation,
            epoch: 1,
            nextSequence: nextSequence,
            incidents: [],
            deliveries: [],
            ids: UniqueIDGenerator(seed: 1),
            at: now
        )
        for stage in rules.stages.keys {
            let beat = StageHeartbeat(stage: stage, instance: "1", clock: now.wall, capacity: 1000, holds: [])
            core.take(try message(beat, of: stage, nil), bytes: [], at: now)
        }
        return core
    }

    /// What a validator answers that approves everything it was handed.
    static func approvals(of batch: LedgerCore.Batch) throws -> [Message] {
        let approved = try CausedEvent(IncidentApproved(plan: plan))
        return try batch.orders.map { order in
            let settled = DeliverySettled(handle: order.handle, outcome: .done([approved]))
            return try message(settled, of: order.stage, order.incident)
        }
    }

    private static let plan = Plan(
        playbook: "high-cpu",
        template: "remediation",
        parameters: ["script": "high_cpu_fix.sh"],
        timeoutSeconds: 600,
        deadline: now.wall + .seconds(900),
        retentionSeconds: 600,
        provisionSeconds: 300
    )

    private static func message(_ content: some EventData, of stage: String, _ incident: String?) throws -> Message {
        Message(
            type: type(of: content).type,
            source: "/\(stage)/1",
            id: "m",
            subject: incident,
            time: now.wall,
            data: try JSONValue(encoding: content)
        )
    }
}

extension LedgerCore {
    /// Accepts all of ``LedgerParts/requests``.
    mutating func acceptAll() -> Batch {
        for request in LedgerParts.requests { _ = accept(request, at: LedgerParts.now) }
        return finishBatch(at: LedgerParts.now)
    }

    /// Takes what a stage has answered.
    mutating func settleAll(_ settlements: [Message]) -> Batch {
        for settlement in settlements { take(settlement, bytes: [], at: LedgerParts.now) }
        return finishBatch(at: LedgerParts.now)
    }
}

import Ledger
import Messages

/// A ledger whose stages are in the same process and settle at once what they are handed: the core, its store, a clock.
struct BusyLedger {
    let store: LedgerStore
    /// How many incidents it held in memory when it was opened; one of them is the sweeps' own.
    let loadedIncidents: Int

    private let installation: String
    /// The stages that work; what is for others waits.
    private let living: [String]
    private let start = ContinuousClock.now
    private var core: LedgerCore

    init(path: String, living: [String]) async throws {
        let store = try LedgerStore(path: path)
        let loaded = try await store.load()
        self.store = store
        self.living = living
        loadedIncidents = loaded.incidents.count
        installation = loaded.installation
        core = LedgerCore(
            rules: Samples.rules,
            installation: loaded.installation,
            epoch: loaded.epoch,
            nextSequence: loaded.nextSequence,
            incidents: loaded.incidents,
            deliveries: loaded.deliveries,
            ids: UniqueIDGenerator(),
            at: Moment(wall: .now, monotonic: 0)
        )
    }

    /// How many incidents have not ended.
    var openIncidents: Int { core.openIncidentCount }

    private var now: Moment { Moment(wall: .now, monotonic: (ContinuousClock.now - start).milliseconds) }

    /// Accepts incidents in one commit, and works on until nothing is left to be handed out.
    mutating func work(off requests: [AcceptRequest]) async throws {
        for stage in living {
            let beat = StageHeartbeat(stage: stage, instance: "1", clock: .now, capacity: 10_000, holds: [])
            try take(beat, of: stage, nil)
        }
        for request in requests {
            guard core.accept(request, at: now) == .accepted else {
                throw BenchmarkFailure(description: "incident \(request.incident.incidentID) was not accepted")
            }
        }
        var deliveries = try await commit()
        while !deliveries.isEmpty {
            for (stage, message) in deliveries { try settle(message, stage) }
            deliveries = try await commit()
        }
    }

    /// Closes the file after a last checkpoint.
    func close() throws { try store.close() }

    private mutating func commit() async throws -> [(stage: String, message: Message)] {
        let batch = core.finishBatch(at: now)
        guard !batch.isEmpty else { return [] }
        return try await store.commit(batch, installation: installation, rules: Samples.rules)
    }

    private mutating func settle(_ delivery: Message, _ stage: String) throws {
        guard let id = delivery.deliveryID, let attempt = delivery.attempt else { return }
        let settled = DeliverySettled(
            handle: DeliveryHandle(deliveryID: id, attempt: attempt),
            outcome: .done(try Samples.caused(by: delivery, at: stage))
        )
        try take(settled, of: stage, delivery.subject)
    }

    private mutating func take(_ content: some EventData, of stage: String, _ incident: String?) throws {
        let message = Message(
            type: type(of: content).type,
            source: "/\(stage)/1",
            id: "m",
            subject: incident,
            time: .now,
            data: try JSONValue(encoding: content)
        )
        core.take(message, bytes: [], at: now)
    }
}

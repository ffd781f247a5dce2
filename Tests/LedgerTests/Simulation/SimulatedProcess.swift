import Ledger
import Messages

/// One process of a stage, which keeps the delivery contract as the worker of every stage does.
final class SimulatedProcess {
    unowned let world: World
    let stage: String
    let name: String
    /// How far its wall clock is from intake's.
    private let clockOffset: Int64
    private let capacity: Int
    private var clockLead: Int64 = 0
    private var held: [SimulatedWork] = []
    private(set) var isDead = false
    private var isDraining = false
    private var frozenSince: Int64?
    private var frozenUntil: Int64?
    /// Messages of one process arrive in their order.
    private var lastArrival: Int64 = 0
    private var messages = 0

    init(_ world: World, stage: String, name: String) {
        self.world = world
        self.stage = stage
        self.name = name
        clockOffset = world.dice.number(-500...500)
        capacity = stage == "log-collector" ? 20 : Int(world.conditions.capacity)
    }

    /// ZeroMQ's heartbeats take a frozen peer out after 3 s.
    var isInRotation: Bool { !isDead && !isDraining && world.time - (frozenSince ?? world.time) < 3000 }

    /// Its wall clock, with the largest lead that it has seen added.
    var clock: Int64 { world.wall + clockOffset + clockLead }

    func start() {
        world.note("\(name) starts")
        live()
    }

    /// Once a second: the heartbeat, and whatever befalls it.
    private func live() {
        guard !isDead, !isDraining else { return }
        beat()
        if world.hasFault(world.conditions.deaths) { return die() }
        if world.hasFault(world.conditions.freezes) { freeze(for: world.dice.number(1000...25_000)) }
        if world.hasFault(world.conditions.drains) { return drain() }
        later(1000) { [self] in live() }
    }

    private func beat() {
        let holds = held.map(\.delivery.handle).sorted { $0.deliveryID < $1.deliveryID }
        send(
            .heartbeat(
                StageHeartbeat(
                    stage: stage,
                    instance: name,
                    clock: Timestamp(milliseconds: world.wall + clockOffset),
                    capacity: isDraining ? 0 : capacity,
                    holds: holds
                )
            )
        )
    }

    // MARK: - What befalls it

    private func die() {
        guard !isDead, !isDraining else { return }
        world.note("\(name) dies, holding \(held.count)")
        isDead = true
        held = []
        world.replace(self)
    }

    private func freeze(for duration: Int64) {
        guard frozenUntil == nil else { return }
        world.note("\(name) freezes for \(duration) ms")
        frozenSince = world.time
        frozenUntil = world.time + duration
        world.after(duration) { [self] in
            frozenSince = nil
            frozenUntil = nil
        }
    }

    /// Faults strike where they hurt: just before something is begun, or while its answer is on the way.
    func startle() {
        if world.hasFault(world.conditions.freezes) { freeze(for: world.dice.number(1000...25_000)) }
        if world.hasFault(world.conditions.deaths) { later(world.dice.number(1...1000)) { [self] in die() } }
        if world.hasFault(world.conditions.drains) { later(world.dice.number(1...1000)) { [self] in drain() } }
    }

    /// It gives back what it has not finished when the grace is over, and ends.
    private func drain() {
        guard !isDraining else { return }
        world.note("\(name) drains, holding \(held.count)")
        isDraining = true
        beat()
        later(world.dice.number(0...5000)) { [self] in
            for work in held { work.giveBack() }
            isDead = true
            world.replace(self)
        }
    }

    /// Does something in this process: later where it is frozen, never where it is dead.
    func later(_ delay: Int64, _ body: @escaping () -> Void) {
        world.after(delay) { [self] in whenAwake(body) }
    }

    func whenAwake(_ body: @escaping () -> Void) {
        guard !isDead else { return }
        if let frozenUntil { return world.after(frozenUntil - world.time) { [self] in whenAwake(body) } }
        body()
    }

    // MARK: - The contract

    func receive(_ delivery: SimulatedDelivery) {
        whenAwake { [self] in
            clockLead = max(clockLead, delivery.sentAt - world.wall - clockOffset)
            let isExpired = clock >= delivery.order.expiryTime.milliseconds
            if isExpired && world.mutation != .ignoresExpiry {
                return world.note("\(name) drops \(delivery.handle.attempt) of \(delivery.event.type): expired")
            }
            guard !held.contains(where: { $0.delivery.handle == delivery.handle }) else { return }
            if isDraining { return settle(delivery, .returned(reason: "shutting down")) }
            if held.count >= capacity { return settle(delivery, .returned(reason: "full")) }
            let work = SimulatedWork(self, delivery)
            held.append(work)
            beat()
            startle()
            work.begin()
        }
    }

    func finish(_ work: SimulatedWork, _ outcome: Outcome) {
        held.removeAll { $0 === work }
        settle(work.delivery, outcome)
    }

    private func settle(_ delivery: SimulatedDelivery, _ outcome: Outcome) {
        world.note(
            "\(name) settles \(delivery.event.type) of \(delivery.incident) \(delivery.handle.attempt): \(outcome.words)"
        )
        world.handOuts.end(delivery.handle)
        let content = DeliverySettled(handle: delivery.handle, outcome: outcome)
        tell(content, delivery)
        guard world.hasFault(world.conditions.duplicates) else { return }
        later(world.dice.number(0...20_000)) { [self] in tell(content, delivery) }
    }

    func progress(_ events: [CausedEvent], _ delivery: SimulatedDelivery) {
        tell(DeliveryProgress(handle: delivery.handle, events: events), delivery)
    }

    private func tell(_ content: some EventData, _ delivery: SimulatedDelivery) {
        messages += 1
        do throws(MessageError) {
            send(
                .message(
                    Message(
                        type: type(of: content).type,
                        source: "/\(stage)/\(name)",
                        id: "\(messages)",
                        subject: delivery.incident,
                        time: Timestamp(milliseconds: world.wall + clockOffset),
                        data: try JSONValue(encoding: content)
                    )
                )
            )
        } catch {
            world.fail("the simulation is wrong: \(error)")
        }
    }

    private func send(_ input: SimulatedIntake.Input) {
        let delay = world.dice.chance(5) ? world.dice.number(50...1500) : world.dice.number(1...20)
        lastArrival = max(lastArrival, world.time + delay)
        deliver(input)
    }

    /// While intake is down a message waits in this process, or is lost with what intake had read.
    private func deliver(_ input: SimulatedIntake.Input) {
        world.after(lastArrival - world.time) { [self] in
            guard !world.intake.isUp else { return world.intake.put(input) }
            guard !isDead, !world.dice.chance(20) else { return }
            lastArrival = max(lastArrival, world.time + 500)
            deliver(input)
        }
    }
}

extension Outcome {
    /// In a few words, for a trace.
    var words: String {
        switch self {
        case .done(let events): "done \(events.map(\.type.rawValue))"
        case .failed(let failure): "failed: \(failure.message)"
        case .deferred(_, let reason): "deferred: \(reason)"
        case .returned(let reason): "returned: \(reason)"
        }
    }
}

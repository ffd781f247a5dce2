import Ledger
import Messages
import StageKit

/// One process of a stage: the worker's own protocol, on virtual time and with what may befall a process.
final class SimulatedProcess {
    unowned let world: World
    let stage: String
    let name: String
    /// How many it is willing to hold.
    let capacity: Int
    /// How far its wall clock is from intake's.
    private let clockOffset: Int64
    private var contract: WorkerProtocol
    private var works: [SimulatedWork] = []
    private(set) var isDead = false
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
        contract = WorkerProtocol(
            stage: stage,
            instance: name,
            capacity: capacity,
            lease: .milliseconds(world.intake.rules.stages[stage]?.lease ?? 0)
        )
    }

    /// ZeroMQ's heartbeats take a frozen peer out after 3 s.
    var isInRotation: Bool { !isDead && !contract.isDraining && world.time - (frozenSince ?? world.time) < 3000 }

    /// Its own wall clock.
    private var ownClock: Timestamp { Timestamp(milliseconds: world.wall + clockOffset) }

    /// Its wall clock, with the largest lead that it has seen added.
    var clock: Int64 { contract.corrected(ownClock).milliseconds }

    /// What it has held for so long that intake must know whose it is.
    var longHeld: [DeliveryHandle] { works.filter { world.time - $0.begunAt > 5000 }.map(\.delivery.handle) }

    func start() {
        world.note("\(name) starts")
        live()
    }

    /// Once a second: the heartbeat, and whatever befalls it.
    private func live() {
        guard !isDead, !contract.isDraining else { return }
        contract.beat()
        beat()
        if world.hasFault(world.conditions.deaths) { return die() }
        if world.hasFault(world.conditions.freezes) { freeze(for: world.dice.number(1000...25_000)) }
        if world.hasFault(world.conditions.drains) { return drain() }
        if world.hasFault(world.conditions.forgeries) { forge() }
        later(1000) { [self] in live() }
    }

    private func beat() { send(.heartbeat(contract.heartbeat(clock: ownClock, trouble: nil))) }

    // MARK: - What befalls it

    private func die() {
        guard !isDead, !contract.isDraining else { return }
        world.note("\(name) dies, holding \(works.count)")
        isDead = true
        works = []
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
        guard !contract.isDraining else { return }
        world.note("\(name) drains, holding \(works.count)")
        contract.isDraining = true
        beat()
        later(world.dice.number(0...5000)) { [self] in
            for work in works { work.giveBack("shutting down") }
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

    func receive(_ message: Message) {
        whenAwake { [self] in
            do throws(MessageError) {
                switch try contract.take(message, clock: ownClock) {
                case .start(let delivery): begin(delivery)
                case .answer(let settled, _): settle(message, settled)
                case .drop where world.mutation == .ignoresExpiry: begin(message)
                case .drop(let reason): world.note("\(name) drops \(message.type): \(reason)")
                }
            } catch {
                world.fail("intake sent what is no delivery: \(error)")
            }
        }
    }

    /// Takes what it should have dropped.
    private func begin(_ message: Message) {
        guard let id = message.deliveryID, let attempt = message.attempt, let context = message.context,
            let expiry = message.expiryTime
        else { return }
        let handle = DeliveryHandle(deliveryID: id, attempt: attempt)
        guard !works.contains(where: { $0.delivery.handle == handle }) else { return }
        begin(Delivery(handle: handle, event: message, context: context, expiryTime: expiry))
    }

    private func begin(_ delivery: Delivery) {
        let work = SimulatedWork(self, delivery)
        works.append(work)
        beat()
        startle()
        work.begin()
    }

    func finish(_ work: SimulatedWork, _ outcome: Outcome) {
        works.removeAll { $0 === work }
        contract.settle(work.delivery.handle)
        settle(work.delivery.event, DeliverySettled(handle: work.delivery.handle, outcome: outcome))
    }

    /// It is given up without a word.
    func leave(_ work: SimulatedWork) {
        world.note("\(name) leaves \(work.delivery.event.type) of \(work.incident) to its lease")
        works.removeAll { $0 === work }
        contract.settle(work.delivery.handle)
    }

    private func settle(_ event: Message, _ settled: DeliverySettled) {
        let incident = event.subject ?? ""
        world.note("\(name) settles \(event.type) of \(incident) \(settled.handle.attempt): \(settled.outcome.words)")
        world.handOuts.end(settled.handle)
        tell(settled, incident)
        guard world.hasFault(world.conditions.duplicates) else { return }
        later(world.dice.number(0...20_000)) { [self] in tell(settled, incident) }
    }

    func progress(_ events: [CausedEvent], _ delivery: Delivery) {
        tell(DeliveryProgress(handle: delivery.handle, events: events), delivery.incidentID)
    }

    /// Answers for what was never handed to it.
    private func forge() {
        guard let (handle, incident) = world.othersWork(than: self) else { return }
        world.note("\(name) answers for \(handle.deliveryID) \(handle.attempt), which it does not have")
        let future = DeliveryHandle(
            deliveryID: handle.deliveryID,
            attempt: Attempt(epoch: handle.attempt.epoch, number: handle.attempt.number + 1000)
        )
        let nobodys = DeliveryHandle(deliveryID: "nobody's", attempt: handle.attempt)
        tell(DeliverySettled(handle: handle, outcome: .returned(reason: "forged")), incident)
        tell(DeliverySettled(handle: future, outcome: .returned(reason: "forged")), incident)
        tell(DeliverySettled(handle: nobodys, outcome: .done([])), incident)
    }

    private func tell(_ content: some EventData, _ incident: String) {
        messages += 1
        do throws(MessageError) {
            send(
                .message(
                    Message(
                        type: type(of: content).type,
                        source: "/\(stage)/\(name)",
                        id: "\(messages)",
                        subject: incident,
                        time: ownClock,
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

import Ledger
import Messages

/// Intake as its shell runs it: inputs gather while a batch is being committed; answers and hand-outs follow the commit.
final class SimulatedIntake {
    enum Input {
        case accept(AcceptRequest, (Acceptance?) -> Void)
        case cancel(String, (LedgerCore.Cancellation?) -> Void)
        case retry(RetryRequest, (LedgerCore.Retry?) -> Void)
        case resolve(String, (LedgerCore.Resolution?) -> Void)
        case message(Message)
        case heartbeat(StageHeartbeat)
    }

    static let installation = "sim"
    /// How long a stopped workspace keeps its name.
    static let hold: Int64 = 35_000

    private unowned let world: World
    private(set) var store = SimulatedStore()
    private var core: LedgerCore?
    private var inbox: [Input] = []
    private var committing: LedgerCore.Batch?
    /// Rises when intake dies, so that what was planned before does not happen.
    private var life = 0

    init(_ world: World) { self.world = world }

    /// What it decides by in this world.
    private(set) lazy var rules: Rules = {
        var rules = Rules(
            stages: [
                "validator": stage(.decides, [.incidentAccepted], attempts: 10),
                "provisioner": stage(
                    .provisions,
                    [
                        .incidentApproved, .remediationFinished, .workspaceExpiring, .workspaceDispose,
                        .deliveryExhausted, .sweepDue,
                    ]
                ),
                "log-collector": stage(.watches, [.workspaceCreated]),
                "reporter": stage(
                    .reports,
                    [.incidentDeclined, .workspaceCreated, .remediationFinished, .incidentCancelled]
                ),
            ],
            decideWithin: 40_000,
            stopGrace: 30_000,
            hold: Self.hold,
            sweepEvery: 20_000
        )
        if world.mutation == .longRights { rules.expiryMargin = -6000 }
        if world.mutation == .shortHold { rules.hold = 0 }
        return rules
    }()

    private func stage(_ role: Rules.Role, _ takes: [EventType], attempts: Int? = nil) -> Rules.Stage {
        Rules.Stage(
            role: role,
            takes: takes,
            attempts: world.conditions.attempts ?? attempts,
            mostBackOff: 10_000,
            secrets: role == .provisions || role == .watches
        )
    }

    var isUp: Bool { core != nil }

    /// Starts from what is stored.
    func start() {
        store.makeSweeps(at: world.moment.wall)
        if world.mutation != .keepsEpoch || store.epoch == 0 { store.raiseEpoch() }
        rebuild()
        world.note("intake starts, epoch \(store.epoch)")
        tick(life)
    }

    private var flaws: Set<Flaw> { if case .core(let flaw) = world.mutation { [flaw] } else { [] } }

    private func rebuild() {
        let open = store.open
        core = LedgerCore(
            rules: rules,
            installation: Self.installation,
            epoch: store.epoch,
            nextSequence: store.nextSequence,
            incidents: open.incidents,
            deliveries: open.deliveries,
            ids: UniqueIDGenerator(seed: UInt64(world.dice.number(0...Int64.max / 2))),
            flaws: flaws,
            at: world.moment
        )
    }

    /// Kills it: what is in memory is lost, and a batch that is being committed may or may not be on disk.
    func die() {
        world.note("intake dies")
        life += 1
        core = nil
        // It died in a commit: all or nothing is on disk, and nobody was told.
        if let committing {
            if world.mutation == .tearsBatches {
                tear(committing)
            } else if world.dice.chance(50) {
                apply(committing)
            }
        }
        committing = nil
        for input in inbox { refuse(input) }
        inbox = []
        world.forgetPipes()
    }

    private func tick(_ born: Int) {
        guard born == life else { return }
        work()
        world.after(500) { [self] in tick(born) }
    }

    /// Takes an input; answers nil where it is lost.
    func put(_ input: Input) {
        guard core != nil else { return refuse(input) }
        inbox.append(input)
        let born = life
        world.after(world.dice.number(0...5)) { [self] in if born == life { work() } }
    }

    private func refuse(_ input: Input) {
        switch input {
        case .accept(_, let answer): answer(nil)
        case .cancel(_, let answer): answer(nil)
        case .retry(_, let answer): answer(nil)
        case .resolve(_, let answer): answer(nil)
        case .message, .heartbeat: break
        }
    }

    private func work() {
        guard var core, committing == nil else { return }
        self.core = nil  // so that its storage is not copied
        let inputs = inbox
        inbox = []
        var answers: [() -> Void] = []
        for input in inputs { take(input, &core, &answers) }
        let batch = core.finishBatch(at: world.moment)
        self.core = core
        guard !batch.isEmpty else { return answers.forEach { $0() } }
        committing = batch
        commit(batch, inputs, answers)
    }

    private func take(_ input: Input, _ core: inout LedgerCore, _ answers: inout [() -> Void]) {
        let now = world.moment
        switch input {
        case .accept(let request, let answer):
            thaw(request.incident.incidentID, &core)
            let acceptance = core.accept(request, at: now)
            answers.append { answer(acceptance) }
        case .cancel(let incident, let answer):
            thaw(incident, &core)
            let result = core.cancel(incident, by: "operator", reason: "a person asked", at: now)
            answers.append { answer(result) }
        case .retry(let request, let answer):
            thaw(request.incident.incidentID, &core)
            let result = core.retry(request, at: now)
            answers.append { answer(result) }
        case .resolve(let incident, let answer):
            thaw(incident, &core)
            let result = core.resolve(incident, by: "alert", at: now)
            answers.append { answer(result) }
        case .message(let message):
            for needed in core.incidentsNeeded(by: message) { thaw(needed, &core) }
            core.take(message, bytes: [], at: now)
        case .heartbeat(let heartbeat):
            core.take(heartbeat, at: now)
        }
    }

    private func thaw(_ incident: String, _ core: inout LedgerCore) {
        if !core.holds(incident: incident), let record = store.incidents[incident] { core.thaw(record) }
    }

    private func commit(_ batch: LedgerCore.Batch, _ inputs: [Input], _ answers: [() -> Void]) {
        let born = life
        let isSlow = world.dice.chance(3) || world.mutation == .answersUnstored
        let delay = isSlow ? world.dice.number(100...1500) : world.dice.number(1...10)
        let fails = world.hasFault(world.conditions.failedCommits)
        if world.hasFault(world.conditions.intakeDeaths / 2) {
            world.after(delay / 2) { [self] in if born == life { world.killIntake() } }
        }
        if world.mutation == .answersUnstored { for answer in answers { answer() } }
        if world.mutation == .handsOutUnstored { for order in batch.orders { world.handOut(order) } }
        world.after(delay) { [self] in
            guard born == life else { return }
            committing = nil
            if fails {
                world.note("a commit fails; everything starts again from the store")
                for input in inputs { refuse(input) }
                if world.mutation != .keepsEpoch { store.raiseEpoch() }
                return rebuild()
            }
            apply(batch)
            if world.mutation != .handsOutUnstored { for order in batch.orders { world.handOut(order) } }
            if world.mutation != .answersUnstored { for answer in answers { answer() } }
            if !inbox.isEmpty { work() }
        }
    }

    /// Half of a batch is on disk.
    private func tear(_ batch: LedgerCore.Batch) {
        let kept = Array(batch.changes.prefix(Int(world.dice.number(0...Int64(batch.changes.count)))))
        if let problem = store.apply(kept, mutation: world.mutation) { world.fail(problem) }
    }

    private func apply(_ batch: LedgerCore.Batch) {
        for change in batch.changes { world.note(change) }
        if let problem = store.apply(batch.changes, mutation: world.mutation) { world.fail(problem) }
        for case .append(let event) in batch.changes where event.type == .remediationFinished {
            world.coder.checkRefusal(event)
        }
    }
}

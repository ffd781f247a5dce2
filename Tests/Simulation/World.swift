import Ledger
import Messages

/// One schedule of everything, from one seed: the same seed gives the same history.
package final class World {
    /// What an incident will be like, whoever deals with it.
    struct Story {
        var isApproved = true
        var isRefused = false
        var buildFails = false
        var scriptSucceeds = true
        /// Nil where it hangs.
        var scriptDuration: Int64? = 1000
        /// How long after its build a workspace's agent begins.
        var agentDelay: Int64 = 1000
    }

    /// When the world begins, on the wall.
    private static let origin: Int64 = 1_800_000_000_000

    let seed: UInt64
    let mutation: Mutation?
    /// What goes wrong in it, and how often.
    package let conditions: Conditions
    var dice: Dice
    private(set) var time: Int64 = 0
    /// What happened, line by line, where that was to be kept.
    package private(set) var trace: [String] = []
    private(set) var violation: String?
    var handOuts = HandOuts()
    private(set) lazy var intake = SimulatedIntake(self)
    private(set) lazy var coder = SimulatedCoder(self)
    private(set) lazy var desk = SimulatedDesk(self, name: "the incident API")
    private let keepsTrace: Bool
    private var agenda = Agenda()
    private var pipes = Pipes()
    private var processes: [SimulatedProcess] = []
    /// Those that have gone, and when.
    private var gone: [(process: SimulatedProcess, at: Int64)] = []
    private var births = 0
    private var stories: [String: Story] = [:]
    private var accepted: Set<String> = []
    private var promises = Promises()

    /// A world that is made from its seed.
    ///
    /// - Parameters:
    ///   - seed: what everything follows from.
    ///   - mutation: what is built wrongly.
    ///   - favouring: the mutation whose circumstances it has; those of `mutation` without it.
    ///   - keepsTrace: whether the history is kept to be read.
    package init(seed: UInt64, mutation: Mutation? = nil, favouring: Mutation? = nil, keepsTrace: Bool = false) {
        self.seed = seed
        self.mutation = mutation
        self.keepsTrace = keepsTrace
        dice = Dice(seed: seed)
        var conditions = Conditions(&dice)
        if let favoured = favouring ?? mutation { conditions.favour(favoured) }
        self.conditions = conditions
    }

    var wall: Int64 { Self.origin + time }
    var moment: Moment { Moment(wall: Timestamp(milliseconds: wall), monotonic: time) }

    /// Runs until everything has ended, or an invariant is broken.
    ///
    /// - Returns: the violation.
    package func run() -> String? {
        intake.start()
        coder.live()
        desk.live()
        for stage in intake.rules.stages.keys.sorted() {
            for _ in 0..<conditions.processes { begin(stage) }
        }
        for number in 1...conditions.incidents { tell("I-\(number)") }
        troubleIntake()
        while violation == nil, let next = agenda.next() {
            time = next.at
            next.action()
            // Late duplicates and sleepers must not change what has ended.
            if time > Conditions.peopleEnd + 30_000, isQuiet { return violation ?? checkEnd() }
            if time > Conditions.everythingEnds { return checkEnd() }
        }
        return violation
    }

    // MARK: - What all parts use

    func after(_ delay: Int64, _ action: @escaping () -> Void) { agenda.plan(at: time + max(delay, 0), action) }

    func hasFault(_ percent: Int64) -> Bool { time < Conditions.faultsEnd && percent > 0 && dice.chance(percent) }

    func story(of incident: String) -> Story { stories[incident] ?? Story() }

    func note(_ line: @autoclosure () -> String) {
        if keepsTrace { trace.append("\(time) \(line())") }
    }

    func note(_ change: Change) {
        switch change {
        case .append(let event): note("ledger: \(event.incident) \(event.type)")
        case .updateIncident(let record):
            note(
                "ledger: \(record.id) is \(record.state), \(record.verdict?.rawValue ?? "-"), end \(record.pendingEnd?.cause.rawValue ?? "-")"
            )
        case .deadLetter(let letter): note("ledger: dead letter of \(letter.source): \(letter.reason)")
        default: break
        }
    }

    func fail(_ problem: String) {
        guard violation == nil else { return }
        violation = problem
        note("VIOLATION: \(problem)")
    }

    // MARK: - Processes

    private func begin(_ stage: String) {
        births += 1
        let process = SimulatedProcess(self, stage: stage, name: "\(stage)-\(births)")
        processes.append(process)
        process.start()
        for message in pipes.waiting.removeValue(forKey: stage) ?? [] { process.receive(message) }
    }

    /// Starts another one for a process that has gone.
    func replace(_ process: SimulatedProcess) {
        processes.removeAll { $0 === process }
        gone.append((process, time))
        after(dice.number(500...8000)) { [self] in begin(process.stage) }
    }

    func forgetPipes() { pipes.waiting = [:] }

    func handOut(_ order: HandOutOrder) {
        note(
            "intake hands out \(order.incident) to \(order.stage), event \(order.eventSequence), attempt \(order.handle.attempt)"
        )
        if let problem = handOuts.add(order, at: wall, room: room(of: order.stage), intake.rules, intake.store) {
            return fail(problem)
        }
        guard let message = intake.store.message(for: order, rules: intake.rules) else {
            return fail("a hand-out of no event")
        }
        guard let process = pipes.choose(order.stage, from: processes) else {
            return pipes.waiting[order.stage, default: []].append(message)
        }
        after(dice.chance(5) ? dice.number(50...3000) : dice.number(1...20)) { process.receive(message) }
    }

    /// What the stage's processes can hold together; one that has gone is missed only after its silence and its lease.
    private func room(of stage: String) -> Int {
        let rules = intake.rules
        let patience = rules.silence + (rules.stages[stage]?.lease ?? 0)
        let lately = gone.filter { time - $0.at < patience }.map(\.process)
        return (processes + lately).filter { $0.stage == stage }.reduce(0) { $0 + $1.capacity }
    }

    /// Something that another process of the same stage has held for long.
    func othersWork(than process: SimulatedProcess) -> (DeliveryHandle, incident: String)? {
        let others = processes.filter { $0.stage == process.stage && $0 !== process }.flatMap(\.longHeld)
        guard !others.isEmpty else { return nil }
        let handle = others[Int(dice.number(0...Int64(others.count - 1)))]
        return intake.store.deliveries[handle.deliveryID].map { (handle, $0.incident) }
    }

    /// The place of an event in the ledger.
    func sequence(of event: String) -> Int64 { intake.store.sequences[event] ?? 0 }

    // MARK: - People

    private func tell(_ incident: String) {
        stories[incident] = Story(
            isApproved: dice.chance(90),
            isRefused: conditions.refusals > 0 && dice.chance(conditions.refusals),
            buildFails: dice.chance(8),
            scriptSucceeds: dice.chance(80),
            scriptDuration: dice.chance(90) ? dice.number(500...15_000) : nil,
            agentDelay: dice.chance(85) ? dice.number(100...2000) : dice.number(20_000...45_000)
        )
        after(dice.number(0...20_000)) { [self] in submit(incident) }
        if dice.chance(conditions.cancels) { after(dice.number(0...60_000)) { [self] in cancel(incident) } }
        if dice.chance(conditions.resolutions) { after(dice.number(0...60_000)) { [self] in resolve(incident) } }
        for _ in 0..<6 where dice.chance(conditions.retries) {
            after(dice.number(5000...Conditions.peopleEnd)) { [self] in retry(incident) }
        }
    }

    /// A sender repeats until it is answered.
    private func submit(_ incident: String) {
        let request = AcceptRequest(
            incident: Incident(incidentID: incident, serviceName: "api", severity: "critical", description: "ill"),
            sender: "api",
            sealedToken: "sealed",
            traceparent: "00"
        )
        let isKnown = accepted.contains(incident)
        intake.put(
            .accept(request) { [self] answer in
                guard answer == .accepted || answer == .known else {
                    return after(1000) { [self] in if !isKnown { submit(incident) } }
                }
                note("\(incident) is answered: \(answer.map { "\($0)" } ?? "-")")
                accepted.insert(incident)
            }
        )
        // Its connection broke with a batch that was being committed.
        after(5000) { [self] in if !accepted.contains(incident) { submit(incident) } }
    }

    private func cancel(_ incident: String) {
        let attempt = intake.store.incidents[incident]?.operatorAttempt ?? 1
        intake.put(
            .cancel(incident) { [self] answer in
                note("cancel of \(incident): \(answer.map { "\($0)" } ?? "lost")")
                if answer == .asked { promise(.end(attempt), of: incident) }
            }
        )
    }

    private func retry(_ incident: String) {
        guard let content = intake.store.contents[incident] else { return }
        let request = RetryRequest(incident: content, by: "operator", reason: "again", sealedToken: "sealed")
        intake.put(
            .retry(request) { [self] answer in
                note("retry of \(incident): \(answer.map { "\($0)" } ?? "lost")")
                if case .begun(let attempt) = answer { promise(.attempt(attempt), of: incident) }
            }
        )
    }

    private func resolve(_ incident: String) {
        let attempt = intake.store.incidents[incident]?.operatorAttempt ?? 1
        intake.put(
            .resolve(incident) { [self] answer in
                note("the alert of \(incident) resolves: \(answer.map { "\($0)" } ?? "lost")")
                if answer == .cancelled { promise(.end(attempt), of: incident) }
            }
        )
    }

    /// What a person was answered is stored by then (I1).
    private func promise(_ what: Promises.Promise, of incident: String) {
        guard let record = intake.store.incidents[incident] else {
            return fail("I1: \(incident) was answered and is lost")
        }
        if let problem = promises.add(what, record) { fail(problem) }
    }

    private func troubleIntake() {
        if intake.isUp, hasFault(conditions.intakeDeaths) { killIntake() }
        after(1000) { [self] in troubleIntake() }
    }

    func killIntake() {
        intake.die()
        after(dice.number(200...6000)) { [self] in intake.start() }
    }

    // MARK: - The end

    private var isQuiet: Bool {
        intake.store.deliveries.isEmpty && accepted.count == Int(conditions.incidents)
            && intake.store.incidents.values.allSatisfy(\.state.isTerminal) && coder.left.isEmpty
    }

    /// When faults have stopped, everything has come to its end, people were told, and nothing is left.
    private func checkEnd() -> String? {
        for number in 1...conditions.incidents {
            let incident = "I-\(number)"
            guard accepted.contains(incident) else { return "\(incident) was never answered" }
            guard let record = intake.store.incidents[incident] else {
                return "I1: \(incident) was answered and is lost"
            }
            guard record.state.isTerminal else { return "I6: \(incident) stays \(record.state)" }
            if let difference = intake.store.difference(of: incident) { return "I3: \(incident) has \(difference)" }
            if let lost = promises.broken(of: record, intake.store) { return lost }
            for attempt in 1...record.operatorAttempt where !desk.knowsOutcome(of: incident, attempt: attempt) {
                guard !intake.store.isUnreported(incident, attempt: attempt) else { continue }
                return "I6: nobody was told how attempt \(attempt) of \(incident) ended"
            }
            if intake.store.secrets.contains(incident) { return "the token of \(incident) is still there" }
        }
        if let open = intake.store.deliveries.values.min(by: { $0.id < $1.id }) {
            return "I6: \(open.eventType) of \(open.incident) stays open at \(open.stage): \(open.lastError ?? "-")"
        }
        if let workspace = coder.left.first { return "\(workspace.id) of \(workspace.incident) is left" }
        if let letter = intake.store.deadLetters.first { return "a stage sent what nobody can use: \(letter)" }
        return nil
    }
}

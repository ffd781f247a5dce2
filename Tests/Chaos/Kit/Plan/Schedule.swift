import TestSupport

/// When what is done to a run: the same for the same seed and length.
struct Schedule: Hashable, Sendable {
    /// One fault; times in milliseconds from the start of the faults.
    struct Step: Hashable, Sendable {
        var at: Int
        /// How long it lasts; 0 for what is over at once.
        var lasts: Int
        var fault: Fault

        var ends: Int { at + lasts }
    }

    /// How reports are kept from being told twice, which decides what may be done to whom.
    enum Reporting: String, Hashable, Sendable {
        /// The incident system knows Idempotency-Key.
        case key
        /// It does not, and the reporter looks before it repeats.
        case look
    }

    let seed: UInt64
    /// How long faults are begun for.
    let length: Int
    let reporting: Reporting
    let steps: [Step]

    /// The longest stop of one process: the run's hold is longer than two of them and what a clock is shifted by.
    static let longestFreeze = 6000
    /// How far intake's wall clock is shifted at most: deadlines and holds are wall time.
    static let longestIntakeShift = 3000

    init(seed: UInt64, length: Int) {
        self.seed = seed
        self.length = length
        reporting = seed.isMultiple(of: 2) ? .key : .look
        var planner = Planner(random: SeededGenerator(seed: seed), length: length, reporting: reporting)
        steps = planner.plan()
    }
}

/// Deals faults from a shuffled deck, so that a long run has had all of them and a short one not the same twice.
private struct Planner {
    private enum Card: Hashable {
        case kill, killSeveral, storm, freeze, freezeSeveral, silence, outage, full, readOnly, clock
        case answers(Fault.Outside, AnswerFault)
    }

    var random: SeededGenerator
    let length: Int
    let reporting: Schedule.Reporting
    private var freeFrom: [String: Int] = [:]

    init(random: SeededGenerator, length: Int, reporting: Schedule.Reporting) {
        self.random = random
        self.length = length
        self.reporting = reporting
    }

    mutating func plan() -> [Schedule.Step] {
        var steps: [Schedule.Step] = []
        var deck: [Card] = []
        var time = 0
        while time < length {
            if deck.isEmpty { deck = newDeck() }
            let (fault, lasts) = deal(deck.removeFirst())
            let at = max(time, fault.resource.flatMap { freeFrom[$0] } ?? 0)
            let step = Schedule.Step(at: at, lasts: min(lasts, max(0, length - at)), fault: fault)
            if at < length {
                steps.append(step)
                // A breath between two, in which what waited gets on.
                if let resource = fault.resource { freeFrom[resource] = step.ends + random.number(500...3000) }
            }
            time += random.number(200...2600)
        }
        return steps.sorted { ($0.at, $0.ends) < ($1.at, $1.ends) }
    }

    /// Kills and freezes most; the long outage once in three decks.
    private mutating func newDeck() -> [Card] {
        var deck: [Card] = [.storm, .full, .readOnly, .silence, .freezeSeveral]
        deck += [Card](repeating: .kill, count: 6) + [Card](repeating: .killSeveral, count: 3)
        deck += [Card](repeating: .freeze, count: 4) + [Card](repeating: .clock, count: 3)
        for outside in Fault.Outside.allCases { deck += AnswerFault.allCases.map { .answers(outside, $0) } }
        if random.number(1...3) == 1 { deck.append(.outage) }
        return deck.shuffled(using: &random)
    }

    private mutating func deal(_ card: Card) -> (fault: Fault, lasts: Int) {
        switch card {
        case .kill: return (.kill([random.one(of: Cast.members)]), 0)
        case .killSeveral: return (.kill(random.some(random.number(2...5), of: Cast.members)), 0)
        case .storm:
            return (.storm(random.some(random.number(1...3), of: Cast.members), times: random.number(3...6)), 0)
        case .freeze: return (.freeze([random.one(of: freezable)]), random.number(300...Schedule.longestFreeze))
        case .freezeSeveral:
            return (.freeze(random.some(random.number(2...4), of: freezable)), random.number(300...5000))
        case .silence:
            let outside: Fault.Outside = reporting == .key ? random.one(of: Fault.Outside.allCases) : .coder
            return (.silence(outside), random.number(500...Schedule.longestFreeze))
        case .outage: return (.outage, min(60_000, length / 4))
        case .full: return (.full, random.number(1500...6000))
        case .readOnly: return (.readOnly, random.number(1500...5000))
        case .clock: return (clockShift(), random.number(2500...10_000))
        case .answers(let outside, let fault): return (.answers(outside, fault), random.number(800...6000))
        }
    }

    /// Where the incident system knows no keys, a report that is frozen between the look and the call cannot be told
    /// from one that was never sent: no client can close that gap, so it is not opened.
    private var freezable: [String] {
        reporting == .key ? Cast.members : Cast.members.filter { !$0.hasPrefix("reporter") }
    }

    private mutating func clockShift() -> Fault {
        let name = random.one(of: Cast.members)
        let sign = random.number(0...1) == 0 ? 1 : -1
        let size =
            name == Cast.intake
            ? random.number(500...Schedule.longestIntakeShift) : random.one(of: [700, 3000, 30_000, 3_600_000])
        return .clock(name, offset: sign * size)
    }
}

import Ledger
import Messages

/// What comes back of a call.
enum Reply<Answer> {
    case answer(Answer)
    /// Refused without effect.
    case unavailable
    /// Nothing came back; it may have taken effect.
    case lost
}

/// A system that is reached over a network: calls take time, answers are lost, outages happen.
class OutsideSystem {
    unowned let world: World
    private let name: String
    private var outageEnds: Int64 = 0

    init(_ world: World, name: String) {
        self.world = world
        self.name = name
    }

    /// Once a second.
    func live() {
        if world.hasFault(world.conditions.outages) {
            let duration = world.dice.number(1000...30_000)
            outageEnds = max(outageEnds, world.time + duration)
            world.note("\(name) is out for \(duration) ms")
        }
        world.after(1000) { [self] in live() }
    }

    /// Sends a request; nothing of it is under way any more a second after it was sent.
    func call<Answer>(_ effect: @escaping () -> Answer, _ then: @escaping (Reply<Answer>) -> Void) {
        let flight = world.dice.chance(10) ? world.dice.number(100...900) : world.dice.number(1...50)
        let isLost = world.hasFault(world.conditions.lostAnswers)
        let isUnavailable = world.hasFault(world.conditions.unavailable)
        world.after(flight) { [self] in
            if world.time < outageEnds || isUnavailable {
                let isSilent = world.dice.chance(30)
                return world.after(isSilent ? world.dice.number(1000...3000) : 10) {
                    then(isSilent ? .lost : .unavailable)
                }
            }
            let answer = effect()
            if isLost { return world.after(world.dice.number(1000...3000)) { then(.lost) } }
            world.after(world.dice.number(1...50)) { then(.answer(answer)) }
        }
    }
}

/// The incident system: what it was told of each incident, in the order of arrival.
final class SimulatedDesk: OutsideSystem {
    struct Entry: Hashable {
        var event: String
        var attempt: Int
        var sequence: Int64
        var type: EventType
        var verdict: Verdict?

        var end: Ending? { Ending(type, verdict) }
    }

    private(set) var told: [String: [Entry]] = [:]

    func has(_ entry: Entry, of incident: String) -> Bool {
        told[incident]?.contains { $0.event == entry.event } ?? false
    }

    func tell(_ entry: Entry, of incident: String) {
        world.note("the incident API hears of \(incident): \(entry.type) \(entry.verdict?.rawValue ?? "")")
        let before = told[incident, default: []]
        if before.contains(where: { $0.event == entry.event }) {
            world.fail("\(entry.type) of \(incident) was told twice")
        }
        if let last = before.last, last.sequence > entry.sequence {
            world.fail("I7: \(entry.type) of \(incident) was told after \(last.type)")
        }
        if let end = entry.end {
            if world.intake.store.end(of: incident, attempt: entry.attempt) != end {
                world.fail("I8: \(incident) was told \(end), which is not what the ledger has")
            }
            if before.contains(where: { $0.end != nil && $0.attempt == entry.attempt }) {
                world.fail("I8: two ends of attempt \(entry.attempt) of \(incident) were told")
            }
        }
        if entry.verdict == .succeeded && !world.coder.hasEndedWell(incident, attempt: entry.attempt) {
            world.fail("\(incident) was told a success of a script that never ended so")
        }
        told[incident] = before + [entry]
    }

    /// Whether it was told how an attempt ended.
    func knowsOutcome(of incident: String, attempt: Int) -> Bool {
        told[incident, default: []].contains { $0.attempt == attempt && $0.end != nil }
    }
}

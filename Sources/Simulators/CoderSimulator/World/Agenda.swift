import SimulatorKit

/// What is due when, in order; what is due at the same time in the order of planning.
struct Agenda<Event: Sendable>: Sendable {
    /// The latest first, so that the next one is taken from the end.
    private var entries: [(at: Timestamp, event: Event)] = []

    /// When the next event is due.
    var next: Timestamp? { entries.last?.at }

    /// Plans an event.
    mutating func add(_ event: Event, at time: Timestamp) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].at > time { low = middle + 1 } else { high = middle }
        }
        entries.insert((time, event), at: low)
    }

    /// Takes the next event that is due; nil where none is.
    mutating func take(dueBy now: Timestamp) -> (at: Timestamp, event: Event)? {
        guard let last = entries.last, last.at <= now else { return nil }
        return entries.removeLast()
    }
}

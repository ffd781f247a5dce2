import HeapModule

/// What the core knows of one stage's processes and of the deliveries waiting for them.
struct StageState: Sendable {
    /// One process as its heartbeats show it.
    struct Process: Sendable, Hashable {
        var capacity: Int
        var held = 0
        var lastSeen: Int64
        var trouble: String?
        /// The largest distance of its wall clock from ours, in milliseconds, as its last heartbeat showed it.
        var clockOffset: Int64
    }

    /// A delivery that may be its turn; looked at again when it is taken out, so stale entries do no harm.
    struct Waiting: Comparable, Sendable {
        var sequence: Int64
        var delivery: String
        static func < (left: Waiting, right: Waiting) -> Bool {
            (left.sequence, left.delivery) < (right.sequence, right.delivery)
        }
    }

    var processes: [String: Process] = [:]
    /// Handed out and claimed by nobody yet.
    var unclaimed = 0
    /// What begins something outside: a workspace that somebody must follow, stop and erase.
    private var begins = Heap<Waiting>()
    private var others = Heap<Waiting>()
    private var sinceBegin = 0

    /// Where both wait, one of so many hand-outs begins something.
    ///
    /// What was begun makes some five more hand-outs until it is erased. If what begins came first, a backlog of incidents
    /// would become a backlog of workspaces; if it came last, one incident would wait for all the cleaning up.
    static let handOutsPerBegin = 8

    /// Whether a delivery may be waiting.
    var hasWaiting: Bool { !begins.isEmpty || !others.isEmpty }

    /// Puts a delivery where hand-out looks.
    mutating func wait(_ delivery: Waiting, begins isBegin: Bool) {
        if isBegin { begins.insert(delivery) } else { others.insert(delivery) }
    }

    /// Takes out whose turn it is: the oldest of its kind.
    mutating func popWaiting() -> Waiting? {
        if others.isEmpty || sinceBegin + 1 >= Self.handOutsPerBegin, let next = begins.popMin() { return next }
        return others.popMin()
    }

    /// Takes in what was handed out.
    mutating func noteHandOut(begins isBegin: Bool) { sinceBegin = isBegin ? 0 : sinceBegin + 1 }

    /// How many more deliveries the living processes together are willing to hold.
    func freeCapacity(now: Int64, silence: Int64) -> Int {
        let free = processes.values.reduce(0) { sum, process in
            now - process.lastSeen > silence ? sum : sum + max(0, process.capacity - process.held)
        }
        return free - unclaimed
    }
}

/// Something that happens at a moment unless it is overtaken.
struct Timer: Comparable, Sendable {
    enum What: Hashable, Sendable {
        /// A delivery becomes due, or must be given up.
        case delivery(String)
        /// The deadline or the grace of an incident.
        case incident(String)
    }
    var at: Int64
    var what: What

    static func < (left: Timer, right: Timer) -> Bool { left.at < right.at }
}

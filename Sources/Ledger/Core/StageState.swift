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
    var waiting = Heap<Waiting>()

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

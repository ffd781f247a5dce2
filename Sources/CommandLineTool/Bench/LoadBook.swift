import Messages

/// What became of the deliveries of one run: by their numbers, since there are many of them.
struct LoadBook: Sendable {
    /// When each should have been handed out; nil for those that have not been.
    private var intended: [ContinuousClock.Instant?] = []
    private(set) var inHand = InHand()
    /// How many were settled with `done`.
    private(set) var done = 0
    /// How many were settled, whatever the answer.
    private(set) var settled = 0
    /// How many processes have said that they live, and what they are willing to hold in all.
    private(set) var capacities: [String: Int] = [:]
    /// When the first and the last one were settled.
    private(set) var firstSettled: ContinuousClock.Instant?
    private(set) var lastSettled: ContinuousClock.Instant?
    /// Those that were given back, and are to be handed out again.
    private var back: [Int] = []
    private var run = ""

    var capacity: Int { capacities.values.reduce(0, +) }

    /// Begins a run of so many deliveries, whose ids are the run's name and their number.
    mutating func begin(_ run: String, count: Int) {
        self.run = run
        intended = Array(repeating: nil, count: count)
        inHand = InHand()
        done = 0
        settled = 0
        firstSettled = nil
        lastSettled = nil
        back = []
    }

    /// What was given back since this was last asked: a stage may be full for the moment between two messages.
    mutating func takeBack() -> [Int] {
        defer { back = [] }
        return back
    }

    mutating func note(_ number: Int, intended instant: ContinuousClock.Instant) { intended[number] = instant }

    /// Takes what came in.
    mutating func take(_ frame: [UInt8], at now: ContinuousClock.Instant) {
        guard let message = try? Message(frame: frame) else { return }
        switch message.type {
        case .stageHeartbeat:
            guard case .integer(let capacity)? = message.data["capacity"], let name = message.data["instance"]?.string
            else { return }
            capacities[name] = Int(capacity)
        case .deliverySettled:
            guard let id = message.data["deliveryid"]?.string, let word = message.data["outcome"]?.string,
                let number = LoadNumber.read(id, of: run), intended.indices.contains(number),
                let instant = intended[number]
            else { return }
            guard word != "returned" else { return back.append(number) }
            intended[number] = nil
            firstSettled = firstSettled ?? now
            lastSettled = now
            inHand.record(now - instant)
            settled += 1
            if word == "done" { done += 1 }
        default: return
        }
    }
}

/// The ids of deliveries of a load run: `RUN-NUMBER`.
enum LoadNumber {
    static func id(_ number: Int, of run: String) -> String { "\(run)-\(number)" }

    static func read(_ id: String, of run: String) -> Int? {
        guard id.hasPrefix(run), let dash = id.lastIndex(of: "-") else { return nil }
        return Int(id[id.index(after: dash)...])
    }
}

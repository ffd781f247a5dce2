import Messages

/// What became of one incident that was sent.
struct SendOutcome: Hashable, Sendable {
    enum End: Hashable, Sendable {
        /// Stored; asked no further.
        case accepted
        /// Stored and ended, with this verdict.
        case finished(verdict: String)
        /// Stored, and no machine may deal with it.
        case declined
        /// Stored, and cancelled before it had a verdict.
        case cancelled
        /// Not stored, and repeating would not change that.
        case refused(String)
        /// Not stored in all the time there was.
        case lost(String)
        /// Stored, but no end was seen in all the time there was.
        case withoutVerdict(String)
    }

    var id: String
    var end: End
    /// From the first POST to the end, or to the answer where no end was waited for.
    var took: Duration
    /// What every repeated attempt failed with.
    var repeated: [String] = []
}

/// The sum of many.
struct SendTally: Sendable {
    private(set) var done = 0
    private(set) var accepted = 0
    private(set) var declined = 0
    private(set) var cancelled = 0
    private(set) var refused = 0
    private(set) var lost = 0
    private(set) var withoutVerdict = 0
    private(set) var verdicts: [String: Int] = [:]
    private(set) var repeated: [String: Int] = [:]
    /// Of those that got what was waited for.
    private(set) var latencies: [Duration] = []
    /// The first few that went wrong: id and why.
    private(set) var complaints: [String] = []

    mutating func add(_ outcome: SendOutcome) {
        done += 1
        for cause in outcome.repeated { repeated[cause, default: 0] += 1 }
        switch outcome.end {
        case .accepted:
            accepted += 1
            latencies.append(outcome.took)
        case .finished(let verdict):
            accepted += 1
            verdicts[verdict, default: 0] += 1
            latencies.append(outcome.took)
        case .declined:
            declined += 1
            latencies.append(outcome.took)
        case .cancelled:
            accepted += 1
            cancelled += 1
            latencies.append(outcome.took)
        case .refused(let why):
            refused += 1
            complain(outcome.id, why)
        case .lost(let why):
            lost += 1
            complain(outcome.id, why)
        case .withoutVerdict(let why):
            accepted += 1
            withoutVerdict += 1
            complain(outcome.id, why)
        }
    }

    /// Whether every incident was stored and, where that was waited for, came to an end.
    var isComplete: Bool { refused == 0 && lost == 0 && withoutVerdict == 0 }

    private mutating func complain(_ id: String, _ why: String) {
        if complaints.count < 5 { complaints.append("\(SafeText.line(id)): \(why)") }
    }
}

enum Percentile {
    /// The smallest value, of ascending ones, that a share of all is not above (nearest rank); nil where there is none.
    static func of(_ sorted: [Duration], _ percent: Int) -> Duration? {
        guard !sorted.isEmpty else { return nil }
        let rank = (sorted.count * percent + 99) / 100
        return sorted[max(1, min(rank, sorted.count)) - 1]
    }
}

import CoderAPI

/// When the next list call is due, and when silence becomes trouble.
struct ListPace {
    private static let longestPause = Duration.seconds(15)

    let tick: Duration
    let silencePatience: Duration
    /// How long to wait before the next call.
    private(set) var pause: Duration
    private var failures = 0
    private var silentSince: ContinuousClock.Instant?

    init(tick: Duration, silencePatience: Duration) {
        self.tick = tick
        self.silencePatience = silencePatience
        pause = tick
    }

    mutating func succeeded() {
        failures = 0
        silentSince = nil
        pause = tick
    }

    /// Takes a failure in.
    ///
    /// - Returns: The trouble that it means, in one sentence; nil where it need not be told yet.
    mutating func failed(_ error: CoderError, at now: ContinuousClock.Instant) -> String? {
        failures += 1
        let since = silentSince ?? now
        silentSince = since
        pause = min(tick * (1 << min(failures, 8)), max(Self.longestPause, tick))
        switch error.kind {
        case .rateLimited(let seconds):
            pause = max(tick, .seconds(min(seconds, 60)))
            return nil
        case .unauthorized, .forbidden: return error.description
        default:
            guard since.duration(to: now) > silencePatience else { return nil }
            return "workspaces could not be listed for \(since.duration(to: now).components.seconds) s: \(error)"
        }
    }
}

/// What to ask Coder for, so that the answer holds all workspaces that are followed and not many others.
struct ListQuery {
    /// Ids of 37 bytes each in a URL that proxies must take.
    static let mostIDs = 40

    let owner: String
    private var takesIDs = true

    init(owner: String) { self.owner = owner.lowercased() }

    /// The query for these workspaces.
    func text(for ids: [String]) -> String {
        takesIDs && ids.count <= Self.mostIDs ? "id:\(ids.sorted().joined(separator: ","))" : "owner:\(owner) name:m-"
    }

    /// Whether it was the query by ids that Coder did not take; then it is used no more.
    ///
    /// The key `id` is in Coder's code but in no documentation.
    mutating func isRefused(by error: CoderError) -> Bool {
        guard takesIDs, error.kind == .invalid else { return false }
        takesIDs = false
        return true
    }
}

import CoderAPI

/// When the next list call is due, and when silence becomes trouble.
struct ListPace {
    private static let longestPause = Duration.seconds(15)
    private static let longestRest = Duration.seconds(3)
    /// Keeps list calls at 300 a minute, where Coder takes 512 for one path (coderd/coderd.go, cli/server.go).
    private static let pausePerCall = Duration.milliseconds(200)

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

    /// Takes a success in, which took so many calls and so long.
    mutating func succeeded(calls: Int = 1, took: Duration = .zero) {
        failures = 0
        silentSince = nil
        // A list of thousands takes a second, of Coder's time too: at most two of five are spent on it, and looks still come
        // within five seconds.
        pause = max(tick, Self.pausePerCall * calls, min(took * 1.5, Self.longestRest))
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

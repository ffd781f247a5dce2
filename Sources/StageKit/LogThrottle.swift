/// At most one line a second of what may come in floods, each with how many it stands for.
public struct LogThrottle: Sendable {
    private let interval: Duration
    private var last: Duration?
    private var pending = 0

    /// A throttle that lets one line through in each interval.
    public init(interval: Duration = .seconds(1)) { self.interval = interval }

    /// Counts what has happened.
    ///
    /// - Parameters:
    ///   - count: how much of it; 0 asks whether something is still to be told.
    ///   - now: the time of a monotonic clock.
    /// - Returns: how much the line that is due now stands for; nil where none is due.
    public mutating func count(_ count: Int, at now: Duration) -> Int? {
        pending += count
        guard pending > 0 else { return nil }
        if let last, now - last < interval { return nil }
        last = now
        defer { pending = 0 }
        return pending
    }
}

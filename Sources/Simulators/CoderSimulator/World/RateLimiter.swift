import SimulatorKit

/// Coder's limit on requests: go-chi/httprate v0.15, a sliding estimate over windows that begin with the minute.
///
/// The key is client address and exact path, without the method: in 2.28 the limiter runs before authentication.
struct RateLimiter: Sendable {
    /// What a request is told.
    struct Verdict: Equatable, Sendable {
        let isAllowed: Bool
        let remaining: Int
        /// The end of the window, in seconds since 1970.
        let reset: Int64
    }

    /// The path that got the most requests within a minute.
    struct Busiest: Equatable, Sendable {
        /// Client address and path.
        var key: String
        /// Refused ones included.
        var requests: Int
    }

    private struct Counter {
        var minute: Int64
        var current = 0
        var previous = 0
        /// All of this minute, whatever they were told.
        var requests = 0
    }

    /// Nil before the first request.
    private(set) var busiest: Busiest?
    private var counters: [String: Counter] = [:]
    private var sweptMinute: Int64 = 0

    /// Counts a request.
    ///
    /// Refused ones are not counted against the limit.
    mutating func count(_ key: String, limit: Int, now: Timestamp) -> Verdict {
        let minute = now.microseconds / 60_000_000
        let elapsed = Double(now.microseconds % 60_000_000) / 60_000_000
        var counter = counter(of: key, in: minute)
        let rate = Int((Double(counter.previous) * (1 - elapsed) + Double(counter.current)).rounded())
        let isAllowed = rate + 1 <= limit
        if isAllowed { counter.current += 1 }
        counters[key] = counter
        return Verdict(
            isAllowed: isAllowed,
            remaining: max(0, limit - rate - (isAllowed ? 1 : 0)),
            reset: (minute + 1) * 60
        )
    }

    /// Counts a request where there is no limit.
    mutating func count(_ key: String, now: Timestamp) {
        counters[key] = counter(of: key, in: now.microseconds / 60_000_000)
    }

    /// The counter of a key in a minute, with one more request in it.
    private mutating func counter(of key: String, in minute: Int64) -> Counter {
        if minute != sweptMinute {
            counters = counters.filter { $0.value.minute >= minute - 1 }
            sweptMinute = minute
        }
        var counter = counters[key] ?? Counter(minute: minute)
        if counter.minute != minute {
            counter = Counter(
                minute: minute,
                current: 0,
                previous: counter.minute == minute - 1 ? counter.current : 0
            )
        }
        counter.requests += 1
        if counter.requests > busiest?.requests ?? 0 { busiest = Busiest(key: key, requests: counter.requests) }
        return counter
    }
}

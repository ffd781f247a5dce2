import Messages

/// How a request is repeated: waits that double up to a bound, with jitter, for so long in all.
struct RetryPolicy: Hashable, Sendable {
    var first: Duration = .milliseconds(200)
    var most: Duration = .seconds(5)
    var total: Duration

    /// Starts counting.
    func begin(at now: ContinuousClock.Instant) -> Attempts { Attempts(policy: self, began: now) }

    /// The wait before a repetition, after so many failures.
    ///
    /// What the answer asked for is waited in any case. `random` is from 0 to 1: half of the wait is jitter, so that many
    /// senders do not come back together.
    func wait(failures: Int, retryAfter: Duration?, random: Double) -> Duration {
        let doubled = failures < 30 ? first * (1 << max(0, failures - 1)) : most
        let backOff = min(doubled, most)
        return max(backOff * (0.5 + random / 2), retryAfter ?? .zero)
    }

    /// The repetitions of one request.
    struct Attempts: Hashable, Sendable {
        var policy: RetryPolicy
        var began: ContinuousClock.Instant
        private(set) var failures = 0

        init(policy: RetryPolicy, began: ContinuousClock.Instant) {
            self.policy = policy
            self.began = began
        }

        /// Counts a failure; nil where the next try would come too late.
        mutating func next(
            after retryAfter: Duration?,
            now: ContinuousClock.Instant,
            random: Double
        ) -> Duration? {
            failures += 1
            let wait = policy.wait(failures: failures, retryAfter: retryAfter, random: random)
            return now + wait <= began + policy.total ? wait : nil
        }
    }
}

import Messages
import Synchronization

/// Hands deliveries to a stage as intake does, and notes what it answers.
final class HandingOut: Sendable {
    let intake: StandInIntake
    let book: Watched<AnswerBook>
    let lease: Duration
    private let isAlive: @Sendable () -> Bool
    private let attempts = Mutex<[String: Int]>([:])
    private let epoch = Mutex<Int>(1)

    /// - Parameters:
    ///   - intake: our side of the sockets.
    ///   - book: where the answers are noted.
    ///   - lease: how long a delivery stays with a holder that is silent.
    ///   - isAlive: whether it is worth waiting for answers.
    init(
        _ intake: StandInIntake,
        book: Watched<AnswerBook>,
        lease: Duration,
        isAlive: @escaping @Sendable () -> Bool
    ) {
        self.isAlive = isAlive
        self.intake = intake
        self.book = book
        self.lease = lease
    }

    /// From the hand-out to the last moment for an effect, as intake reckons it.
    var right: Duration { lease - .seconds(2) }

    /// Intake is started anew: later attempts have a higher epoch.
    func beginEpoch() { epoch.withLock { $0 += 1 } }

    /// Hands out a delivery, the next attempt of it.
    ///
    /// - Returns: the hand-out, by which it is settled.
    @discardableResult
    func handOut(_ delivery: GoldenDelivery, right: Duration? = nil) async -> DeliveryHandle {
        let number = attempts.withLock { attempts in
            attempts[delivery.id, default: 0] += 1
            return attempts[delivery.id] ?? 1
        }
        let attempt = Attempt(epoch: epoch.withLock { $0 }, number: number)
        // Golden deliveries are far below the limit of a frame.
        if let frame = try? delivery.message(attempt, now: .now, right: right ?? self.right).frame() {
            await intake.send(frame)
        }
        return DeliveryHandle(deliveryID: delivery.id, attempt: attempt)
    }

    /// Hands out deliveries until each is settled: what is returned goes out again, what nobody says anything about, too,
    /// and what is put off for a short while once or twice.
    ///
    /// - Parameters:
    ///   - deliveries: which.
    ///   - most: how often what is put off for a few seconds goes out again; after that it counts as settled.
    ///   - limit: how long that may take.
    /// - Returns: by delivery id the answers of those that were settled.
    func settle(
        _ deliveries: [GoldenDelivery],
        afterDelays most: Int = 0,
        within limit: Duration
    ) async -> [String: Outcome] {
        let end = ContinuousClock.now + limit
        var outcomes: [String: Outcome] = [:]
        var delays: [String: Int] = [:]
        var waiting = deliveries[...]
        var later: [(delivery: GoldenDelivery, at: Timestamp)] = []
        typealias Out = (delivery: GoldenDelivery, handle: DeliveryHandle, ends: ContinuousClock.Instant)
        var out: [Out] = []
        while outcomes.count < deliveries.count, ContinuousClock.now < end, !Task.isCancelled, isAlive() {
            let due = later.filter { $0.at <= .now }
            later.removeAll { $0.at <= .now }
            waiting += due.map(\.delivery)
            while out.count < capacity, let next = waiting.popFirst() {
                out.append((next, await handOut(next), .now + lease))
            }
            let handles = out.map(\.handle)
            _ = await book.wait(within: .milliseconds(250)) { book in
                handles.contains { book.outcome(of: $0) != nil }
            }
            let book = book.value
            let now = ContinuousClock.now
            var still: [Out] = []
            for entry in out {
                switch book.outcome(of: entry.handle) {
                case .returned?: waiting.append(entry.delivery)
                case .deferred(let until, _)?
                where until < .now + .seconds(5) && delays[entry.delivery.id, default: 0] < most:
                    delays[entry.delivery.id, default: 0] += 1
                    later.append((entry.delivery, until))
                case let outcome?: outcomes[entry.delivery.id] = outcome
                case nil:
                    let ends = max(entry.ends, book.claims[entry.handle].map { $0 + lease } ?? entry.ends)
                    if ends < now { waiting.append(entry.delivery) } else { still.append(entry) }
                }
            }
            out = still
        }
        return outcomes
    }

    /// What the living processes are willing to hold in all; at least one, so that a silent stage is tried too.
    private var capacity: Int {
        max(1, book.read { $0.beats.values.map(\.latest.capacity).reduce(0, +) })
    }
}

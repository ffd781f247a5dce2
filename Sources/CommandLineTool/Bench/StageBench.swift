import Glibc
import Messages
import Topology

/// Measures one stage alone: how much it does as fast as it can, and how long deliveries are in its hands at given rates.
struct StageBench: Sendable {
    /// One run.
    struct Run: Sendable, Encodable, Hashable {
        var transport: String
        var processes: Int
        /// Deliveries a second that were to be handed out; nil for as fast as possible.
        var offeredPerSecond: Double?
        var sent: Int
        var settled: Int
        var seconds: Double
        var throughputPerSecond: Double
        var inHandMilliseconds: Quantiles?
        var cpuMicrosecondsPerDelivery: Double
        var rssMebibytes: Double
        /// How long what had gathered in one run was worked off.
        var backlogSeconds: Double?

        /// Whether the stage has kept up with what was offered.
        var hasKeptUp: Bool { offeredPerSecond.map { throughputPerSecond >= 0.97 * $0 } ?? false }

        private enum CodingKeys: String, CodingKey {
            case transport, processes, sent, settled, seconds
            case offeredPerSecond = "offered_per_second"
            case throughputPerSecond = "throughput_per_second"
            case inHandMilliseconds = "in_hand_ms"
            case cpuMicrosecondsPerDelivery = "cpu_us_per_delivery"
            case rssMebibytes = "rss_mib"
            case backlogSeconds = "backlog_seconds"
        }
    }

    let harness: StageHarness
    let book: Watched<LoadBook>
    let type: EventType

    /// Starts all processes of the stage and waits until each has told that it lives.
    func start() async throws {
        for program in harness.programs { try await program.start() }
        let count = harness.programs.count
        guard await book.wait(within: .seconds(30), until: { $0.capacities.count >= count }) else {
            throw CommandFailure(
                "\(book.value.capacities.count) of \(count) processes of \(harness.setup.stage.name) told within 30 s that "
                    + "they live; \(harness.programs[0].lastWords)"
            )
        }
    }

    /// Makes the frames of a run beforehand, so that making them is not measured.
    func frames(_ run: String, count: Int) async throws -> [[UInt8]] {
        let now = Timestamp.now
        var frames: [[UInt8]] = []
        frames.reserveCapacity(count)
        for number in 0..<count {
            var delivery = try await harness.golden.make(type, "\(run)-\(number)", variant: 0)
            delivery.id = LoadNumber.id(number, of: run)
            frames.append(
                try delivery.message(Attempt(epoch: 1, number: 1), now: now, right: .seconds(3600)).frame()
            )
        }
        return frames
    }

    /// Hands out as fast as the stage takes them: always as many as it is willing to hold.
    func asFastAsPossible(_ run: String, _ frames: [[UInt8]]) async -> Run {
        await measure(run, frames, offered: nil) { began in
            var next = 0
            while next < frames.count, !Task.isCancelled {
                guard let room = await room(after: next, frames) else { return next }
                next = await handOut(frames, next..<min(frames.count, next + room)) { _ in began.now }
            }
            return next
        }
    }

    /// Hands out at a rate; what is due while the stage has no room waits, and its time in hand runs.
    func at(rate: Double, _ run: String, _ frames: [[UInt8]]) async -> Run {
        await measure(run, frames, offered: rate) { began in
            var next = 0
            while next < frames.count, !Task.isCancelled {
                let due = min(frames.count, Int((began.elapsed / .seconds(1)) * rate) + 1)
                guard due > next else {
                    // The sooner of two milliseconds and the next one's moment.
                    try? await Task.sleep(for: .milliseconds(min(2, max(0.2, 1000 / rate))))
                    continue
                }
                guard let room = await room(after: next, frames) else { return next }
                next = await handOut(frames, next..<min(due, next + room)) { began.start + .seconds(Double($0) / rate) }
            }
            return next
        }
    }

    /// How many more the stage is willing to hold, once that is at least one; nil where nothing is settled any more.
    private func room(after sent: Int, _ frames: [[UInt8]]) async -> Int? {
        while !Task.isCancelled {
            await handOutAgain(frames)
            let (capacity, settled) = book.read { ($0.capacity, $0.settled) }
            let room = capacity - (sent - settled)
            if room > 0 { return room }
            guard await book.wait(within: .seconds(30), until: { $0.settled > settled }) else { return nil }
        }
        return nil
    }

    private func handOutAgain(_ frames: [[UInt8]]) async {
        var back: [Int] = []
        book.update { back = $0.takeBack() }
        for number in back { await harness.intake.send(frames[number]) }
    }

    /// When a run has begun.
    private struct Began: Sendable {
        let start = ContinuousClock.now
        var now: ContinuousClock.Instant { .now }
        var elapsed: Duration { .now - start }
    }

    private func handOut(
        _ frames: [[UInt8]],
        _ numbers: Range<Int>,
        intended: (Int) -> ContinuousClock.Instant
    ) async -> Int {
        let instants = numbers.map { ($0, intended($0)) }
        book.update { book in for (number, instant) in instants { book.note(number, intended: instant) } }
        for number in numbers { await harness.intake.send(frames[number]) }
        return numbers.upperBound
    }

    private func measure(
        _ run: String,
        _ frames: [[UInt8]],
        offered: Double?,
        _ work: (Began) async -> Int
    ) async -> Run {
        book.update { $0.begin(run, count: frames.count) }
        let before = usage
        let began = Began()
        let sent = await work(began)
        let ended = ContinuousClock.now
        // What is still in hand belongs to the run; a stage that has lost something must not hold it up for ever.
        let patience = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < patience {
            await handOutAgain(frames)
            if await book.wait(within: .milliseconds(250), until: { $0.settled >= sent }) { break }
        }
        let after = usage
        let result = book.value
        let last = result.lastSettled ?? .now
        // The time that the first one takes is no time of work: a stage may look at all of them every few seconds only.
        let working = max(ended - began.start, last - (result.firstSettled ?? last))
        let seconds = max(working / .seconds(1), 0.000_001)
        let cpu = (after.cpuSeconds - before.cpuSeconds) * 1_000_000
        return Run(
            transport: harness.setup.transport.rawValue,
            processes: harness.programs.count,
            offeredPerSecond: offered,
            sent: sent,
            settled: result.done,
            seconds: seconds,
            throughputPerSecond: Double(result.done) / seconds,
            inHandMilliseconds: result.inHand.quantiles,
            cpuMicrosecondsPerDelivery: cpu / Double(max(1, result.settled)),
            rssMebibytes: Double(after.residentBytes) / Double(1 << 20),
            backlogSeconds: offered == nil ? nil : max(0, (last - ended) / .seconds(1))
        )
    }

    private var usage: ProcessUsage { .sum(harness.programs.compactMap(\.usage)) }
}

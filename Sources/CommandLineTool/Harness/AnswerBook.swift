import Messages

/// What a stage has answered, as one reads it who knows the contract.
struct AnswerBook: Sendable {
    /// The heartbeats of one process.
    struct Beats: Sendable {
        var first: ContinuousClock.Instant
        var last: ContinuousClock.Instant
        var latest: StageHeartbeat
        /// The longest time between two of them since ``AnswerBook/restartGaps()``.
        var longestGap: Duration = .zero
        /// The most that one of them said to hold.
        var mostHeld = 0
        /// The nearest that its clock was to ours, in milliseconds: some heartbeats have waited for us.
        var clockOffset: Int64
    }

    /// The stage whose answers these are.
    let stage: String
    /// Types of event that the topology lets the stage cause beside those of the contract.
    let emits: Set<String>
    /// By delivery and attempt; more than one is a fault of the stage's.
    private(set) var settlements: [DeliveryHandle: [Outcome]] = [:]
    /// By instance.
    private(set) var beats: [String: Beats] = [:]
    /// Hand-outs that a heartbeat said to be held, and when one did last: their leases go on from then.
    private(set) var claims: [DeliveryHandle: ContinuousClock.Instant] = [:]
    /// What is no answer of the contract, one sentence each, at most ``mostFaults``.
    private(set) var faults: [String] = []

    private static let mostFaults = 20

    init(stage: String, emits: [String]) {
        self.stage = stage
        self.emits = Set(emits)
    }

    /// The answer to a hand-out; nil while there is none.
    func outcome(of handle: DeliveryHandle) -> Outcome? { settlements[handle]?.first }

    /// Whether a heartbeat said that it is held.
    func isClaimed(_ handle: DeliveryHandle) -> Bool { claims[handle] != nil }

    /// The longest times between heartbeats are measured from now on.
    mutating func restartGaps() {
        for instance in beats.keys { beats[instance]?.longestGap = .zero }
    }

    /// Takes what came in.
    mutating func take(_ frame: [UInt8], at instant: ContinuousClock.Instant, clock: Timestamp) {
        let message: Message
        do throws(MessageError) { message = try Message(frame: frame) } catch {
            return note("it sent what is no message: \(error)")
        }
        let parts = message.source.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].isEmpty, parts[1] == stage else {
            return note("the source of \(message.type) is \(message.source), not /\(stage)/INSTANCE")
        }
        do throws(MessageError) {
            switch message.type {
            case .stageHeartbeat: try takeHeartbeat(message, at: instant, clock: clock)
            case .deliverySettled:
                let settled: DeliverySettled = try message.content()
                settlements[settled.handle, default: []].append(settled.outcome)
                if case .done(let events) = settled.outcome { check(events) }
            case .deliveryProgress:
                let progress: DeliveryProgress = try message.content()
                check(progress.events)
            default: note("it sent \(message.type), which is no answer")
            }
        } catch {
            note("its \(message.type) cannot be read: \(error)")
        }
    }

    private mutating func takeHeartbeat(
        _ message: Message,
        at instant: ContinuousClock.Instant,
        clock: Timestamp
    ) throws(MessageError) {
        let heartbeat: StageHeartbeat = try message.content()
        guard heartbeat.stage == stage, message.source == "/\(stage)/\(heartbeat.instance)" else {
            return note(
                "a heartbeat of stage \(heartbeat.stage), instance \(heartbeat.instance) came from \(message.source)"
            )
        }
        if heartbeat.capacity < 0 { note("a heartbeat tells the capacity \(heartbeat.capacity)") }
        let offset = (heartbeat.clock - clock).milliseconds
        var beats =
            beats[heartbeat.instance] ?? Beats(first: instant, last: instant, latest: heartbeat, clockOffset: offset)
        beats.longestGap = max(beats.longestGap, instant - beats.last)
        beats.last = instant
        beats.latest = heartbeat
        beats.mostHeld = max(beats.mostHeld, heartbeat.holds.count)
        if abs(offset) < abs(beats.clockOffset) { beats.clockOffset = offset }
        for handle in heartbeat.holds { claims[handle] = instant }
        self.beats[heartbeat.instance] = beats
    }

    private mutating func check(_ events: [CausedEvent]) {
        for event in events {
            if let flaw = EventCheck.flaw(of: event, emits: emits) { note(flaw) }
        }
    }

    private mutating func note(_ fault: String) {
        if faults.count < Self.mostFaults, !faults.contains(fault) { faults.append(fault) }
    }
}

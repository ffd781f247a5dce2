/// Which process is started, restarted and ended when: the decisions of `mendline up`.
///
/// A pure state machine. Time is the length since the start; what is to be done comes out as actions, what is to be said
/// as notices.
struct Supervision: Sendable {
    /// The lengths of time and numbers that the decisions rest on.
    struct Rules: Hashable, Sendable {
        /// The wait before the first restart; it doubles with each one.
        var firstDelay: Duration = .milliseconds(200)
        var mostDelay: Duration = .seconds(10)
        /// A process that lived so long has started well: its waits begin anew.
        var steadyAfter: Duration = .seconds(30)
        /// So many ends within `loopWindow` are a crash loop.
        var loopEnds = 5
        var loopWindow: Duration = .seconds(60)
        /// How long others wait for one that says when it is ready.
        var readyWithin: Duration = .seconds(15)
        /// From SIGTERM to SIGKILL.
        var grace: Duration = .seconds(15)
        /// How often it is said who still runs.
        var reminder: Duration = .seconds(5)
    }

    /// A process that is to run.
    struct Member: Hashable, Sendable {
        var name: String
        /// Whether it says when it is ready; those of later waves wait for that.
        var announces: Bool
    }

    enum State: Hashable, Sendable {
        /// Not started yet: those before it are not ready.
        case waiting
        /// Asked for; no process yet.
        case starting
        case running(pid: Int32)
        /// To be started again at that time.
        case backingOff(until: Duration)
        /// Asked to end.
        case ending(pid: Int32?)
        case ended
    }

    /// How a process ended.
    enum End: Hashable, Sendable {
        case exit(code: Int32)
        case signal(Int32)
        /// It never ran.
        case failure(String)
    }

    enum Action: Hashable, Sendable {
        case start(String)
        /// Ask to end: SIGTERM.
        case terminate(String)
        /// SIGKILL.
        case kill(String)
    }

    enum Notice: Hashable, Sendable {
        case started(String)
        case ready(String)
        case notReady(String, within: Duration)
        case ended(String, End, after: Duration, againIn: Duration)
        case crashLoop(String, ends: Int, within: Duration)
        /// The stop has begun.
        case stopping
        case stopped(String, End)
        case stillRunning([String])
        case killing(String)
    }

    /// How one process stands.
    struct Status: Hashable, Sendable {
        var name: String
        var state: State
        var restarts = 0
        var isReady = false
        var isLooping = false
    }

    private struct Record {
        var status: Status
        var announces: Bool
        var wave: Int
        var askedAt: Duration = .zero
        var startedAt: Duration = .zero
        var failures = 0
        var ends: [Duration] = []
        var toldLate = false
        var isKilled = false
    }

    let rules: Rules
    private let waves: [[String]]
    private let stopOrder: [[String]]
    private var records: [String: Record] = [:]
    private var wave = 0
    private var waveBegan: Duration = .zero
    /// The group that is being ended; nil while all shall run.
    private var stopGroup: Int?
    private var groupBegan: Duration = .zero
    private var remindedAt: Duration = .zero
    private var actions: [Action] = []
    private var notices: [Notice] = []

    /// - Parameters:
    ///   - waves: who is started together; a wave begins when all that announce themselves in the ones before are ready.
    ///   - stopOrder: who is ended together; a group is ended when the one before it has ended.
    ///   - rules: the lengths of time and numbers.
    init(waves: [[Member]], stopOrder: [[String]], rules: Rules = Rules()) {
        self.rules = rules
        self.waves = waves.map { $0.map(\.name) }
        self.stopOrder = stopOrder
        for (index, wave) in waves.enumerated() {
            for member in wave {
                records[member.name] = Record(
                    status: Status(name: member.name, state: .waiting),
                    announces: member.announces,
                    wave: index
                )
            }
        }
    }

    // MARK: What happens

    /// Starts the first wave.
    mutating func begin(at now: Duration) {
        waveBegan = now
        startWave(at: now)
        advance(at: now)
    }

    /// A process runs.
    mutating func started(_ name: String, pid: Int32, at now: Duration) {
        guard var record = records[name] else { return }
        record.startedAt = now
        if case .ending = record.status.state {
            // It was asked for before the stop and is there only now.
            record.status.state = .ending(pid: pid)
            actions.append(.terminate(name))
        } else {
            record.status.state = .running(pid: pid)
            notices.append(.started(name))
        }
        records[name] = record
        advance(at: now)
    }

    /// A process has said that it is ready.
    mutating func announced(_ name: String, at now: Duration) {
        guard let record = records[name], case .running = record.status.state, !record.status.isReady else { return }
        records[name]?.status.isReady = true
        notices.append(.ready(name))
        advance(at: now)
    }

    /// A process has ended, or could not be started.
    mutating func ended(_ name: String, _ end: End, at now: Duration) {
        guard var record = records[name] else { return }
        record.status.isReady = false
        if stopGroup != nil {
            record.status.state = .ended
            records[name] = record
            notices.append(.stopped(name, end))
            return advanceStop(at: now)
        }
        let lived = record.status.state == .starting ? .zero : now - record.startedAt
        if lived >= rules.steadyAfter {
            record.failures = 0
            record.ends = []
            record.status.isLooping = false
        }
        record.failures += 1
        record.ends = record.ends.filter { now - $0 < rules.loopWindow } + [now]
        let delay = Self.delay(failures: record.failures, rules)
        record.status.state = .backingOff(until: now + delay)
        record.status.restarts += 1
        notices.append(.ended(name, end, after: lived, againIn: delay))
        if record.ends.count >= rules.loopEnds, !record.status.isLooping {
            record.status.isLooping = true
            notices.append(.crashLoop(name, ends: record.ends.count, within: rules.loopWindow))
        }
        records[name] = record
    }

    /// Time has passed.
    mutating func tick(at now: Duration) {
        guard stopGroup == nil else { return advanceStop(at: now) }
        for name in names {
            guard let record = records[name] else { continue }
            switch record.status.state {
            case .backingOff(let until) where until <= now: start(name, at: now)
            case .running where record.status.isLooping && now - record.startedAt >= rules.steadyAfter:
                records[name]?.status.isLooping = false
            default: break
            }
        }
        advance(at: now)
    }

    /// Everything is to end; asked a second time, at once.
    mutating func stop(at now: Duration) {
        guard stopGroup == nil else {
            for name in names where isAlive(name) { kill(name) }
            return
        }
        stopGroup = 0
        remindedAt = now
        notices.append(.stopping)
        for name in names {
            switch records[name]?.status.state {
            case .waiting, .backingOff: records[name]?.status.state = .ended
            default: break
            }
        }
        endGroup(at: now)
        advanceStop(at: now)
    }

    // MARK: What comes of it

    /// What is to be done, in order; taken once.
    mutating func takeActions() -> [Action] {
        defer { actions = [] }
        return actions
    }

    /// What is to be said, in order; taken once.
    mutating func takeNotices() -> [Notice] {
        defer { notices = [] }
        return notices
    }

    /// How every process stands, in the order of the start.
    var statuses: [Status] { names.compactMap { records[$0]?.status } }

    /// Whether the stop has been asked for and nothing runs any more.
    var isFinished: Bool { stopGroup != nil && !names.contains(where: isAlive) }

    /// Whether every process has been started at least once.
    var hasStartedAll: Bool {
        wave + 1 >= waves.count
            && records.values.allSatisfy { record in
                record.status.restarts > 0 || record.status.state != .waiting && record.status.state != .starting
            }
    }

    /// The wait before a restart after so many failures in a row.
    static func delay(failures: Int, _ rules: Rules) -> Duration {
        failures > 20 ? rules.mostDelay : min(rules.firstDelay * (1 << max(0, failures - 1)), rules.mostDelay)
    }

    // MARK: Inside

    private var names: [String] { waves.flatMap { $0 } }

    private func isAlive(_ name: String) -> Bool {
        switch records[name]?.status.state {
        case .starting, .running, .ending: true
        default: false
        }
    }

    private mutating func start(_ name: String, at now: Duration) {
        records[name]?.status.state = .starting
        records[name]?.askedAt = now
        actions.append(.start(name))
    }

    private mutating func startWave(at now: Duration) {
        for name in waves[wave] where records[name]?.status.state == .waiting { start(name, at: now) }
    }

    /// Starts the next waves when those that announce themselves are ready, or have taken too long.
    private mutating func advance(at now: Duration) {
        while stopGroup == nil, wave + 1 < waves.count {
            let late = waves[wave].filter { records[$0]?.announces == true && records[$0]?.status.isReady == false }
            if !late.isEmpty {
                guard now - waveBegan >= rules.readyWithin else { return }
                for name in late where records[name]?.toldLate == false {
                    records[name]?.toldLate = true
                    notices.append(.notReady(name, within: rules.readyWithin))
                }
            }
            wave += 1
            waveBegan = now
            startWave(at: now)
        }
    }

    private mutating func endGroup(at now: Duration) {
        guard let group = stopGroup, group < stopOrder.count else { return }
        groupBegan = now
        for name in stopOrder[group] {
            switch records[name]?.status.state {
            case .running(let pid):
                records[name]?.status.state = .ending(pid: pid)
                actions.append(.terminate(name))
            case .starting: records[name]?.status.state = .ending(pid: nil)
            default: break
            }
        }
    }

    private mutating func advanceStop(at now: Duration) {
        while let group = stopGroup, group < stopOrder.count, !stopOrder[group].contains(where: isAlive) {
            stopGroup = group + 1
            endGroup(at: now)
        }
        guard let group = stopGroup, group < stopOrder.count else { return }
        if now - groupBegan >= rules.grace {
            for name in stopOrder[group] where isAlive(name) { kill(name) }
        }
        let alive = names.filter(isAlive)
        if now - remindedAt >= rules.reminder, !alive.isEmpty {
            remindedAt = now
            notices.append(.stillRunning(alive))
        }
    }

    private mutating func kill(_ name: String) {
        guard records[name]?.isKilled == false else { return }
        switch records[name]?.status.state {
        case .running, .ending(.some):
            records[name]?.isKilled = true
            notices.append(.killing(name))
            actions.append(.kill(name))
        default: break
        }
    }
}

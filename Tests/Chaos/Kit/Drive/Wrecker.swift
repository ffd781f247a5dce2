import Foundation
import Glibc
import HTTPClient
import Messages
import Synchronization
import TestSupport

/// Does the faults of a schedule to a run, and undoes them.
final class Wrecker: Sendable {
    /// What became of the faults.
    struct Tally: Sendable {
        /// How many were done, by kind: each has been seen to be there.
        var done: [String: Int] = [:]
        /// How many met no process, by kind: it had just ended, and the next one was not there.
        var missed: [String: Int] = [:]
        /// Why those of a kind were not done.
        var notTried: [String: String] = [:]
        /// Faults that were tried and could not be done: kind and why.
        var failed: [String] = []
        /// When each ended, in milliseconds of wall time.
        var ends: [Int64] = []
    }

    private let stand: Stand
    private let fleet: Fleet
    private let simulators: [Fault.Outside: (program: Program, web: Web)]
    /// Why no clock is shifted; nil where they are.
    private let whyNoClocks: String?
    private let say: @Sendable (String) -> Void
    private let state = Mutex(Tally())

    init(
        _ stand: Stand,
        _ fleet: Fleet,
        _ simulators: [Fault.Outside: (program: Program, web: Web)],
        whyNoClocks: String?,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.stand = stand
        self.fleet = fleet
        self.simulators = simulators
        self.whyNoClocks = whyNoClocks
        self.say = say
    }

    var tally: Tally { state.withLock { $0 } }

    /// Goes through a schedule; returns when the last fault is undone.
    func run(_ schedule: Schedule) async {
        let began = ContinuousClock.now
        await withDiscardingTaskGroup { group in
            for step in schedule.steps {
                guard (try? await Task.sleep(until: began + .milliseconds(step.at))) != nil else { break }
                if let why = reasonNotToTry(step.fault) {
                    state.withLock { $0.notTried[step.fault.kind] = why }
                    continue
                }
                say(String(format: "%7.1f s  %@ %@", Double(step.at) / 1000, step.fault.kind, step.fault.target))
                group.addTask { await self.perform(step) }
            }
        }
    }

    private func reasonNotToTry(_ fault: Fault) -> String? {
        switch fault {
        case .full, .readOnly: stand.hasOwnDisk ? nil : "no privilege to mount"
        case .clock: whyNoClocks
        default: nil
        }
    }

    private func perform(_ step: Schedule.Step) async {
        do {
            let hasMet = try await perform(step.fault, for: .milliseconds(step.lasts))
            state.withLock { tally in
                if hasMet {
                    tally.done[step.fault.kind, default: 0] += 1
                    tally.ends.append(Self.wallTime)
                } else {
                    tally.missed[step.fault.kind, default: 0] += 1
                }
            }
        } catch {
            state.withLock { $0.failed.append("\(step.fault.kind): \(error)") }
        }
    }

    static var wallTime: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    /// Does a fault and undoes it.
    ///
    /// - Returns: whether it met a process.
    /// - Throws: where it could not be done, or did not show.
    private func perform(_ fault: Fault, for time: Duration) async throws -> Bool {
        switch fault {
        case .kill(let members): return fleet.kill(members) > 0
        case .storm(let members, let times):
            var count = 0
            for _ in 0..<times {
                count += fleet.kill(members)
                try await Task.sleep(for: .milliseconds(350))
            }
            return count > 0
        case .freeze(let members):
            let frozen = fleet.freeze(members)
            guard !frozen.isEmpty else { return false }
            try await rest(time) { self.fleet.thaw(frozen) }
        case .answers(let outside, let kind):
            try await patch(outside, OutsideFaults.patch(kind))
            try await rest(time) { try await self.patch(outside, OutsideFaults.none) }
        case .silence(let outside):
            simulators[outside]?.program.send(SIGSTOP)
            try await rest(time) { self.simulators[outside]?.program.send(SIGCONT) }
        case .outage:
            try await patch(.incidents, OutsideFaults.down)
            try await rest(time) { try await self.patch(.incidents, OutsideFaults.none) }
        case .full: try await fill(for: time)
        case .readOnly: try await makeReadOnly(for: time)
        case .clock(let member, let offset):
            if let clocks = stand.clocks { try await shift(clocks, of: member, by: offset, for: time) }
        }
        return true
    }

    private func fill(for time: Duration) async throws {
        fleet.diskFails()
        try await doing {
            try await stand.fill()
            try await rest(time) { try self.stand.free() }
        } finally: {
            fleet.diskWorks()
        }
    }

    /// What has the file open for writing keeps the kernel from it, so intake is killed first; it comes back to a
    /// ledger that it cannot write.
    private func makeReadOnly(for time: Duration) async throws {
        fleet.diskFails()
        try await doing {
            await fleet.hold(Cast.intake)
            try await doing {
                try await stand.setReadOnly(true)
            } finally: {
                fleet.release(Cast.intake)
            }
            try await rest(time) { try await self.stand.setReadOnly(false) }
        } finally: {
            fleet.diskWorks()
        }
    }

    private func shift(_ clocks: Clocks, of member: String, by offset: Int, for time: Duration) async throws {
        try clocks.shift(member, by: offset)
        do { try await clocks.check(member, by: offset) } catch {
            try clocks.shift(member, by: 0)
            throw error
        }
        try await rest(time) { try clocks.shift(member, by: 0) }
    }

    /// Waits and undoes, whatever happens meanwhile.
    private func rest(_ time: Duration, then undo: () async throws -> Void) async throws {
        try? await Task.sleep(for: time)
        try await undo()
    }

    private func patch(_ outside: Fault.Outside, _ faults: JSONValue) async throws {
        _ = try await simulators[outside]?.web.json("/_simulator/faults", .patch, body: faults)
    }
}

import Foundation
import Glibc
import Synchronization
import TestSupport

/// Mendline's processes: each is started again when it ends, until all are told to end.
final class Fleet: Sendable {
    /// An end that nobody here has brought about.
    struct Surprise: Hashable, Sendable {
        var member: String
        var end: String
        var output: String
    }

    private struct State {
        var running: [String: Program] = [:]
        var starts: [String: Int] = [:]
        /// Process ids that were sent SIGKILL.
        var killed: Set<Int32> = []
        /// Members that are not started again for now.
        var held: Set<String> = []
        /// How many faults keep intake from writing to its disk now.
        var diskFaults = 0
        /// Process ids of intake that lived while there was such a fault: these may end by themselves, then and later.
        var excused: Set<Int32> = []
        var isEnding = false
        var kills: [String: Int] = [:]
        var surprises: [Surprise] = []
        var excusedEnds = 0

        /// Sends SIGKILL, once to each process; says whether it did.
        mutating func kill(_ member: String) -> Bool {
            guard let program = running[member], killed.insert(program.pid).inserted else { return false }
            kills[member, default: 0] += 1
            program.send(SIGKILL)
            return true
        }
    }

    private let stand: Stand
    private let arguments: [String: [String]]
    private let state = Mutex(State())

    /// SIGKILLs that reached a process, by member.
    var kills: [String: Int] { state.withLock { $0.kills } }
    var surprises: [Surprise] { state.withLock { $0.surprises } }
    /// Ends of those that were excused.
    var excusedEnds: Int { state.withLock { $0.excusedEnds } }

    init(_ stand: Stand, arguments: [String: [String]]) {
        self.stand = stand
        self.arguments = arguments
    }

    /// Runs all until ``end()``.
    func run() async {
        await withDiscardingTaskGroup { group in
            for member in Cast.members { group.addTask { await self.keep(member) } }
        }
    }

    private func keep(_ member: String) async {
        while !state.withLock({ $0.isEnding }) {
            guard !state.withLock({ $0.held.contains(member) }) else {
                await Self.rest(50)
                continue
            }
            let began = ContinuousClock.now
            guard let program = start(member) else { return }
            let end = await program.ended()
            note(end, of: member, program)
            // One that cannot start is not started without a pause.
            await Self.rest(ContinuousClock.now - began < .seconds(1) ? 500 : 200)
        }
    }

    private func start(_ member: String) -> Program? {
        let number = state.withLock { state in
            state.starts[member, default: 0] += 1
            return state.starts[member, default: 0]
        }
        let result: Result<Program, any Error> = Result {
            try stand.start(
                member: member,
                arguments[member] ?? [],
                output: "\(stand.logs)/\(member).\(number)"
            )
        }
        return state.withLock { state in
            switch result {
            case .success(let program):
                state.running[member] = program
                if member == Cast.intake, state.diskFaults > 0 { state.excused.insert(program.pid) }
                // Whoever ended all, or holds this one, did not see it.
                if state.isEnding || state.held.contains(member) { _ = state.kill(member) }
                return program
            case .failure(let error):
                state.surprises.append(Surprise(member: member, end: "not started: \(error)", output: ""))
                return nil
            }
        }
    }

    private func note(_ end: Program.End, of member: String, _ program: Program) {
        let output = program.output
        state.withLock { state in
            state.running[member] = nil
            let wasKilled = state.killed.remove(program.pid) != nil
            let isExcused = state.excused.remove(program.pid) != nil
            guard !wasKilled, !state.isEnding else { return }
            if isExcused, case .exit = end {
                state.excusedEnds += 1
            } else {
                state.surprises.append(
                    Surprise(member: member, end: "\(end)", output: String(output.suffix(1500)))
                )
            }
        }
    }

    /// What a rest is for is over early when the run is cancelled.
    private static func rest(_ milliseconds: Int) async { try? await Task.sleep(for: .milliseconds(milliseconds)) }

    // MARK: - Faults

    /// Kills those that run; gives how many did.
    @discardableResult
    func kill(_ members: [String]) -> Int {
        state.withLock { state in members.count { state.kill($0) } }
    }

    /// Kills a member and keeps it from being started again.
    func hold(_ member: String) async {
        let program = state.withLock { state in
            state.held.insert(member)
            _ = state.kill(member)
            return state.running[member]
        }
        _ = await program?.ended()
    }

    func release(_ member: String) { state.withLock { _ = $0.held.remove(member) } }

    /// The disk is about to take nothing.
    ///
    /// The intake that lives now, and those that are started until ``diskWorks()``, may end by themselves.
    func diskFails() {
        state.withLock { state in
            state.diskFaults += 1
            if let intake = state.running[Cast.intake] { state.excused.insert(intake.pid) }
        }
    }

    /// The disk takes everything again: who is started from now on has no excuse.
    func diskWorks() { state.withLock { $0.diskFaults -= 1 } }

    /// Stops members; gives who was stopped, for ``thaw(_:)``.
    func freeze(_ members: [String]) -> [Program] {
        let programs = state.withLock { state in members.compactMap { state.running[$0] } }
        for program in programs { program.send(SIGSTOP) }
        return programs
    }

    func thaw(_ programs: [Program]) {
        for program in programs { program.send(SIGCONT) }
    }

    /// Waits until a member runs as another process than this one.
    func successor(of pid: Int32?, _ member: String) async throws {
        try await eventually("\(member) runs again") {
            let now = self.pid(of: member)
            return now != nil && now != pid
        }
    }

    func pid(of member: String) -> Int32? { state.withLock { $0.running[member]?.pid } }

    /// Ends all.
    func end() {
        state.withLock { state in
            state.isEnding = true
            for program in state.running.values { program.send(SIGKILL) }
        }
    }
}

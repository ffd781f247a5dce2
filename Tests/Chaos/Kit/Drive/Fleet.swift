import Foundation
import Glibc
import TestSupport

/// Mendline's processes: each is started again when it ends, until all are told to end.
actor Fleet {
    /// An end that nobody here has brought about.
    struct Surprise: Hashable, Sendable {
        var member: String
        var end: String
        var output: String
    }

    private let stand: Stand
    private let arguments: [String: [String]]
    private var running: [String: Program] = [:]
    private var starts: [String: Int] = [:]
    /// Process ids that were sent SIGKILL.
    private var killed: Set<Int32> = []
    /// Members that are not started again for now.
    private var held: Set<String> = []
    /// How many faults keep intake from writing to its disk now.
    private var diskFaults = 0
    /// Process ids of intake that lived while there was such a fault: these may end by themselves, then and later.
    private var excused: Set<Int32> = []
    private var isEnding = false

    /// SIGKILLs that reached a process, by member.
    private(set) var kills: [String: Int] = [:]
    private(set) var surprises: [Surprise] = []
    /// Ends of those that were excused.
    private(set) var excusedEnds = 0

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
        while !isEnding {
            guard !held.contains(member) else {
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
        let number = starts[member, default: 0] + 1
        starts[member] = number
        do {
            let program = try stand.start(
                member: member,
                arguments[member] ?? [],
                output: "\(stand.logs)/\(member).\(number)"
            )
            running[member] = program
            if member == Cast.intake, diskFaults > 0 { excused.insert(program.pid) }
            return program
        } catch {
            surprises.append(Surprise(member: member, end: "not started: \(error)", output: ""))
            return nil
        }
    }

    private func note(_ end: Program.End, of member: String, _ program: Program) {
        running[member] = nil
        let wasKilled = killed.remove(program.pid) != nil
        let isExcused = excused.remove(program.pid) != nil
        guard !wasKilled, !isEnding else { return }
        if isExcused, case .exit = end {
            excusedEnds += 1
        } else {
            surprises.append(
                Surprise(member: member, end: "\(end)", output: String(program.output.suffix(1500)))
            )
        }
    }

    /// What a rest is for is over early when the run is cancelled.
    private static func rest(_ milliseconds: Int) async { try? await Task.sleep(for: .milliseconds(milliseconds)) }

    // MARK: - Faults

    /// Kills those that run; gives how many did.
    @discardableResult
    func kill(_ members: [String]) -> Int {
        var count = 0
        for member in members {
            guard let program = running[member], !killed.contains(program.pid) else { continue }
            killed.insert(program.pid)
            kills[member, default: 0] += 1
            program.send(SIGKILL)
            count += 1
        }
        return count
    }

    /// Kills a member and keeps it from being started again.
    func hold(_ member: String) async {
        held.insert(member)
        kill([member])
        if let program = running[member] { _ = await program.ended() }
    }

    func release(_ member: String) { held.remove(member) }

    /// The disk is about to take nothing.
    ///
    /// The intake that lives now, and those that are started until ``diskWorks()``, may end by themselves.
    func diskFails() {
        diskFaults += 1
        if let intake = running[Cast.intake] { excused.insert(intake.pid) }
    }

    /// The disk takes everything again: who is started from now on has no excuse.
    func diskWorks() { diskFaults -= 1 }

    /// Stops members; gives who was stopped, for ``thaw(_:)``.
    func freeze(_ members: [String]) -> [Program] {
        let programs = members.compactMap { running[$0] }
        for program in programs { program.send(SIGSTOP) }
        return programs
    }

    nonisolated func thaw(_ programs: [Program]) {
        for program in programs { program.send(SIGCONT) }
    }

    /// Waits until a member runs as another process than this one.
    func successor(of pid: Int32?, _ member: String) async throws {
        while running[member].map({ $0.pid == pid }) ?? true {
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func pid(of member: String) -> Int32? { running[member]?.pid }

    /// Ends all.
    func end() {
        isEnding = true
        for program in running.values { program.send(SIGKILL) }
    }
}

import Foundation
import Simulation
import TestSupport
import Testing

/// The ledger's decisions under thousands of schedules of crashes, freezes, losses, duplicates and reorderings.
///
/// One at a time and on a thread of its own: a schedule is all work and no waiting, and others want to run as well.
@Suite("Simulation", .serialized, .timeLimit(.minutes(10)))
struct SimulationTests {
    private static let block: UInt64 = 15
    /// How many schedules must be enough to miss a rule that is left out.
    private static let searched: UInt64 = 1000

    /// Schedules that are the same in every run.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func keepsItsInvariants(block: UInt64) async {
        await check(Array(block * Self.block..<(block + 1) * Self.block))
    }

    /// Schedules that are new in every run, for a fixed time; a failure prints its seed.
    @Test func keepsItsInvariantsFromNewSeeds() async {
        let first = UInt64.random(in: 1_000_000 ... .max / 2)
        let violations = await onItsOwnThread {
            let ends = ContinuousClock.now + .seconds(10)
            var violations: [String] = []
            for seed in first... where violations.isEmpty {
                if ContinuousClock.now > ends { break }
                if let violation = Self.violation(seed) { violations.append(violation) }
            }
            return violations
        }
        for violation in violations { Issue.record("\(violation)") }
    }

    /// Every schedule that ever broke an invariant.
    @Test func keepsItsInvariantsWhereTheyWereBrokenOnce() async throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "failed-seeds.txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        await check(try lines.map { try #require(UInt64($0.prefix { $0.isNumber }), "no seed begins the line \($0)") })
    }

    private func check(_ seeds: [UInt64]) async {
        for violation in await onItsOwnThread({ seeds.compactMap(Self.violation) }) { Issue.record("\(violation)") }
    }

    private static func violation(_ seed: UInt64) -> String? {
        guard let violation = World(seed: seed).run() else { return nil }
        let again = World(seed: seed, keepsTrace: true)
        let repeated = again.run()
        return """
            seed \(seed): \(violation); repeat it with `make simulate SEED=\(seed)`, and keep it in failed-seeds.txt
            \(repeated == violation ? "" : "NOT REPEATED: \(repeated ?? "no violation")\n")\
            \(again.conditions)
            \(again.trace.suffix(400).joined(separator: "\n"))
            """
    }

    /// Two processes, because what depends on the order of a hash table differs between processes only.
    @Test(arguments: [1, 7, 42, 1_000_003] as [UInt64])
    func theSameSeedIsTheSameHistoryByteForByte(seed: UInt64) async throws {
        let arguments = ["--seed", "\(seed)", "--trace"]
        let first = try await Program.run(path: Program.path(of: "simulate"), arguments)
        let second = try await Program.run(path: Program.path(of: "simulate"), arguments)
        #expect(first.output == second.output)
        #expect(first.output.split(separator: "\n").count > 20)
    }

    /// A checker that finds nothing wrong with a wrong world would prove nothing.
    @Test(arguments: Mutation.all.filter { !Mutation.harmless.contains($0) })
    func missesARuleThatIsLeftOut(mutation: Mutation) async {
        let (violation, control) = await onItsOwnThread { () -> (String?, String?) in
            for seed in mutation.example..<mutation.example + Self.searched {
                guard let violation = World(seed: seed, mutation: mutation).run() else { continue }
                return (violation, World(seed: seed, favouring: mutation).run())
            }
            return (nil, nil)
        }
        #expect(violation != nil, "nothing was found in \(Self.searched) schedules without \(mutation.name)")
        #expect(violation?.contains("the simulation is wrong") != true, "\(violation ?? "")")
        #expect(control == nil, "the same schedule with the rule in its place")
    }

    private func onItsOwnThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: work()) }
        }
    }
}

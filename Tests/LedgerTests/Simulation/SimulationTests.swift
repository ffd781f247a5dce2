import Foundation
import Testing

/// The ledger's decisions under thousands of schedules of crashes, freezes, losses, duplicates and reorderings.
///
/// One at a time and on a thread of its own: a schedule is all work and no waiting, and others want to run as well.
@Suite("Simulation", .serialized, .timeLimit(.minutes(5)))
struct SimulationTests {
    private static let block: UInt64 = 15

    /// Schedules that are the same in every run.
    @Test(arguments: 0..<12 as Range<UInt64>)
    func keepsItsInvariants(block: UInt64) async {
        await check(block * Self.block..<(block + 1) * Self.block)
    }

    /// Schedules that are new in every run; a failure prints its seed.
    @Test(arguments: (0..<4).map { _ in UInt64.random(in: 1_000_000 ... .max / 2) })
    func keepsItsInvariantsFromNewSeeds(first: UInt64) async {
        await check(first..<first + Self.block)
    }

    private func check(_ seeds: Range<UInt64>) async {
        for violation in await onItsOwnThread({ seeds.compactMap(Self.violation) }) { Issue.record("\(violation)") }
    }

    private static func violation(_ seed: UInt64) -> String? {
        guard let violation = World(seed: seed).run() else { return nil }
        let again = World(seed: seed, keepsTrace: true)
        let repeated = again.run()
        return """
            seed \(seed): \(violation)
            \(repeated == violation ? "" : "NOT REPEATED: \(repeated ?? "no violation")\n")\
            \(again.conditions)
            \(again.trace.suffix(400).joined(separator: "\n"))
            """
    }

    @Test(arguments: [1, 7, 42, 1_000_003] as [UInt64])
    func theSameSeedIsTheSameHistory(seed: UInt64) {
        let first = World(seed: seed, keepsTrace: true)
        let second = World(seed: seed, keepsTrace: true)
        #expect(first.run() == second.run())
        #expect(first.trace == second.trace)
        #expect(first.trace.count > 20)
    }

    /// A checker that finds nothing wrong with a wrong world would prove nothing.
    @Test(arguments: Mutation.allCases)
    func findsWhatIsBuiltWrongly(mutation: Mutation) async {
        let isFound = await onItsOwnThread {
            (0..<400).contains { World(seed: UInt64($0), mutation: mutation).run() != nil }
        }
        #expect(isFound, "nothing was found in 400 schedules")
    }

    private func onItsOwnThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: work()) }
        }
    }
}

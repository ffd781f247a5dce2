import Testing

/// The ledger's decisions under thousands of schedules of crashes, freezes, losses, duplicates and reorderings.
@Suite("Simulation", .timeLimit(.minutes(5)))
struct SimulationTests {
    private static let block = 25

    /// Schedules that are the same in every run.
    @Test(arguments: 0..<12)
    func keepsItsInvariants(block: Int) {
        for number in 0..<Self.block { check(UInt64(block * Self.block + number)) }
    }

    /// Schedules that are new in every run; a failure prints its seed.
    @Test(arguments: (0..<4).map { _ in UInt64.random(in: 1_000_000 ... .max / 2) })
    func keepsItsInvariantsFromNewSeeds(first: UInt64) {
        for number in 0..<Self.block { check(first + UInt64(number)) }
    }

    private func check(_ seed: UInt64) {
        guard let violation = World(seed: seed).run() else { return }
        let again = World(seed: seed, keepsTrace: true)
        let repeated = again.run()
        Issue.record(
            """
            seed \(seed): \(violation)
            \(repeated == violation ? "" : "NOT REPEATED: \(repeated ?? "no violation")\n")\
            \(again.conditions)
            \(again.trace.suffix(400).joined(separator: "\n"))
            """
        )
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
    func findsWhatIsBuiltWrongly(mutation: Mutation) {
        let violation = (0..<400).lazy.compactMap { World(seed: UInt64($0), mutation: mutation).run() }.first
        #expect(violation != nil, "nothing was found in 400 schedules")
    }
}

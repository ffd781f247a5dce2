import ArgumentParser
import Foundation
import Simulation

/// Runs many schedules, each from its seed, until one breaks an invariant.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs the ledger and its surroundings on virtual time under random faults, and checks every history.",
        discussion: """
            One seed is one schedule: it decides which processes die, freeze and drain, which messages and answers are \
            lost, late or doubled, when Coder, the incident API and the disk fail, and what people ask for. The same seed \
            gives the same history, byte for byte.

            Exit code 0: no invariant was broken. 1: one was; the seed and its history are printed.

            Examples:
              simulate --seeds 10000
              simulate --seed 42 --trace
              simulate --without unordered
            """
    )

    @Option(help: "How many schedules to run.")
    var seeds: UInt64 = 1000

    @Option(help: "Run this schedule alone.")
    var seed: UInt64?

    @Option(help: "The first seed; a random one without it.")
    var first: UInt64?

    @Option(help: "Stop after so many seconds.")
    var seconds: Double?

    @Option(help: ArgumentHelp("Leave this rule out, to see whether it is missed.", valueName: "mutation"))
    var without: String?

    @Flag(help: "Print the whole history of --seed.")
    var trace = false

    @Flag(help: "List what can be left out.")
    var mutations = false

    func run() throws {
        if mutations { return Mutation.all.forEach { print($0.name) } }
        var mutation: Mutation?
        if let without {
            guard let found = Mutation(name: without) else {
                throw ValidationError("there is no mutation \(without); --mutations lists those there are")
            }
            mutation = found
        }
        if let seed { return try show(seed, mutation) }
        try search(from: first ?? .random(in: 1...(.max / 2)), mutation)
    }

    private func show(_ seed: UInt64, _ mutation: Mutation?) throws {
        let world = World(seed: seed, mutation: mutation, keepsTrace: true)
        let violation = world.run()
        if trace || violation != nil { print(world.trace.joined(separator: "\n")) }
        print("seed \(seed): \(violation ?? "no violation") in \(world.trace.count) steps")
        if violation != nil { throw ExitCode(1) }
    }

    private func search(from first: UInt64, _ mutation: Mutation?) throws {
        let clock = ContinuousClock()
        let began = clock.now
        var count: UInt64 = 0
        var found: UInt64?
        while found == nil, count < seeds || seconds != nil {
            if let seconds, clock.now - began >= .seconds(seconds) { break }
            let seed = first &+ count
            if World(seed: seed, mutation: mutation).run() != nil { found = seed }
            count += 1
        }
        let took = (clock.now - began) / .seconds(1)
        print(
            "\(count) schedules from seed \(first) in \(took.formatted(.number.precision(.fractionLength(1)))) s, "
                + "\((Double(count) / max(took, 0.001)).formatted(.number.precision(.fractionLength(0)))) a second"
        )
        guard let found else { return print("no violation") }
        try show(found, mutation)
    }
}

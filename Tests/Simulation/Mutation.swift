package import Ledger

/// A part of the simulated world that is built wrongly, to show that the checker notices.
package enum Mutation: Hashable, Sendable {
    /// A rule of the ledger's core is left out.
    case core(Flaw)
    /// A process takes expired messages and begins effects whenever it likes.
    case ignoresExpiry
    /// A provisioner that is told "taken" takes the workspace for somebody else's, and never looks.
    case neverAdopts
    /// A provisioner that is refused says so without a look whether an earlier request got through.
    case refusesUnseen
    /// A provisioner that stops and deletes by name, although it knows the id.
    case endsByName
    /// A provisioner that says "stopped" before it is.
    case stopsNothing
    /// A process that is ended gives back what it has begun.
    case returnsBegun
    /// A reporter that never looks whether it has told already.
    case neverLooks
    /// A store that answers first and commits later.
    case answersUnstored
    /// A store whose hand-outs leave before they are committed.
    case handsOutUnstored
    /// A store whose epoch stays the same at a restart.
    case keepsEpoch
    /// A store that loses the removals of a batch.
    case forgetsRemovals
    /// A store that is torn by a crash: what it was writing is half there.
    case tearsBatches
    /// A right to begin effects that outlives the lease.
    case longRights
    /// A workspace is erased as soon as it is stopped, so that its name is free again.
    case shortHold
    /// A template without the run-once mark: a pod that is made anew runs the script again.
    case noMark

    /// Every one.
    package static let all: [Mutation] =
        Flaw.allCases.map(Mutation.core) + [
            .ignoresExpiry, .neverAdopts, .refusesUnseen, .endsByName, .stopsNothing, .returnsBegun, .neverLooks,
            .answersUnstored,
            .handsOutUnstored, .keepsEpoch, .forgetsRemovals, .tearsBatches, .longRights, .shortHold, .noMark,
        ]

    /// Those that break nothing as long as everything else stands: second lines of defence.
    package static let harmless: Set<Mutation> = [.endsByName]

    /// A schedule in which it was missed; where to begin to search.
    package var example: UInt64 {
        switch self {
        case .core(let flaw): Self.coreExamples[flaw] ?? 0
        default: Self.examples[self] ?? 0
        }
    }

    private static let coreExamples: [Flaw: UInt64] = [
        .forgetsHandOuts: 3, .believesStale: 15, .believesAtOnce: 221, .ignoresLateCreations: 47,
        .exhaustsUnstopped: 42, .reusesNames: 11, .retriesUnstopped: 51, .replacesVerdicts: 1,
    ]
    private static let examples: [Mutation: UInt64] = [
        .ignoresExpiry: 43, .neverAdopts: 172, .neverLooks: 16, .shortHold: 11, .tearsBatches: 19, .refusesUnseen: 1594,
        .returnsBegun: 3386,
    ]

    /// Its name, as `simulate --without` takes it.
    package var name: String {
        if case .core(let flaw) = self { flaw.rawValue } else { "\(self)" }
    }

    /// The mutation of that name.
    package init?(name: String) {
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}

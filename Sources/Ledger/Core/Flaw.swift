/// A rule of the ledger that can be left out, only to show that the simulation notices: see `docs/testing.md`.
///
/// Nothing outside of this package can name one, and nothing in it but the simulation does.
package enum Flaw: String, CaseIterable, Sendable {
    /// The lease of a silent holder never ends.
    case endlessLeases
    /// What one incident has for one stage goes out in any order and at once.
    case unordered
    /// What was never handed out in this epoch counts as never handed out.
    case forgetsHandOuts
    /// An answer that nothing was made, or that it failed, is believed from any hand-out.
    case believesStale
    /// "There is none" is believed although an earlier request may still be on its way.
    case believesAtOnce
    /// A workspace that is told of late is not disposed of.
    case ignoresLateCreations
    /// A cancel and a deadline come to their verdict at once.
    case endsAtOnce
    /// Exhaustion comes to its verdict without a stop.
    case exhaustsUnstopped
    /// A retry begins beside the workspace of the attempt before.
    case retriesUnstopped
    /// A retry uses the name of the attempt before.
    case reusesNames
    /// A sweep takes every workspace whose incident has no provision open for an orphan.
    case sweepsBusy
    /// An agent that never came, or a script that takes too long, is given its verdict while it may still run.
    case judgesUnstopped
    /// A second verdict replaces the first.
    case replacesVerdicts
    /// A stage is handed more than its processes have room for.
    case repeatsHandOuts
}

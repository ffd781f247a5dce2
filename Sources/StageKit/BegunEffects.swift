import Messages
import Synchronization

/// Whether the handling of one delivery has begun an effect outside.
///
/// A call that was cut off may still take effect. A delivery that is given back is free at once, and whoever is handed
/// it next would look too early; so it is not given back then, but left to its lease, before whose end the right to
/// begin anything is over (I4).
final class BegunEffects: Sendable {
    private let hasBegun = Atomic(false)

    /// An effect begins now.
    func noteBegin() { hasBegun.store(true, ordering: .relaxed) }

    /// Whether intake may be told of this outcome.
    func mayBeTold(_ outcome: Outcome) -> Bool {
        guard case .returned = outcome else { return true }
        return !hasBegun.load(ordering: .relaxed)
    }
}

import Synchronization

/// The mask that was made last, for all that have the same secrets: to make one takes longer than to use it, and some
/// kilobytes.
public final class SharedMask: Sendable {
    private let latest = Mutex<(secrets: [String], mask: SecretMask)>(([], SecretMask([])))

    /// No mask yet.
    public init() {}

    /// A mask for these secrets.
    public func mask(_ secrets: [String]) -> SecretMask {
        latest.withLock { latest in
            if latest.secrets != secrets { latest = (secrets, SecretMask(secrets)) }
            return latest.mask
        }
    }
}

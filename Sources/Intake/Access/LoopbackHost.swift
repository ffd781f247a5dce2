import Synchronization
import Topology

/// Remembers what was found of the last `Host`: it takes longer to look at than the rest of a small request's head, and
/// nearly all callers say the same.
final class LoopbackHostMemory: Sendable {
    private let last = Mutex<(authority: String?, isLocal: Bool)>((nil, true))

    /// As ``LoopbackHost/isLocal(_:)``.
    func isLocal(_ authority: String?) -> Bool {
        last.withLock { last in
            if last.authority != authority { last = (authority, LoopbackHost.isLocal(authority)) }
            return last.isLocal
        }
    }
}

/// Whether a request was made to this machine by a name that only it has.
///
/// An intake that asks for no credentials trusts whoever is on its machine. A web page in a browser there can point its
/// own name at 127.0.0.1 and is then of one origin with intake; the `Host` header still says the page's name.
enum LoopbackHost {
    /// What the `Host` header may say; no browser leaves it out.
    static func isLocal(_ authority: String?) -> Bool {
        guard let authority = authority?.lowercased(), !authority.isEmpty else { return true }
        guard let address = ListenAddress(authority) ?? ListenAddress(authority + ":80") else { return false }
        return address.isLoopback
    }
}

import Synchronization

/// Why a process cannot work although it lives: it turns readiness red and is said in every heartbeat.
///
/// One per process, shared by the handler (which learns of an expired token first) and the worker.
public final class Trouble: Sendable {
    private let sentences = Mutex<[String: String]>([:])

    /// No trouble.
    public init() {}

    /// Sets what is wrong with one thing, in one sentence with the remedy, or clears it.
    public func set(_ topic: String, _ sentence: String?) {
        sentences.withLock { $0[topic] = sentence }
    }

    /// All that is wrong now; nil when nothing is.
    public var sentence: String? {
        sentences.withLock { $0.isEmpty ? nil : $0.sorted { $0.key < $1.key }.map(\.value).joined(separator: "; ") }
    }
}

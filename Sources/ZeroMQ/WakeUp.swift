import CZeroMQ
import Glibc
import Synchronization

/// Ends the wait of a socket's thread from any other thread, by an eventfd.
///
/// Whoever signals has changed some state before; the thread looks at that state after opening and after each wait. So
/// a signal before `open` or after `close` may be lost without harm.
final class WakeUp: Sendable {
    // The lock keeps a late signal from writing to a descriptor that was closed and given to somebody else.
    private let descriptor = Mutex<CInt?>(nil)

    /// Makes the descriptor to wait on.
    ///
    /// Throws `resourcesExhausted` if there is none to be had.
    func open(name: String) throws(ZeroMQError) -> CInt {
        let opened = CZeroMQ_eventfd()
        guard opened >= 0 else { throw ZeroMQError(operation: "make an eventfd for", endpoint: name, number: errno) }
        descriptor.withLock { $0 = opened }
        return opened
    }

    /// Makes the descriptor readable.
    ///
    /// Never blocks.
    func signal() {
        descriptor.withLock { descriptor in
            guard let descriptor else { return }
            var one: UInt64 = 1
            // Fails only when the counter is full, and then the descriptor is readable already.
            _ = write(descriptor, &one, 8)
        }
    }

    /// Makes it unreadable again.
    ///
    /// Call before looking at the state that the signal speaks of.
    func clear() {
        descriptor.withLock { descriptor in
            guard let descriptor else { return }
            var count: UInt64 = 0
            _ = read(descriptor, &count, 8)
        }
    }

    /// Gives the descriptor back.
    func close() {
        descriptor.withLock { descriptor in
            guard let opened = descriptor else { return }
            _ = Glibc.close(opened)
            descriptor = nil
        }
    }
}

import CZeroMQ
import Glibc
import Synchronization

/// The owner of libzmq's I/O threads and of the threads of all sockets made from it.
///
/// One per process is enough.
public final class ZeroMQContext: Sendable {
    private enum Phase { case open, terminating }

    private struct State {
        var phase = Phase.open
        var threads: [ObjectIdentifier: NamedThread] = [:]
    }

    private let handle: ContextHandle
    private let state = Mutex(State())
    private let terminated = Promise<Void>()

    /// The version of libzmq: `4.3.4`.
    public static var libraryVersion: String {
        var (major, minor, patch): (CInt, CInt, CInt) = (0, 0, 0)
        zmq_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }

    /// A context with so many I/O threads (libzmq's advice: one per gigabyte per second).
    ///
    /// Throws `optionInvalid` for less than one thread, `resourcesExhausted` if the system cannot give them.
    public init(ioThreads: Int = 1) throws(ZeroMQError) {
        guard (1...64).contains(ioThreads) else {
            throw .optionInvalid("make a context with \(ioThreads) I/O threads, which must be from 1 to 64")
        }
        guard let pointer = zmq_ctx_new() else {
            throw ZeroMQError(operation: "make a context", endpoint: nil, number: zmq_errno())
        }
        guard zmq_ctx_set(pointer, ZMQ_IO_THREADS, CInt(ioThreads)) == 0 else {
            let number = zmq_errno()
            zmq_ctx_term(pointer)
            throw ZeroMQError(.optionInvalid, operation: "set ZMQ_IO_THREADS", endpoint: nil, number: number)
        }
        handle = ContextHandle(pointer: pointer)
    }

    deinit {
        // Terminating waits for lingering messages, and whoever drops the last reference must not. There are no sockets
        // left, since the thread of each holds its context.
        guard state.withLock({ $0.phase == .open }) else { return }
        let handle = handle
        if (try? NamedThread(name: "zmq-terminate", body: { handle.terminate() })) == nil { handle.terminate() }
    }

    /// Ends all sockets, joins their threads, and gives everything back.
    ///
    /// May be called more than once, from any task.
    ///
    /// Sockets that are still open end with `contextTerminated`; frames that libzmq has not taken yet are not sent.
    /// Waits, without blocking a thread of the cooperative pool, at most the longest `linger` for what libzmq has
    /// taken.
    public func terminate() async {
        let threads = state.withLock { state -> [NamedThread]? in
            guard state.phase == .open else { return nil }
            state.phase = .terminating
            return Array(state.threads.values)
        }
        guard let threads else { return await terminated.value }
        // From here on every call on a socket of this context fails with ETERM, which ends its thread's loop.
        handle.shutDown()
        for thread in threads { await thread.join() }
        state.withLock { $0.threads.removeAll() }
        let handle = handle
        do {
            try await NamedThread(name: "zmq-terminate", body: { handle.terminate() }).join()
        } catch {
            // The system has no thread to give: waiting here, for linger at most, is better than leaking the context.
            handle.terminate()
        }
        terminated.fulfil(())
    }

    /// Starts the thread of a socket, which `terminate` joins unless `forget` comes first.
    ///
    /// The pointer it is given lives until the thread has ended. Throws `contextTerminated`, or `resourcesExhausted`.
    func startThread(
        name: String,
        body: @escaping @Sendable (ContextHandle) -> Void
    ) throws(ZeroMQError) -> NamedThread {
        try state.withLock { state throws(ZeroMQError) -> NamedThread in
            guard state.phase == .open else {
                throw ZeroMQError(operation: "open", endpoint: name, number: ETERM)
            }
            let thread = try NamedThread(name: name) { body(self.handle) }
            state.threads[ObjectIdentifier(thread)] = thread
            return thread
        }
    }

    /// Drops a thread that has been joined.
    func forget(_ thread: NamedThread) {
        state.withLock { _ = $0.threads.removeValue(forKey: ObjectIdentifier(thread)) }
    }
}

/// libzmq's context pointer.
///
/// Unchecked, because the manual says of `zmq_ctx_new`: "A ØMQ context is thread safe and may be shared among as many
/// application threads as necessary". `ZeroMQContext` sees to it that nobody uses it after `terminate`.
struct ContextHandle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer

    func shutDown() { zmq_ctx_shutdown(pointer) }

    func terminate() {
        while zmq_ctx_term(pointer) != 0, zmq_errno() == EINTR {}
    }
}

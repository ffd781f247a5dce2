import CZeroMQ
import Glibc
import Synchronization

/// A system thread with a name, for C calls that wait.
final class NamedThread: Sendable {
    private let handle: Mutex<pthread_t?>
    private let ended: Promise<Void>

    /// Starts `body` on a thread of its own; `name` is cut to the 15 bytes that Linux keeps.
    ///
    /// Throws `resourcesExhausted` when the system has no more threads to give.
    init(name: String, body: @escaping @Sendable () -> Void) throws(ZeroMQError) {
        let start = Start(name: name, body: body)
        let retained = Unmanaged.passRetained(start)
        var thread = pthread_t()
        let number = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                NamedThread.work(Unmanaged<Start>.fromOpaque(argument)).fulfil(())
                return nil
            },
            retained.toOpaque()
        )
        guard number == 0 else {
            retained.release()
            throw ZeroMQError(operation: "start the thread of", endpoint: name, number: number)
        }
        handle = Mutex(thread)
        ended = start.ended
    }

    deinit {
        // Reached unjoined only when the last owner of a context drops it without terminating it, perhaps on this very
        // thread.
        handle.withLock { handle in
            if let thread = handle { pthread_detach(thread) }
        }
    }

    /// Waits until the thread has ended, then joins it.
    ///
    /// Any number of tasks may call it.
    ///
    /// Telling that it ended is the last thing that the thread does, so `pthread_join` waits for a few instructions
    /// only and does not hold up the cooperative pool.
    func join() async {
        await ended.value
        handle.withLock { handle in
            if let thread = handle { pthread_join(thread, nil) }
            handle = nil
        }
    }

    /// Runs the body and lets go of everything it holds before the end is told.
    private static func work(_ retained: Unmanaged<Start>) -> Promise<Void> {
        let start = retained.takeRetainedValue()
        CZeroMQ_name_this_thread(start.name)
        start.body()
        return start.ended
    }

    /// What goes through the C pointer to the new thread.
    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void
        let ended = Promise<Void>()

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}

import CCurl

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A named thread that runs one closure and is joined, or let go, exactly once.
struct LoopThread: Sendable {
    private let thread: pthread_t

    /// Starts the thread with all signals blocked.
    ///
    /// Signals are for the threads that expect them; and a write to a closed connection must end as an error here, not
    /// as a SIGPIPE that ends the process. Threads that libcurl starts inherit this.
    ///
    /// - Parameters:
    ///   - name: At most 15 bytes are shown by the system.
    ///   - body: What it runs.
    /// - Returns: The thread, to be joined or let go.
    /// - Throws: `other`, where the system has no thread left.
    static func start(name: String, body: @escaping @Sendable () -> Void) throws(Failure) -> LoopThread {
        let start = Unmanaged.passRetained(Start(name: String(name.prefix(15)), body: body))
        #if canImport(Glibc)
        var thread = pthread_t()
        #else
        var thread: pthread_t?
        #endif
        let result = pthread_create(&thread, nil, runStart, start.toOpaque())
        #if canImport(Glibc)
        let started: pthread_t? = thread
        #else
        let started = thread
        #endif
        guard result == 0, let started else {
            start.release()
            let reason = String(cString: strerror(result))
            throw Failure(code: .other, message: "the thread \(name) could not be started: \(reason)")
        }
        return LoopThread(thread: started)
    }

    /// Waits for the thread's end.
    ///
    /// To be called when the closure has said that it is through: then it is no wait.
    func join() {
        let result = pthread_join(thread, nil)
        precondition(result == 0, "a thread was joined twice or joined itself (error \(result))")
    }

    /// Lets the thread end by itself.
    func letGo() {
        pthread_detach(thread)
    }

    fileprivate final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}

#if canImport(Glibc)
private func runStart(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    run(argument)
    return nil
}
#else
private func runStart(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    run(argument)
    return nil
}
#endif

private func run(_ argument: UnsafeMutableRawPointer?) {
    guard let argument else { return }
    let start = Unmanaged<LoopThread.Start>.fromOpaque(argument).takeRetainedValue()
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    _ = CCurl_name_thread(start.name)
    start.body()
}

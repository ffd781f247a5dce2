import CCurl
import Synchronization

/// The client's one thread: its inbox, its start and its end.
final class CurlLoop: Sendable {
    /// What callers ask of the thread.
    enum Command: Sendable {
        case start(Launch)
        case cancel(TransferID)
        case resumeReading(TransferID)
    }

    private enum Phase: Sendable {
        case idle
        case running
        /// Takes nothing new, and ends when the last transfer has.
        case draining
        /// Ends all transfers, and itself.
        case stopping
        case ended
    }

    private struct Control: Sendable {
        var phase = Phase.idle
        var inbox: [Command] = []
        /// There from the start until the thread has done its last call with it.
        var multi: MultiHandle?
        /// There from the start until somebody joins it or lets it go.
        var thread: LoopThread?
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
        var failure: HTTPClientError?
    }

    let configuration: HTTPClient.Configuration
    let gauges = Gauges()
    private let control = Mutex(Control())
    private let lastID = Atomic<UInt64>(0)

    init(configuration: HTTPClient.Configuration) {
        self.configuration = configuration
    }

    /// Why the thread ended by itself, if it did.
    var failure: HTTPClientError? { control.withLock { $0.failure } }

    func nextID() -> TransferID {
        TransferID(number: lastID.add(1, ordering: .relaxed).newValue)
    }

    /// Starts the thread, unless it runs already.
    func start() throws(HTTPClientError) {
        do throws(Failure) {
            try control.withLock { (control) throws(Failure) in
                switch control.phase {
                case .running, .draining: return
                case .stopping, .ended: throw Self.closed
                case .idle: break
                }
                try configuration.check()
                let multi = try makeMulti(configuration)
                do throws(Failure) {
                    control.thread = try LoopThread.start(name: configuration.threadName) { self.run(multi) }
                } catch {
                    curl_multi_cleanup(multi.pointer)
                    throw error
                }
                control.multi = multi
                control.phase = .running
            }
        } catch {
            throw HTTPClientError(code: error.code, message: error.message, curlCode: error.curlCode)
        }
    }

    /// Hands a command to the thread.
    ///
    /// - Returns: Whether it was taken; a start is refused unless the loop runs.
    @discardableResult
    func submit(_ command: Command) -> Bool {
        control.withLock { control in
            switch (control.phase, command) {
            case (.running, _), (.draining, .cancel), (.draining, .resumeReading):
                control.inbox.append(command)
                // The thread empties the inbox before it waits, so one wake-up per filling is enough. It is given
                // under the lock because the thread takes `multi` away, under the lock, before it frees it.
                if control.inbox.count == 1 { wake(control) }
                return true
            case (.idle, _), (.draining, .start), (.stopping, _), (.ended, _):
                return false
            }
        }
    }

    /// Lets the transfers in flight end, takes no new ones, and then ends the thread.
    func drain() {
        turn(to: .draining, from: [.running])
    }

    /// Ends all transfers, then the thread.
    func stop() {
        turn(to: .stopping, from: [.running, .draining])
    }

    /// Waits until the thread has ended, and joins it; returns at once if it was never started.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = control.withLock { control in
                switch control.phase {
                case .idle, .ended:
                    return true
                case .running, .draining, .stopping:
                    control.waitingForEnd.append(continuation)
                    return false
                }
            }
            if isOver { continuation.resume() }
        }
        // Not a wait worth the name: the thread's last act was to say that it has ended.
        takeThread()?.join()
    }

    /// Closes a loop that nobody can use any more, without waiting.
    func abandon() {
        stop()
        takeThread()?.letGo()
    }

    /// What a call on a closed client ends with.
    static let closed = Failure(code: .stopped, message: "the HTTP client is closed")

    // MARK: - On the thread

    private func run(_ multi: MultiHandle) {
        let engine = CurlEngine(multi: multi, configuration: configuration, gauges: gauges)
        var failure: Failure?
        while true {
            let (commands, phase) = control.withLock { control in
                let taken = (control.inbox, control.phase)
                control.inbox = []
                return taken
            }
            for command in commands {
                engine.handle(command)
            }
            if phase == .draining { engine.endUnlimited(Self.closed) }
            if phase == .stopping { engine.endAll(Self.closed) }
            // Nothing can have come since: outside `running` no start is taken.
            if phase != .running, engine.isEmpty { break }
            failure = engine.work() ?? (phase != .running && engine.isEmpty ? nil : engine.wait())
            if failure != nil { break }
        }
        end(engine, multi, failure)
    }

    private func end(_ engine: CurlEngine, _ multi: MultiHandle, _ failure: Failure?) {
        let commands = control.withLock { control in
            control.phase = .stopping
            control.multi = nil
            control.failure = failure.map { HTTPClientError(code: $0.code, message: $0.message, curlCode: $0.curlCode) }
            defer { control.inbox = [] }
            return control.inbox
        }
        for command in commands {
            engine.handle(command)
        }
        engine.endAll(failure ?? Self.closed)
        curl_multi_cleanup(multi.pointer)
        let waiting = control.withLock { control in
            control.phase = .ended
            defer { control.waitingForEnd = [] }
            return control.waitingForEnd
        }
        for waiter in waiting {
            waiter.resume()
        }
    }

    // MARK: - Under the lock

    private func turn(to phase: Phase, from: [Phase]) {
        control.withLock { control in
            if from.contains(control.phase) {
                control.phase = phase
                wake(control)
            } else if control.phase == .idle {
                control.phase = .ended
            }
        }
    }

    private func wake(_ control: borrowing Control) {
        if let multi = control.multi { curl_multi_wakeup(multi.pointer) }
    }

    private func takeThread() -> LoopThread? {
        control.withLock { control in
            defer { control.thread = nil }
            return control.thread
        }
    }
}

/// `curl_global_init`, done once however many clients there are.
private let globalInit: CURLcode = CCurl_global_init()

private func makeMulti(_ configuration: HTTPClient.Configuration) throws(Failure) -> MultiHandle {
    guard globalInit == CURLE_OK, let multi = curl_multi_init() else {
        throw Failure(code: .other, message: "libcurl could not be set up", curlCode: Int32(globalInit.rawValue))
    }
    let options = [
        (CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maximumConnectionsPerHost),
        // How many idle connections are kept; libcurl's own limit follows the number of transfers up and down.
        (CURLMOPT_MAXCONNECTS, configuration.maximumConcurrentTransfers),
    ]
    for (option, value) in options {
        let result = CCurl_multi_setopt_long(multi, option, value)
        guard result == CURLM_OK else {
            curl_multi_cleanup(multi)
            let reason = String(cString: curl_multi_strerror(result))
            throw Failure(code: .other, message: "libcurl refuses an option: \(reason)", curlCode: result.rawValue)
        }
    }
    return MultiHandle(pointer: multi)
}

import CZeroMQ
import ServiceLifecycle
import Synchronization

/// What the thread of a socket does; the part in which the kinds of socket differ.
protocol SocketWork: Sendable {
    /// Ends the thread's wait after the state below it has changed.
    var wakeUp: WakeUp { get }
    /// Uses the socket until it shall be closed. Runs on the socket's thread and blocks it.
    func serve(_ socket: borrowing RawSocket, wake: CInt) throws(ZeroMQError)
    /// Makes `serve` return soon. Called from anywhere, more than once.
    func stop()
    /// The socket is closed, or never was opened. Called once, or more often with the same meaning.
    func end(_ error: ZeroMQError?)
}

/// A socket from start to end: its thread opens, uses and closes it, and is joined.
final class SocketRunner: Sendable {
    private enum Phase {
        case idle
        case started(NamedThread)
        case closed
    }

    private struct State {
        var phase = Phase.idle
        var boundAddresses: [String] = []
        var failure: ZeroMQError?
    }

    let name: String
    private let kind: RawSocket.Kind
    private let context: ZeroMQContext
    private let endpoints: [Endpoint]
    private let options: SocketOptions
    private let work: any SocketWork
    private let state = Mutex(State())
    private let opened = Promise<ZeroMQError?>()

    init(
        _ kind: RawSocket.Kind,
        context: ZeroMQContext,
        endpoints: [Endpoint],
        options: SocketOptions,
        name: String,
        work: any SocketWork
    ) {
        self.kind = kind
        self.context = context
        self.endpoints = endpoints
        self.options = options
        self.name = name
        self.work = work
    }

    /// The addresses that were bound, with their real ports, in the order of the endpoints.
    var boundAddresses: [String] { state.withLock { $0.boundAddresses } }

    /// Opens the socket on its thread, and returns when all endpoints are bound or connecting.
    ///
    /// Once started it does nothing.
    @discardableResult
    func start() async throws(ZeroMQError) -> NamedThread {
        let thread = try startedThread()
        if let error = await opened.value {
            await finish(thread)
            throw error
        }
        return thread
    }

    /// Starts, then lives until the task is cancelled, the service group shuts down, or the socket is closed.
    ///
    /// Throws what kept the socket from starting, or ended it.
    func run() async throws {
        let thread = try await start()
        await withTaskCancellationOrGracefulShutdownHandler {
            await thread.join()
        } onCancelOrGracefulShutdown: {
            self.work.stop()
        }
        await finish(thread)
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Closes the socket and joins its thread.
    ///
    /// Any number of tasks may call it, in any state.
    func close() async {
        work.stop()
        let thread = state.withLock { state -> NamedThread? in
            guard case .started(let thread) = state.phase else {
                state.phase = .closed
                return nil
            }
            return thread
        }
        if let thread { await finish(thread) } else { work.end(nil) }
    }

    private func finish(_ thread: NamedThread) async {
        await thread.join()
        context.forget(thread)
        state.withLock { $0.phase = .closed }
    }

    private func startedThread() throws(ZeroMQError) -> NamedThread {
        do {
            return try state.withLock { state throws(ZeroMQError) -> NamedThread in
                switch state.phase {
                case .started(let thread):
                    return thread
                case .closed:
                    throw state.failure ?? .closed("start", name: name)
                case .idle:
                    let thread = try context.startThread(name: name) { self.live(in: $0) }
                    state.phase = .started(thread)
                    return thread
                }
            }
        } catch {
            let isFirst = state.withLock { state -> Bool in
                guard case .idle = state.phase else { return false }
                state.phase = .closed
                state.failure = error
                return true
            }
            if isFirst { work.end(error) }
            throw error
        }
    }

    /// The whole life of the thread.
    private func live(in handle: ContextHandle) {
        var failure: ZeroMQError?
        do throws(ZeroMQError) {
            try serve(in: handle)
        } catch {
            failure = error
        }
        // The socket is closed now.
        state.withLock { $0.failure = failure }
        work.end(failure)
        opened.fulfil(failure)
    }

    private func serve(in handle: ContextHandle) throws(ZeroMQError) {
        try options.check()
        guard !endpoints.isEmpty else { throw .optionInvalid("open \(name) without an endpoint") }
        let wake = try work.wakeUp.open(name: name)
        defer { work.wakeUp.close() }
        let socket = try RawSocket(
            kind,
            context: handle,
            name: name,
            readsUserIDs: options.admissionDomain != nil
        )
        try socket.apply(options)
        var addresses: [String] = []
        for endpoint in endpoints {
            if let address = try socket.attach(endpoint) { addresses.append(address) }
        }
        state.withLock { $0.boundAddresses = addresses }
        opened.fulfil(nil)
        try work.serve(socket, wake: wake)
    }
}

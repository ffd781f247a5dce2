public import ServiceLifecycle

/// Decides which CURVE clients the server sockets of its context let in: the handler of ZAP (RFC 27).
///
/// It decides about every client of every socket that has an `admissionDomain`. Start it before those sockets, and close
/// it after them: without it they let nobody in.
public final class AdmissionHandler: Service {
    /// Decides about one client, on the handler's thread; all handshakes of the context wait meanwhile.
    public typealias Decision = @Sendable (AdmissionRequest) -> Admission

    /// Where libzmq looks for it; one per context.
    static let endpoint = Endpoint.bind("inproc://zeromq.zap.01")

    private let runner: SocketRunner
    private let work: AdmissionWork

    /// A handler that does nothing until it is started.
    public init(context: ZeroMQContext, decide: @escaping Decision) {
        work = AdmissionWork(decide: decide)
        runner = SocketRunner(
            .reply,
            context: context,
            endpoints: [Self.endpoint],
            options: SocketOptions(),
            name: "zap",
            work: work
        )
    }

    deinit {
        // A handler dropped without `close` still ends; its context joins the thread.
        work.stop()
    }

    /// Answers from then on.
    ///
    /// Throws `addressInUse` where the context has a handler already.
    public func start() async throws(ZeroMQError) { try await runner.start() }

    /// Starts if need be, lives until graceful shutdown, cancellation or `close`, then closes.
    public func run() async throws { try await runner.run() }

    /// What has ended it, as soon as it has ended; nil where it was closed.
    ///
    /// From a failure on nobody new is let in, so whoever uses `start` waits for this too. It waits on when the task is
    /// cancelled, until `close`.
    public func failure() async -> ZeroMQError? { await work.ended.value }

    /// Answers no more, and joins its thread.
    public func close() async { await runner.close() }
}

/// A client that has proven that it holds the secret of a key, and wants to be let in.
public struct AdmissionRequest: Hashable, Sendable {
    /// The `admissionDomain` of the socket that it has connected to.
    public let domain: String
    /// Its IP address, for a connection over TCP.
    public let address: String
    /// Its public key, 40 characters of Z85.
    public let publicKey: String

    /// A request.
    public init(domain: String, address: String, publicKey: String) {
        self.domain = domain
        self.address = address
        self.publicKey = publicKey
    }
}

/// Whether a client is let in.
public enum Admission: Hashable, Sendable {
    /// It is; `userID`, of 1 to 255 bytes, comes with each of its messages.
    case admitted(userID: String)
    /// It is not.
    case refused
}

public import ServiceLifecycle

/// An HTTP client: libcurl on one thread of its own, for any number of concurrent requests.
///
/// Connections are kept and shared by all requests of a client, so make one client and keep it. It speaks HTTP/1.1, and
/// HTTP/2 where a server offers it over TLS. It reads nothing from the environment, in particular no proxy.
///
/// Run it as a service, or just call ``send(_:)`` and end with ``close()``. It is closed for good after either.
public final class HTTPClient: Service {
    /// How much a client has to do.
    public struct Statistics: Hashable, Sendable {
        /// Requests whose answer is awaited or read, those that wait for a free place included.
        public var transfersInFlight: Int
        /// Connections opened so far, counted when the transfer that opened one has ended.
        public var connectionsOpened: Int
    }

    let loop: CurlLoop

    /// Makes a client; its thread is started by ``start()``, ``run()`` or the first request.
    public init(configuration: Configuration = Configuration()) {
        self.loop = CurlLoop(configuration: configuration)
    }

    deinit {
        loop.abandon()
    }

    /// What the client has to do now.
    public var statistics: Statistics { loop.gauges.snapshot }

    /// Checks the configuration and starts the thread; does nothing if it runs already.
    ///
    /// - Throws: ``HTTPClientError/Code/invalidRequest`` for a configuration that cannot be used,
    ///   ``HTTPClientError/Code/stopped`` after ``close()``.
    public func start() throws(HTTPClientError) {
        try loop.start()
    }

    /// Serves until graceful shutdown, cancellation or ``close()``, and joins the thread.
    ///
    /// On graceful shutdown new requests are refused, those in flight are let end within their own time limits, and
    /// those without a total time limit are ended. On cancellation all are ended.
    public func run() async throws {
        try start()
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await loop.ended()
            } onGracefulShutdown: {
                self.loop.drain()
            }
        } onCancel: {
            loop.stop()
        }
        if let failure = loop.failure { throw failure }
    }

    /// Ends all requests in flight with ``HTTPClientError/Code/stopped``, and joins the thread.
    public func close() async {
        loop.stop()
        await loop.ended()
    }

    /// Sends a request and collects the answer.
    ///
    /// Every status is an answer. When the task is cancelled the transfer is ended at once.
    public func send(_ request: HTTPRequest) async throws(HTTPClientError) -> HTTPResponse {
        let checked = try CheckedRequest(request)
        return try await launch(checked, id: loop.nextID()) { .whole($0) }.get()
    }

    /// Sends a request and returns as soon as the answer's head is there, for answers that go on, such as server-sent
    /// events.
    ///
    /// The total time limit covers the body too: set it to nil for an answer without an end. A stream speaks HTTP/1.1
    /// on a connection of its own.
    ///
    /// - Returns: The head, and the body as it arrives.
    public func stream(
        _ request: HTTPRequest
    ) async throws(HTTPClientError) -> (head: HTTPResponseHead, body: HTTPResponseBody) {
        let checked = try CheckedRequest(request)
        let channel = BodyChannel(watermarks: loop.configuration.streamBuffer)
        let id = loop.nextID()
        // Made first: if the head comes and nobody takes the body, the transfer ends with it.
        let source = BodySource(client: self, id: id, channel: channel)
        let head = try await launch(checked, id: id) { .streamed($0, channel) }.get()
        return (head, HTTPResponseBody(source: source))
    }

    private func launch<Answer: Sendable>(
        _ request: CheckedRequest,
        id: TransferID,
        receiver: (CheckedContinuation<Result<Answer, HTTPClientError>, Never>) -> Receiver
    ) async throws(HTTPClientError) -> Result<Answer, HTTPClientError> {
        do throws(HTTPClientError) {
            try start()
        } catch {
            let failure = Failure(code: error.code, message: error.message, curlCode: error.curlCode)
            throw request.error(failure, mayHaveReachedServer: false)
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    let error = request.error(CurlEngine.cancelled, mayHaveReachedServer: false)
                    continuation.resume(returning: .failure(error))
                    return
                }
                let deadline = request.request.timeouts.total.map { ContinuousClock.now.advanced(by: $0) }
                let launch = Launch(id: id, request: request, receiver: receiver(continuation), deadline: deadline)
                guard loop.submit(.start(launch)) else {
                    continuation.resume(
                        returning: .failure(request.error(CurlLoop.closed, mayHaveReachedServer: false))
                    )
                    return
                }
                // The handler below may have run since; if it did before the start was submitted, it found nothing.
                if Task.isCancelled { loop.submit(.cancel(id)) }
            }
        } onCancel: {
            loop.submit(.cancel(id))
        }
    }
}

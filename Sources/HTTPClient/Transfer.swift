import CCurl

/// Names a transfer across the threads.
struct TransferID: Hashable, Sendable {
    var number: UInt64
}

/// Who waits for a transfer's end.
enum Receiver: Sendable {
    case whole(CheckedContinuation<Result<HTTPResponse, HTTPClientError>, Never>)
    case streamed(CheckedContinuation<Result<HTTPResponseHead, HTTPClientError>, Never>, BodyChannel)
}

/// What the caller hands to the loop.
struct Launch: Sendable {
    var id: TransferID
    var request: CheckedRequest
    var receiver: Receiver
    var deadline: ContinuousClock.Instant?
}

/// One transfer on the loop's thread: the machine that decides, and the libcurl handle that works.
final class Transfer {
    let launch: Launch
    var machine: TransferMachine
    /// Nil while the transfer waits for a free place.
    var handle: EasyHandle?

    /// Whether libcurl has been told to stop reading, because the consumer is behind.
    private(set) var isPaused = false

    /// When something last arrived, or was about to be sent.
    private var lastActivity: ContinuousClock.Instant?

    private var parser = ResponseHeadParser()
    private var body: [UInt8] = []

    init(_ launch: Launch) {
        self.launch = launch
        let delivery: TransferMachine.Delivery =
            switch launch.receiver {
            case .whole: .collected(maximumBytes: launch.request.request.maximumBodyBytes)
            case .streamed: .streamed
            }
        self.machine = TransferMachine(launch.request, delivery: delivery)
    }

    /// Makes the libcurl handle ready for the machine's hop.
    func prepare(_ configuration: HTTPClient.Configuration) throws(Failure) -> EasyHandle {
        parser = ResponseHeadParser()
        body = []
        let handle =
            if let known = self.handle { known } else { try EasyHandle() }
        self.handle = handle
        let isStreamed = if case .streamed = launch.receiver { true } else { false }
        try handle.prepare(
            machine.hop,
            isStreamed: isStreamed,
            timeouts: launch.request.request.timeouts,
            configuration: configuration
        )
        // Not retained: the engine holds the transfer for as long as libcurl holds the handle.
        try handle.setCallbacks(
            context: Unmanaged.passUnretained(self).toOpaque(),
            header: { bytes, size, count, context in
                Transfer.from(context).take(header: Transfer.buffer(bytes, size * count))
            },
            body: { bytes, size, count, context in
                Transfer.from(context).take(body: Transfer.buffer(bytes, size * count))
            },
            aboutToSend: { context, _, _, _, _ in
                let transfer = Transfer.from(context)
                transfer.lastActivity = .now
                return transfer.machine.aboutToSend() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            }
        )
        return handle
    }

    /// The consumer has caught up.
    ///
    /// Calls the write callback for what libcurl has kept, and lets it read on.
    func resumeReading() {
        guard let handle, isPaused else { return }
        isPaused = false
        lastActivity = .now
        curl_easy_pause(handle.pointer, CURLPAUSE_CONT)
    }

    /// What a transfer's time limits say.
    enum TimeCheck {
        case over(String)
        case checkAgain(ContinuousClock.Instant)
        case noLimit
    }

    /// Looks at the total and the idle limit.
    func checkTime(_ now: ContinuousClock.Instant) -> TimeCheck {
        let timeouts = launch.request.request.timeouts
        if let deadline = launch.deadline, deadline <= now {
            let sent = machine.mayHaveReachedServer ? "there was no whole answer" : "it could not be sent"
            return .over("\(sent) within \(timeouts.total ?? .zero)")
        }
        guard let idle = timeouts.idle else { return launch.deadline.map { .checkAgain($0) } ?? .noLimit }
        let quietSince = isPaused ? now : lastActivity ?? now
        let end = quietSince.advanced(by: idle)
        guard end > now else { return .over("nothing arrived for \(idle)") }
        return .checkAgain(min(launch.deadline ?? end, end))
    }

    /// Hands the end over to whoever waits.
    ///
    /// The handle must be out of libcurl's hands.
    func conclude(_ ending: TransferMachine.Ending) {
        switch (ending, launch.receiver) {
        case (.respond(let head), .whole(let waiter)):
            waiter.resume(returning: .success(HTTPResponse(head: head, body: body)))
        case (.fail(let failure), .whole(let waiter)):
            waiter.resume(returning: .failure(error(failure)))
        case (.fail(let failure), .streamed(let waiter, _)):
            waiter.resume(returning: .failure(error(failure)))
        case (.finishBody(let failure), .streamed(_, let channel)):
            channel.finish(failure.map { .failure(error($0)) } ?? .success(()))
        case (.respond, .streamed), (.finishBody, .whole), (.follow, _), (.nothing, _):
            preconditionFailure("a transfer was concluded with \(ending), which does not end it")
        }
    }

    private func error(_ failure: Failure) -> HTTPClientError {
        launch.request.error(failure, mayHaveReachedServer: machine.mayHaveReachedServer)
    }

    // MARK: - What libcurl calls

    /// Another number of bytes than was given makes libcurl end the transfer.
    private static let refused = 0

    private func take(header line: UnsafeBufferPointer<UInt8>) -> Int {
        lastActivity = .now
        switch parser.take(line) {
        case .more:
            return line.count
        case .malformed(let reason):
            machine.headMalformed(reason)
            return Self.refused
        case .head(let status, let headers):
            switch machine.headArrived(status: status, headers: headers) {
            case .proceed:
                return line.count
            case .abort:
                return Self.refused
            case .deliver(let head):
                guard case .streamed(let waiter, _) = launch.receiver else { return Self.refused }
                waiter.resume(returning: .success(head))
                return line.count
            }
        }
    }

    private func take(body chunk: UnsafeBufferPointer<UInt8>) -> Int {
        lastActivity = .now
        // A chunk that was refused for the time being comes again, and is counted then: streamed ones are not counted.
        switch machine.bodyArrived(chunk.count) {
        case .abort:
            return Self.refused
        case .discard:
            return chunk.count
        case .collect:
            body.append(contentsOf: chunk)
            return chunk.count
        case .stream:
            guard case .streamed(_, let channel) = launch.receiver else { return Self.refused }
            isPaused = !channel.offer(chunk)
            return isPaused ? Int(CURL_WRITEFUNC_PAUSE) : chunk.count
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer {
        guard let context else { preconditionFailure("libcurl called back without the context it was given") }
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    private static func buffer(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(
            UnsafeMutableRawBufferPointer(start: bytes, count: count).assumingMemoryBound(to: UInt8.self)
        )
    }
}

import CCurl

/// Decides about one transfer, from the call to its one end.
///
/// A value without I/O: what libcurl and the caller did goes in, what is to be done comes out. Whatever the order of
/// events, exactly one of them leads to the end (`respond`, `fail` or `finishBody`); all later ones lead to nothing.
struct TransferMachine: Sendable {
    /// How the caller takes the body.
    enum Delivery: Hashable, Sendable {
        case collected(maximumBytes: Int)
        case streamed
    }

    /// What to do about a head.
    enum HeadAction: Hashable, Sendable {
        /// Go on: collect the body, or read over it.
        case proceed
        /// Hand the head to the caller now; the body follows.
        case deliver(HTTPResponseHead)
        /// Stop the transfer.
        case abort
    }

    /// What to do about a piece of a body.
    enum BodyAction: Hashable, Sendable {
        case collect
        case stream
        case discard
        case abort
    }

    /// What the end of libcurl's work, or an end from outside, leads to.
    enum Ending: Hashable, Sendable {
        /// Send the next hop.
        case follow(Hop)
        /// Resume the caller with this head and the collected body.
        case respond(HTTPResponseHead)
        /// Resume the caller with an error.
        case fail(Failure)
        /// End the streamed body, with an error unless it is whole.
        case finishBody(Failure?)
        /// It has ended before.
        case nothing
    }

    /// Whether any hop may have been sent, in part at least.
    private(set) var mayHaveReachedServer = false

    /// The hop that is being sent.
    private(set) var hop: Hop

    private enum Phase: Sendable {
        case awaitingHead
        case collecting(HTTPResponseHead, maximumBytes: Int)
        case streaming
        case redirecting(Hop)
        case ended
    }

    private let delivery: Delivery
    private let isIdempotent: Bool
    private var redirectsLeft: Int
    private var phase = Phase.awaitingHead
    private var wasSent = false
    private var bodyBytes = 0
    /// Why a callback stopped libcurl, which itself then only says that a callback did.
    private var refusal: Failure?

    /// The body of a redirect is read over up to this size, to keep the connection, and the connection given up beyond.
    private static let largestSkippedBody = 64 << 10

    init(_ request: CheckedRequest, delivery: Delivery) {
        self.hop = request.hop
        self.delivery = delivery
        self.isIdempotent = request.request.isIdempotent
        self.redirectsLeft = request.request.redirects
    }

    /// libcurl has a connection and is about to send the hop.
    ///
    /// libcurl sends a request again, whatever its method, when a kept connection breaks before the first byte of an
    /// answer. What is not idempotent must not be sent twice: the server may have acted on it.
    ///
    /// - Returns: Whether it may.
    mutating func aboutToSend() -> Bool {
        if wasSent, !isIdempotent {
            refusal = Failure(
                code: .cut,
                message: "the connection broke before an answer came, and the request is not one to send twice"
            )
            return false
        }
        wasSent = true
        mayHaveReachedServer = true
        return true
    }

    /// A whole head has arrived.
    mutating func headArrived(status: Int, headers: HTTPHeaders) -> HeadAction {
        guard case .awaitingHead = phase, refusal == nil else { return .abort }
        let head = HTTPResponseHead(status: status, headers: headers, url: hop.address.effective)
        switch hop.next(status: status, location: headers.first("Location"), redirectsLeft: redirectsLeft) {
        case .follow(let next):
            phase = .redirecting(next)
            return .proceed
        case .refuse(let reason):
            refusal = Failure(code: .redirectRefused, message: reason)
            return .abort
        case .deliver:
            break
        }
        switch delivery {
        case .streamed:
            phase = .streaming
            return .deliver(head)
        case .collected(let maximum):
            if let announced = announcedLength(head), announced > maximum {
                refusal = tooLarge(maximum)
                return .abort
            }
            phase = .collecting(head, maximumBytes: maximum)
            return .proceed
        }
    }

    /// What has arrived is no head.
    mutating func headMalformed(_ reason: String) {
        refusal = Failure(code: .badAnswer, message: "the server's answer is not HTTP: \(reason)")
    }

    /// A piece of a body has arrived.
    mutating func bodyArrived(_ count: Int) -> BodyAction {
        guard refusal == nil else { return .abort }
        switch phase {
        case .awaitingHead, .ended:
            return .abort
        case .streaming:
            return .stream
        case .redirecting:
            bodyBytes += count
            return bodyBytes > Self.largestSkippedBody ? .abort : .discard
        case .collecting(_, let maximum):
            guard count <= maximum - bodyBytes else {
                refusal = tooLarge(maximum)
                return .abort
            }
            bodyBytes += count
            return .collect
        }
    }

    /// libcurl has ended its work on the hop.
    mutating func ended(_ result: CURLcode, detail: String) -> Ending {
        let phase = self.phase
        if case .ended = phase { return .nothing }
        self.phase = .ended
        let failure = refusal ?? (result == CURLE_OK ? nil : FailureTable.failure(result, detail: detail))
        switch phase {
        case .redirecting(let next):
            // How the redirect's own body ended does not matter: its head was whole.
            self = following(next)
            return .follow(next)
        case .awaitingHead:
            // libcurl takes a connection that ends within the header for an answer without a body.
            let broken = Failure(code: .cut, message: "the connection was closed within the answer's header")
            return .fail(failure ?? broken)
        case .collecting(let head, _):
            return failure.map { .fail($0) } ?? .respond(head)
        case .streaming:
            return .finishBody(failure)
        case .ended:
            return .nothing
        }
    }

    /// The transfer is ended from outside: cancelled, out of time, or the client stops.
    mutating func ended(because failure: Failure) -> Ending {
        let phase = self.phase
        self.phase = .ended
        return switch phase {
        case .ended: .nothing
        case .streaming: .finishBody(failure)
        case .awaitingHead, .collecting, .redirecting: .fail(failure)
        }
    }

    private func following(_ next: Hop) -> TransferMachine {
        var machine = self
        machine.hop = next
        machine.phase = .awaitingHead
        machine.redirectsLeft -= 1
        machine.wasSent = false
        machine.bodyBytes = 0
        return machine
    }

    private func announcedLength(_ head: HTTPResponseHead) -> Int? {
        // An answer to HEAD, and 304, announce the length of a body that does not come.
        guard hop.method != .head, head.status != 304 else { return nil }
        return head.headers.first("Content-Length").flatMap { Int($0) }
    }

    private func tooLarge(_ maximum: Int) -> Failure {
        Failure(code: .bodyTooLarge, message: "the answer's body is larger than the \(maximum) bytes allowed")
    }
}

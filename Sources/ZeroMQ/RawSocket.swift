import CZeroMQ
import Glibc

/// A libzmq socket, which must stay on the thread that made it; closed when it goes out of scope.
///
/// Not copyable and not Sendable, so the compiler keeps it there.
struct RawSocket: ~Copyable {
    enum Kind {
        case push, pull, reply

        var type: CInt {
            switch self {
            case .push: ZMQ_PUSH
            case .pull: ZMQ_PULL
            case .reply: ZMQ_REP
            }
        }
    }

    /// What one round of reading brought.
    struct Round {
        var frames: [ReceivedFrame] = []
        /// Bytes of the frames.
        var bytes = 0
        /// Messages dropped: of several frames, or (over `inproc`, where libzmq does not check) too large.
        var invalid = 0
        /// Nothing more is to be had now.
        var isExhausted = false
    }

    let kind: Kind
    let pointer: UnsafeMutableRawPointer
    let name: String
    /// Whether each message is asked for the user id of its connection.
    let readsUserIDs: Bool
    /// Used again for every message: `zmq_msg_recv` frees what was in it.
    private let message: UnsafeMutablePointer<zmq_msg_t>

    init(_ kind: Kind, context: ContextHandle, name: String, readsUserIDs: Bool = false) throws(ZeroMQError) {
        guard let pointer = zmq_socket(context.pointer, kind.type) else {
            throw ZeroMQError(operation: "open", endpoint: name, number: zmq_errno())
        }
        self.kind = kind
        self.pointer = pointer
        self.name = name
        self.readsUserIDs = readsUserIDs
        message = .allocate(capacity: 1)
        zmq_msg_init(message)
    }

    deinit {
        zmq_msg_close(message)
        message.deallocate()
        zmq_close(pointer)
    }

    /// Binds or connects; the address that was really bound, for a bind.
    func attach(_ endpoint: Endpoint) throws(ZeroMQError) -> String? {
        guard !endpoint.hasImpossiblePort else {
            throw ZeroMQError(operation: endpoint.role.rawValue, endpoint: endpoint.address, number: EINVAL)
        }
        let result =
            switch endpoint.role {
            case .bind: zmq_bind(pointer, endpoint.address)
            case .connect: zmq_connect(pointer, endpoint.address)
            }
        guard result == 0 else {
            throw ZeroMQError(operation: endpoint.role.rawValue, endpoint: endpoint.address, number: zmq_errno())
        }
        return endpoint.role == .bind ? try lastEndpoint() : nil
    }

    /// Waits until the socket has one of `events` (ZMQ_POLLIN, ZMQ_POLLOUT), the descriptor is readable, or the time is
    /// over.
    ///
    /// Asking a PUSH for POLLIN, or a PULL for POLLOUT, never comes true and still lets libzmq handle peers that come
    /// and go, and the end of the context. Asking for nothing would not.
    func wait(for events: CInt, or descriptor: CInt, timeout: Duration? = nil) throws(ZeroMQError) {
        let result = CZeroMQ_wait(pointer, CShort(events), descriptor, timeout?.milliseconds ?? -1)
        guard result < 0 else { return }
        let number = zmq_errno()
        guard number == EINTR else { throw ZeroMQError(operation: "wait on", endpoint: name, number: number) }
    }

    /// Queues one frame with libzmq; false when no peer can take it now.
    func send(_ frame: [UInt8]) throws(ZeroMQError) -> Bool {
        while true {
            let result = frame.withUnsafeBytes { zmq_send(pointer, $0.baseAddress, $0.count, ZMQ_DONTWAIT) }
            guard result < 0 else { return true }
            switch zmq_errno() {
            case EAGAIN: return false
            case EINTR: continue
            case let number: throw ZeroMQError(operation: "send on", endpoint: name, number: number)
            }
        }
    }

    /// Takes what is there, at most `limit` messages and little more than `byteLimit` bytes, without waiting.
    func receive(
        atMost limit: Int,
        maximumFrameBytes: Int,
        byteLimit: Int = .max
    ) throws(ZeroMQError) -> Round {
        var round = Round()
        while round.frames.count + round.invalid < limit, round.bytes < byteLimit {
            let size: Int
            switch try receivePart() {
            case .some(let received):
                size = received
            case .none:
                round.isExhausted = true
                return round
            }
            if zmq_msg_more(message) != 0 {
                // libzmq hands a message over when all its parts are there.
                while zmq_msg_more(message) != 0, try receivePart() != nil {}
                round.invalid += 1
            } else if size > maximumFrameBytes {
                round.invalid += 1
            } else {
                round.bytes += size
                round.frames.append(ReceivedFrame(bytes: bytes(size), userID: userID))
            }
        }
        return round
    }

    /// Takes all parts of one message, at most `limit` of them; nil when there is no message now.
    ///
    /// Further parts are dropped.
    func receiveParts(atMost limit: Int) throws(ZeroMQError) -> [[UInt8]]? {
        guard let first = try receivePart() else { return nil }
        var parts = [bytes(first)]
        while zmq_msg_more(message) != 0, let size = try receivePart() {
            if parts.count < limit { parts.append(bytes(size)) }
        }
        return parts
    }

    /// Answers with one message of these parts; libzmq drops it where the one who asked is gone.
    ///
    /// A part that is not taken is an error, even if it is for the moment only: the socket would stay in the middle of the
    /// answer, and each further question would fail.
    func send(parts: [[UInt8]]) throws(ZeroMQError) {
        for (index, part) in parts.enumerated() {
            let flags = ZMQ_DONTWAIT | (index + 1 < parts.count ? ZMQ_SNDMORE : 0)
            while part.withUnsafeBytes({ zmq_send(pointer, $0.baseAddress, $0.count, flags) }) < 0 {
                switch zmq_errno() {
                case EINTR: continue
                case EAGAIN:
                    let operation = "send part \(index + 1) of \(parts.count) of an answer on"
                    throw ZeroMQError(.failed, operation: operation, endpoint: name, number: EAGAIN)
                case let number: throw ZeroMQError(operation: "send on", endpoint: name, number: number)
                }
            }
        }
    }

    /// A copy of the first bytes of `message`.
    private func bytes(_ size: Int) -> [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(message), count: size))
    }

    /// Who the admission handler said has sent `message`.
    private var userID: String? {
        guard readsUserIDs, let text = zmq_msg_gets(message, "User-Id") else { return nil }
        return String(cString: text)
    }

    /// Takes one part into `message`: its size, or nil when there is none now.
    private func receivePart() throws(ZeroMQError) -> Int? {
        while true {
            let size = zmq_msg_recv(message, pointer, ZMQ_DONTWAIT)
            guard size < 0 else { return Int(size) }
            switch zmq_errno() {
            case EAGAIN: return nil
            case EINTR: continue
            case let number: throw ZeroMQError(operation: "receive on", endpoint: name, number: number)
            }
        }
    }

    /// ZMQ_LAST_ENDPOINT: the address with the port that was really bound.
    private func lastEndpoint() throws(ZeroMQError) -> String {
        var buffer = [UInt8](repeating: 0, count: 512)
        var size = buffer.count
        guard zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, &buffer, &size) == 0 else {
            throw ZeroMQError(operation: "read the bound address of", endpoint: name, number: zmq_errno())
        }
        return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
}

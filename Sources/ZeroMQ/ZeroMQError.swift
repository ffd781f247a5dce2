import CZeroMQ
import Glibc

/// What went wrong with a ZeroMQ socket: what was tried, on which endpoint, and the errno.
public struct ZeroMQError: Error, Hashable, Sendable {
    /// The kinds of failure that a caller may want to tell apart.
    public struct Code: Hashable, Sendable {
        private enum Name: String {
            case addressInUse, addressUnavailable, addressInvalid, pathMissing, pathTooLong, permissionDenied
            case optionInvalid, frameTooLarge, closed, cancelled, contextTerminated, resourcesExhausted, failed
        }

        private let name: Name

        /// Another socket listens on the address.
        public static let addressInUse = Code(name: .addressInUse)
        /// No interface of this machine has the address.
        public static let addressUnavailable = Code(name: .addressUnavailable)
        /// The address is malformed, or of a transport that is not there.
        public static let addressInvalid = Code(name: .addressInvalid)
        /// The folder of an `ipc://` path does not exist.
        public static let pathMissing = Code(name: .pathMissing)
        /// An `ipc://` path is longer than a Unix socket's address can be.
        public static let pathTooLong = Code(name: .pathTooLong)
        /// This user may not bind or connect there.
        public static let permissionDenied = Code(name: .permissionDenied)
        /// A socket option or key has a value that cannot be used.
        public static let optionInvalid = Code(name: .optionInvalid)
        /// A frame to be sent is larger than `SocketOptions.maximumFrameBytes`.
        public static let frameTooLarge = Code(name: .frameTooLarge)
        /// The socket was closed before.
        public static let closed = Code(name: .closed)
        /// The task was cancelled while it waited; nothing was queued.
        public static let cancelled = Code(name: .cancelled)
        /// The context was terminated under the socket.
        public static let contextTerminated = Code(name: .contextTerminated)
        /// Out of descriptors, sockets, threads or memory.
        public static let resourcesExhausted = Code(name: .resourcesExhausted)
        /// Anything else; the errno tells.
        public static let failed = Code(name: .failed)
    }

    /// The kind of failure.
    public let code: Code
    /// What was tried, as a phrase: `bind`, `set ZMQ_SNDHWM`, `send a frame of 2097152 bytes`.
    public let operation: String
    /// The endpoint's address, or the socket's name where the failure is of no single endpoint.
    public let endpoint: String?
    /// The errno, of the system or of libzmq.
    public let number: Int32

    init(_ code: Code, operation: String, endpoint: String?, number: Int32) {
        self.code = code
        self.operation = operation
        self.endpoint = endpoint
        self.number = number
    }

    /// An error from libzmq or the system, its code chosen by errno.
    init(operation: String, endpoint: String?, number: Int32) {
        self.init(Code(number: number), operation: operation, endpoint: endpoint, number: number)
    }

    /// The error of using a socket that was closed.
    static func closed(_ operation: String, name: String) -> ZeroMQError {
        ZeroMQError(.closed, operation: operation, endpoint: name, number: ENOTSOCK)
    }

    /// The error of a task that was cancelled while it waited.
    static func cancelled(_ operation: String, name: String) -> ZeroMQError {
        ZeroMQError(.cancelled, operation: operation, endpoint: name, number: ECANCELED)
    }

    /// The error of an option that cannot be used; `operation` names it, its value and what is allowed.
    static func optionInvalid(_ operation: String) -> ZeroMQError {
        ZeroMQError(.optionInvalid, operation: operation, endpoint: nil, number: EINVAL)
    }
}

extension ZeroMQError: CustomStringConvertible {
    /// One sentence of what failed, and a second one of what to do about it where that is known.
    public var description: String {
        let reason = String(cString: zmq_strerror(number))
        let place = endpoint.map { " \($0)" } ?? ""
        let failure = "\(operation)\(place): \(reason) (errno \(number))"
        return remedy.map { "\(failure). \($0)" } ?? failure
    }

    /// What to do about it, where that is known.
    public var remedy: String? {
        switch code {
        case .addressInUse:
            "Another process listens there: stop it (`ss -ltnp` shows which one), or choose another port."
        case .addressUnavailable:
            "No interface of this machine has that address: use 127.0.0.1, or one that `ip address` shows."
        case .addressInvalid:
            "Write tcp://HOST:PORT (bind: an address or * for HOST, * for any free PORT) or ipc://PATH."
        case .pathMissing:
            "The folder of that path does not exist: create it before binding."
        case .pathTooLong:
            "The path of a Unix socket has at most 107 bytes: use a shorter folder."
        case .permissionDenied:
            "This user may not listen there: choose a port of 1024 or above, or a folder that is writable."
        case .frameTooLarge:
            "Send less at a time, or raise maximumFrameBytes at both ends."
        case .contextTerminated:
            "The ZeroMQ context has ended: close its sockets before terminating it."
        case .resourcesExhausted:
            "Raise the limit of open files (`ulimit -n`), or use fewer sockets."
        case .closed:
            "The socket is closed for good: make a new one."
        default:
            nil
        }
    }
}

extension ZeroMQError.Code: CustomStringConvertible {
    /// The name of the code, as in `addressInUse`.
    public var description: String { name.rawValue }

    init(number: Int32) {
        switch number {
        case EADDRINUSE: self = .addressInUse
        case EADDRNOTAVAIL, ENODEV: self = .addressUnavailable
        case EINVAL, EPROTONOSUPPORT, ENOCOMPATPROTO: self = .addressInvalid
        case ENOENT, ENOTDIR: self = .pathMissing
        case ENAMETOOLONG: self = .pathTooLong
        case EACCES, EPERM, EROFS: self = .permissionDenied
        case ETERM: self = .contextTerminated
        case EMFILE, ENFILE, ENOMEM, EAGAIN: self = .resourcesExhausted
        case EMSGSIZE: self = .frameTooLarge
        default: self = .failed
        }
    }
}

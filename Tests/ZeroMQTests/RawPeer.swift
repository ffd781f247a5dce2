import CZeroMQ
import Glibc
import Testing

/// A peer made of libzmq alone, without any of our checks.
///
/// Blocks: use it inside `onThread`.
///
/// Each has a context of its own, which ends with it at once and unsent messages too: what a dying process looks like.
struct RawPeer: ~Copyable {
    private let context: UnsafeMutableRawPointer
    private let socket: UnsafeMutableRawPointer
    private let monitor: UnsafeMutableRawPointer

    struct Failure: Error {
        let call: String
        let number = zmq_errno()
    }

    /// A raw PUSH that connects to `address`, its options set before.
    static func push(
        to address: String,
        _ configure: (UnsafeMutableRawPointer) -> Void = { _ in }
    ) throws -> RawPeer {
        let context = try #require(zmq_ctx_new())
        zmq_ctx_set(context, ZMQ_BLOCKY, 0)
        let peer = RawPeer(
            context: context,
            socket: try #require(zmq_socket(context, ZMQ_PUSH)),
            monitor: try #require(zmq_socket(context, ZMQ_PAIR))
        )
        configure(peer.socket)
        let events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | handshakeFailures
        guard zmq_socket_monitor(peer.socket, "inproc://monitor", events) == 0,
            zmq_connect(peer.monitor, "inproc://monitor") == 0,
            zmq_connect(peer.socket, address) == 0
        else { throw Failure(call: "connect") }
        return peer
    }

    private init(
        context: UnsafeMutableRawPointer,
        socket: UnsafeMutableRawPointer,
        monitor: UnsafeMutableRawPointer
    ) {
        self.context = context
        self.socket = socket
        self.monitor = monitor
    }

    deinit {
        zmq_close(monitor)
        zmq_close(socket)
        zmq_ctx_term(context)
    }

    /// Queues one message of these parts.
    func send(_ parts: [[UInt8]]) throws {
        for (index, part) in parts.enumerated() {
            let more = index + 1 < parts.count ? ZMQ_SNDMORE : 0
            guard part.withUnsafeBytes({ zmq_send(socket, $0.baseAddress, $0.count, more) }) >= 0 else {
                throw Failure(call: "send")
            }
        }
    }

    /// Waits until the connection has seen one of these events.
    func waitFor(_ events: CInt) throws {
        while true {
            var event = [UInt8](repeating: 0, count: 6)
            var peer = [UInt8](repeating: 0, count: 256)
            guard zmq_recv(monitor, &event, 6, 0) == 6, zmq_recv(monitor, &peer, 256, 0) >= 0 else {
                throw Failure(call: "monitor")
            }
            if events & (CInt(event[0]) | CInt(event[1]) << 8) != 0 { return }
        }
    }
}

/// All events that say that a handshake failed.
let handshakeFailures =
    ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH

/// A PUSH or PULL that speaks ZMTP 3.0 (RFC 23) over a TCP connection by hand.
///
/// Blocks: use it inside `onThread`.
struct HandmadePeer: ~Copyable {
    private let descriptor: CInt

    struct Failure: Error {
        let call: String
        let number = errno
    }

    private init() {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    }

    /// Connects to the port of a `tcp://127.0.0.1:PORT` and shakes hands.
    static func push(to address: String) throws -> HandmadePeer { try connect(to: address, as: "PUSH") }

    /// The same as a PULL.
    static func pull(from address: String) throws -> HandmadePeer { try connect(to: address, as: "PULL") }

    private static func connect(to address: String, as type: String) throws -> HandmadePeer {
        let port = try #require(address.split(separator: ":").last.flatMap { UInt16($0) })
        let peer = HandmadePeer()
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        target.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(peer.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(call: "connect") }
        let signature = [0xff] + [UInt8](repeating: 0, count: 8) + [0x7f]
        let mechanism = Array("NULL".utf8) + [UInt8](repeating: 0, count: 16)
        try peer.write(signature + [3, 0] + mechanism + [UInt8](repeating: 0, count: 32))
        let ready = [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, 4] + Array(type.utf8)
        try peer.write([4, UInt8(ready.count)] + ready)
        return peer
    }

    deinit { close(descriptor) }

    /// Announces a frame of `length` bytes.
    func announce(length: UInt64) throws {
        try write([2] + withUnsafeBytes(of: length.bigEndian) { Array($0) })
    }

    /// Sends bytes as they are.
    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure(call: "send") }
            rest = rest.dropFirst(count)
        }
    }

    /// Waits until the other side has ended the connection.
    func readToEnd() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
    }
}

/// How a socket behaves; set before it binds or connects, and never changed after.
public struct SocketOptions: Sendable {
    /// Whether the connections of a socket are encrypted and authenticated.
    public enum Security: Sendable {
        /// Plain text, no authentication: for the loopback only.
        case null
        /// CURVE (RFC 26): peers without the right keys are refused.
        case curve(CurveKeys)
    }

    /// ZMQ_SNDHWM or ZMQ_RCVHWM: messages libzmq queues for each peer.
    ///
    /// At least 1, since libzmq reads 0 as "no limit".
    ///
    /// It does not bound what is in flight: the kernel's buffers come on top.
    public var highWaterMark: Int = 256
    /// ZMQ_SNDBUF or ZMQ_RCVBUF in bytes, the part of what is in flight that `highWaterMark` misses; nil leaves it to
    /// the system.
    public var kernelBufferBytes: Int?
    /// ZMQ_IMMEDIATE: a PUSH queues messages to peers that are really there, and to nobody while there are none.
    public var queueOnlyToCompletedConnections: Bool = true
    /// How long closing may try to send what is queued.
    public var linger: Duration = .seconds(2)
    /// The largest frame sent or taken.
    ///
    /// A peer that announces a larger one is disconnected before its bytes are read.
    public var maximumFrameBytes: Int = 1 << 20
    /// ZMQ_HEARTBEAT_IVL: how often a PUSH asks its peers whether they live; zero asks never.
    ///
    /// A PULL never asks: where it holds back a peer that then dies, the next question aborts the process
    /// (https://github.com/zeromq/libzmq/issues/4364, open in 4.3.5). So does, now and then, a question that such a peer has
    /// left behind: a PUSH of many to one should not ask either. Without questions TCP finds out, within some 10 s.
    public var heartbeatInterval: Duration = .seconds(1)
    /// ZMQ_HEARTBEAT_TIMEOUT: a peer silent for so long is disconnected.
    ///
    /// A consumer that stops reading is silent too once the buffers before it are full, and what was in flight to it is
    /// lost: a process must always read its socket.
    public var heartbeatTimeout: Duration = .seconds(3)
    /// ZMQ_RECONNECT_IVL: how long a lost or refused connection waits before the next try; it doubles up to the
    /// maximum.
    public var reconnectInterval: Duration = .milliseconds(50)
    /// ZMQ_RECONNECT_IVL_MAX: the longest wait between two tries.
    public var maximumReconnectInterval: Duration = .seconds(1)
    /// Whether connections are encrypted and authenticated.
    public var security: Security = .null
    /// ZMQ_ZAP_DOMAIN: what an `AdmissionHandler` of the same context is told of the socket; 1 to 100 bytes.
    ///
    /// For CURVE servers only. With it nobody is let in whom the handler has not admitted, and nobody at all where the
    /// context has no handler; without it every client is that knows the server's public key.
    public var admissionDomain: String?

    /// For a PUSH of many to one: no questions.
    public static func pushToOne() -> SocketOptions {
        var options = SocketOptions()
        options.heartbeatInterval = .zero
        return options
    }

    /// The defaults that each property names.
    public init() {}

    /// What libzmq must let through: CURVE adds to each message a command name, a nonce, a MAC and the flags (RFC 26).
    var maximumWireBytes: Int {
        switch security {
        case .null: maximumFrameBytes
        case .curve: maximumFrameBytes + 8 + 8 + 16 + 1
        }
    }

    /// Throws `optionInvalid`, naming the option, for values that libzmq would refuse or read as "no limit".
    func check() throws(ZeroMQError) {
        let positive = [("highWaterMark", highWaterMark), ("maximumFrameBytes", maximumFrameBytes)]
        for (name, value) in positive + (kernelBufferBytes.map { [("kernelBufferBytes", $0)] } ?? []) {
            guard (1...Int(Int32.max) - 64).contains(value) else {
                throw .optionInvalid("set \(name) to \(value), which must be from 1 to 2147483583")
            }
        }
        if let admissionDomain {
            guard case .curve(let keys) = security, keys.isServer else {
                throw .optionInvalid("set admissionDomain of a socket that is no CURVE server")
            }
            guard (1...100).contains(admissionDomain.utf8.count), !admissionDomain.utf8.contains(0) else {
                throw .optionInvalid("set admissionDomain to a text that has not 1 to 100 bytes")
            }
        }
        let durations = [
            ("linger", linger), ("heartbeatInterval", heartbeatInterval), ("heartbeatTimeout", heartbeatTimeout),
            ("reconnectInterval", reconnectInterval), ("maximumReconnectInterval", maximumReconnectInterval),
        ]
        for (name, value) in durations where value < .zero || value > .seconds(6_000) {
            throw .optionInvalid("set \(name) to \(value), which must be from 0 to 6000 seconds")
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded up so that a short wait never becomes none.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1_000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

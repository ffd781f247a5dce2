import CZeroMQ

extension RawSocket {
    /// Sets all options; libzmq uses them for what is bound or connected afterwards.
    func apply(_ options: SocketOptions) throws(ZeroMQError) {
        try setLinger(options.linger)
        try set(ZMQ_SNDHWM, "ZMQ_SNDHWM", to: options.highWaterMark)
        try set(ZMQ_RCVHWM, "ZMQ_RCVHWM", to: options.highWaterMark)
        if let bytes = options.kernelBufferBytes {
            try set(ZMQ_SNDBUF, "ZMQ_SNDBUF", to: bytes)
            try set(ZMQ_RCVBUF, "ZMQ_RCVBUF", to: bytes)
        }
        try set(ZMQ_IMMEDIATE, "ZMQ_IMMEDIATE", to: options.queueOnlyToCompletedConnections ? 1 : 0)
        if kind == .push {
            try set(ZMQ_HEARTBEAT_IVL, "ZMQ_HEARTBEAT_IVL", to: options.heartbeatInterval.milliseconds)
            try set(ZMQ_HEARTBEAT_TIMEOUT, "ZMQ_HEARTBEAT_TIMEOUT", to: options.heartbeatTimeout.milliseconds)
        }
        if kind != .push || options.heartbeatInterval == .zero { try letTCPFindTheDead() }
        try set(ZMQ_RECONNECT_IVL, "ZMQ_RECONNECT_IVL", to: options.reconnectInterval.milliseconds)
        try set(ZMQ_RECONNECT_IVL_MAX, "ZMQ_RECONNECT_IVL_MAX", to: options.maximumReconnectInterval.milliseconds)
        var wireBytes = Int64(options.maximumWireBytes)
        try check(zmq_setsockopt(pointer, ZMQ_MAXMSGSIZE, &wireBytes, 8), "ZMQ_MAXMSGSIZE")
        if case .curve(let keys) = options.security { try apply(keys) }
        if let domain = options.admissionDomain {
            try check(zmq_setsockopt(pointer, ZMQ_ZAP_DOMAIN, domain, domain.utf8.count), "ZMQ_ZAP_DOMAIN")
            // Else libzmq lets everybody in while no handler is there.
            try set(ZMQ_ZAP_ENFORCE_DOMAIN, "ZMQ_ZAP_ENFORCE_DOMAIN", to: 1)
        }
    }

    /// Ends a connection after some 10 s in which the other machine acknowledges nothing, whether there is something to
    /// acknowledge (ZMQ_TCP_MAXRT) or not (keep-alive).
    private func letTCPFindTheDead() throws(ZeroMQError) {
        try set(ZMQ_TCP_KEEPALIVE, "ZMQ_TCP_KEEPALIVE", to: 1)
        try set(ZMQ_TCP_KEEPALIVE_IDLE, "ZMQ_TCP_KEEPALIVE_IDLE", to: 5)
        try set(ZMQ_TCP_KEEPALIVE_INTVL, "ZMQ_TCP_KEEPALIVE_INTVL", to: 2)
        try set(ZMQ_TCP_KEEPALIVE_CNT, "ZMQ_TCP_KEEPALIVE_CNT", to: 3)
        try set(ZMQ_TCP_MAXRT, "ZMQ_TCP_MAXRT", to: 10_000)
    }

    /// ZMQ_LINGER: how long libzmq goes on sending what it has taken after the socket is closed.
    func setLinger(_ linger: Duration) throws(ZeroMQError) {
        try set(ZMQ_LINGER, "ZMQ_LINGER", to: max(0, linger.milliseconds))
    }

    private func apply(_ keys: CurveKeys) throws(ZeroMQError) {
        if let serverKey = keys.serverKey {
            try set(ZMQ_CURVE_SERVERKEY, "ZMQ_CURVE_SERVERKEY", toKey: serverKey)
        } else {
            try set(ZMQ_CURVE_SERVER, "ZMQ_CURVE_SERVER", to: 1)
        }
        try set(ZMQ_CURVE_PUBLICKEY, "ZMQ_CURVE_PUBLICKEY", toKey: keys.own.publicKey)
        try set(ZMQ_CURVE_SECRETKEY, "ZMQ_CURVE_SECRETKEY", toKey: keys.own.secretKey)
    }

    private func set(_ option: CInt, _ label: String, to value: Int) throws(ZeroMQError) {
        var value = CInt(clamping: value)
        try check(zmq_setsockopt(pointer, option, &value, MemoryLayout<CInt>.size), label)
    }

    private func set(_ option: CInt, _ label: String, toKey key: String) throws(ZeroMQError) {
        // A Swift string is passed to C with its NUL, which libzmq counts: 41 bytes.
        try check(zmq_setsockopt(pointer, option, key, CurveKeyPair.z85Bytes), label)
    }

    private func check(_ result: CInt, _ label: String) throws(ZeroMQError) {
        guard result != 0 else { return }
        let number = zmq_errno()
        let code: ZeroMQError.Code = number == ETERM ? .contextTerminated : .optionInvalid
        throw ZeroMQError(code, operation: "set \(label) of", endpoint: name, number: number)
    }
}

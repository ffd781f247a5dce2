import CZeroMQ

/// One party's CURVE keys, each as 40 characters of Z85 (RFC 32).
///
/// The secret never appears in a description, debug output or reflection.
public struct CurveKeyPair: Hashable, Sendable {
    /// The key to give to peers.
    public let publicKey: String
    let secretKey: String

    /// A new random pair.
    ///
    /// Throws `failed` where libzmq was built without CURVE.
    public static func generate() throws(ZeroMQError) -> CurveKeyPair {
        var publicKey = [CChar](repeating: 0, count: z85Bytes)
        var secretKey = publicKey
        guard zmq_curve_keypair(&publicKey, &secretKey) == 0 else {
            throw ZeroMQError(.failed, operation: "generate CURVE keys", endpoint: nil, number: zmq_errno())
        }
        return CurveKeyPair(publicKey: text(publicKey), secret: text(secretKey))
    }

    /// The pair of a secret key that was made before; the public key follows from it.
    ///
    /// Throws `optionInvalid` if it is not 40 characters of Z85.
    public init(secretKey: String) throws(ZeroMQError) {
        try Self.check(secretKey, named: "CURVE secret key")
        var publicKey = [CChar](repeating: 0, count: Self.z85Bytes)
        guard zmq_curve_public(&publicKey, secretKey) == 0 else {
            throw ZeroMQError(.failed, operation: "derive a CURVE public key", endpoint: nil, number: zmq_errno())
        }
        self.init(publicKey: Self.text(publicKey), secret: secretKey)
    }

    private init(publicKey: String, secret: String) {
        self.publicKey = publicKey
        self.secretKey = secret
    }

    /// The secret key, to be stored where only its owner can read it.
    public func withSecretKey<R>(_ body: (String) throws -> R) rethrows -> R { try body(secretKey) }

    /// 40 characters and the NUL that libzmq writes and expects.
    static let z85Bytes = 41

    /// The text of a raw key of 32 bytes; nil for any other number of bytes.
    static func text(ofRaw key: [UInt8]) -> String? {
        guard key.count == 32 else { return nil }
        var encoded = [CChar](repeating: 0, count: z85Bytes)
        guard zmq_z85_encode(&encoded, key, key.count) != nil else { return nil }
        return text(encoded)
    }

    /// Throws `optionInvalid` unless `key` is 40 characters of Z85; the message never holds the key.
    static func check(_ key: String, named name: String) throws(ZeroMQError) {
        var raw = [UInt8](repeating: 0, count: 32)
        // The count comes first: zmq_z85_decode writes as many bytes as the text asks for.
        guard key.utf8.count == 40, !key.utf8.contains(0), zmq_z85_decode(&raw, key) != nil else {
            throw .optionInvalid("use a \(name) that is not 40 characters of Z85")
        }
    }

    private static func text(_ key: [CChar]) -> String {
        String(decoding: key.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension CurveKeyPair: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The public key alone.
    public var description: String { "CurveKeyPair(publicKey: \(publicKey))" }
    /// The public key alone.
    public var debugDescription: String { description }
    /// The public key alone.
    public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}

/// What one end of a CURVE connection needs to know.
///
/// - Important: Without `SocketOptions.admissionDomain` a server takes every client that knows its public key.
public struct CurveKeys: Hashable, Sendable {
    let own: CurveKeyPair
    let serverKey: String?

    /// Whether these are the keys of the end that others must know in advance.
    var isServer: Bool { serverKey == nil }

    /// The keys of the end that others must know in advance; usually the one that binds.
    public static func server(_ own: CurveKeyPair) -> CurveKeys { CurveKeys(own: own, serverKey: nil) }

    /// The keys of an end that knows the server's public key.
    ///
    /// Throws `optionInvalid` if `serverKey` is not 40 characters of Z85.
    public static func client(_ own: CurveKeyPair, serverKey: String) throws(ZeroMQError) -> CurveKeys {
        try CurveKeyPair.check(serverKey, named: "CURVE server key")
        return CurveKeys(own: own, serverKey: serverKey)
    }
}

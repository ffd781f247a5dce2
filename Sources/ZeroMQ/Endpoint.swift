/// An address, and whether the socket listens there or goes there.
///
/// Transports in use are `tcp://HOST:PORT` and `ipc://PATH` (a Unix socket). `tcp://127.0.0.1:*` binds any free port,
/// which `boundAddresses` tells. Binding `ipc://` creates no folder, and takes a path over from whoever had it without
/// an error (libzmq unlinks it first).
///
/// - Important: Over `ipc://` a sender that closes, however long it lingers, loses what a receiver at its high-water
///   mark has not read: libzmq 4.3.4 takes the hang-up of a Unix socket, which comes before the rest of the data, for
///   an error. Use `tcp://` on the loopback, or have messages acknowledged.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// Who waits for whom.
    ///
    /// Either end of a PUSH/PULL pair may bind.
    public enum Role: String, Sendable {
        /// The socket listens on the address.
        case bind
        /// The socket connects to the address, and again whenever the connection is lost.
        case connect
    }

    /// Whether the socket listens or connects.
    public let role: Role
    /// The address as libzmq takes it.
    public let address: String

    /// An address to listen on.
    public static func bind(_ address: String) -> Endpoint { Endpoint(role: .bind, address: address) }

    /// An address to connect to; nobody needs to listen there yet.
    public static func connect(_ address: String) -> Endpoint { Endpoint(role: .connect, address: address) }

    /// As in `bind tcp://127.0.0.1:5555`.
    public var description: String { "\(role.rawValue) \(address)" }

    /// Whether the port of a `tcp://` address cannot be meant.
    ///
    /// libzmq looks at the port of a `connect` too late to tell anybody, and binds 99999 as 34463, its low 16 bits.
    var hasImpossiblePort: Bool {
        guard address.hasPrefix("tcp://"), let colon = address.lastIndex(of: ":") else { return false }
        let port = address[address.index(after: colon)...]
        guard let number = UInt16(port) else { return role == .connect || port != "*" }
        return role == .connect && number == 0
    }
}

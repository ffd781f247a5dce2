/// Where something listens for TCP: `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000`; port 0 lets the system choose.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP address, without brackets, or a host name.
    public var host: String
    /// 0 to 65535.
    public var port: Int

    /// An address of these parts.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`; nil where it is not one.
    public init?(_ text: String) {
        guard let (host, port) = HostText.split(text), let port else { return nil }
        self.init(host: host, port: port)
    }

    /// `host:port`, an IPv6 address in brackets.
    public var description: String { "\(HostText.bracketed(host)):\(port)" }

    /// Whether only this machine can reach it.
    public var isLoopback: Bool { HostText.isLoopback(host) }
}

/// A ZeroMQ address: `ipc://PATH` on one machine, `tcp://HOST:PORT` otherwise.
public enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// A Unix domain socket at an absolute path.
    case ipc(path: String)
    /// A host and a port from 1 to 65535, or 0 where the one who binds lets the system choose.
    case tcp(ListenAddress)

    /// The longest path of a Unix domain socket: `sun_path` has 108 bytes, one for the final NUL (unix(7)).
    public static let longestPath = 107

    /// Reads `ipc://` and an absolute path, or `tcp://HOST:PORT` with a port; nil where it is neither.
    public init?(_ text: String) {
        if text.hasPrefix("ipc:///"), text.utf8.count - "ipc://".utf8.count <= Self.longestPath {
            self = .ipc(path: String(text.dropFirst("ipc://".count)))
        } else if text.hasPrefix("tcp://"), let address = ListenAddress(String(text.dropFirst("tcp://".count))),
            address.port > 0
        {
            self = .tcp(address)
        } else {
            return nil
        }
    }

    /// The form that ZeroMQ takes.
    public var description: String {
        switch self {
        case .ipc(let path): "ipc://\(path)"
        case .tcp(let address): "tcp://\(address)"
        }
    }

    /// Whether only this machine can reach it.
    public var isLocal: Bool {
        switch self {
        case .ipc: true
        case .tcp(let address): address.isLoopback
        }
    }
}

/// The parts of host names and ports.
enum HostText {
    /// Splits `host`, `host:port` or `[v6]:port`; the port is nil where there is none, all is nil for what is neither.
    static func split(_ text: String) -> (host: String, port: Int?)? {
        var host = text[...]
        var rest = text[text.endIndex...]
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<close]
            rest = text[text.index(after: close)...]
            guard isIPv6(host) else { return nil }
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            rest = text[colon...]
            guard isName(host) else { return nil }
        }
        if rest.isEmpty { return (String(host), nil) }
        guard rest.first == ":", rest.dropFirst().count <= 5, let port = Section.integer(String(rest.dropFirst())),
            (0...65_535).contains(port)
        else { return nil }
        return (String(host), port)
    }

    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && isIPv4(host[...]))
    }

    /// Whether it means every interface of the machine.
    static func isAny(_ host: String) -> Bool { host == "0.0.0.0" || host == "::" }

    /// An IPv4 address, or a host name by RFC 1123.
    ///
    /// What looks like an address but is none (`127.0.0.999`) is neither.
    private static func isName(_ host: Substring) -> Bool {
        guard (1...253).contains(host.utf8.count) else { return false }
        if host.allSatisfy({ $0 == "." || ($0.isASCII && $0.isNumber) }) { return isIPv4(host) }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
    }

    private static func isIPv4(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in Section.integer(String(part)).map { (0...255).contains($0) } ?? false }
    }

    /// Groups of hexadecimal digits with at most one `::`; enough to tell an address from a slip.
    private static func isIPv6(_ host: Substring) -> Bool {
        let groups = host.split(separator: ":", omittingEmptySubsequences: false)
        let elided = host.contains("::")
        return (3...8).contains(groups.count) && (elided || groups.count == 8)
            && groups.allSatisfy { $0.count <= 4 && $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
            && (elided || groups.allSatisfy { !$0.isEmpty })
    }
}

/// The address of an HTTP server that we call.
struct HTTPAddress {
    /// `scheme://host[:port][/path]`, without a slash at the end.
    var text: String
    var host: String
    /// Given, or the scheme's own.
    var port: Int
    var isSecure: Bool

    /// Nil where it is not `http` or `https`, has no host, or carries user, query or fragment.
    init?(_ text: String) {
        let lowered = text.lowercased()
        let scheme = ["https://", "http://"].first { lowered.hasPrefix($0) }
        guard let scheme else { return nil }
        var rest = text.dropFirst(scheme.count)
        while rest.hasSuffix("/") { rest.removeLast() }
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let (host, port) = HostText.split(String(rest[..<end])),
            rest[end...].unicodeScalars.allSatisfy({
                $0.value > 32 && $0.value < 127 && !"?#\\\"<>{}|^`".unicodeScalars.contains($0)
            })
        else { return nil }
        isSecure = scheme == "https://"
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        guard self.port > 0 else { return nil }
        self.text = scheme + rest
    }
}

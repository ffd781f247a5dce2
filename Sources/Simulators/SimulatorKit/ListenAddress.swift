public import ArgumentParser

/// Where a simulator listens: `HOST:PORT`.
///
/// Port 0 lets the system choose one.
public struct ListenAddress: Hashable, Sendable, ExpressibleByArgument {
    /// A name or address, without brackets.
    public let host: String
    /// 0...65535.
    public let port: Int

    /// An address of parts that are known to be good.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8080`, `localhost:0` or `[::1]:8080`.
    public init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":") else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, let port = Int(argument[argument.index(after: colon)...]), (0...65535).contains(port)
        else { return nil }
        self.init(host: String(host), port: port)
    }

    /// The form that `init(argument:)` reads, for help texts.
    public var defaultValueDescription: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

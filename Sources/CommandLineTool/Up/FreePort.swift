import Glibc
import Topology

enum FreePort {
    /// The address with a port that is free now in the place of port 0.
    ///
    /// All processes of a run must know all addresses before the first one starts, so the system's choice is asked for here.
    static func settle(_ listen: ListenAddress) -> ListenAddress {
        guard listen.port == 0 else { return listen }
        let isV6 = listen.host.contains(":")
        let descriptor = socket(isV6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return listen }
        defer { close(descriptor) }
        var settled = listen
        if isV6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            inet_pton(AF_INET6, listen.host, &address.sin6_addr)
            if let bound = bind(descriptor, address) { settled.port = Int(UInt16(bigEndian: bound.sin6_port)) }
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            inet_pton(AF_INET, listen.host == "localhost" ? "127.0.0.1" : listen.host, &address.sin_addr)
            if let bound = bind(descriptor, address) { settled.port = Int(UInt16(bigEndian: bound.sin_port)) }
        }
        return settled
    }

    /// Binds, and tells where; nil where that is refused.
    private static func bind<Address>(_ descriptor: Int32, _ address: Address) -> Address? {
        var address = address
        return withUnsafeMutablePointer(to: &address) { pointer in
            // The sockaddr_ types begin alike, and the length tells which one it is.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                var length = socklen_t(MemoryLayout<Address>.size)
                guard Glibc.bind(descriptor, general, length) == 0 else { return false }
                return getsockname(descriptor, general, &length) == 0
            }
        } ? address : nil
    }
}

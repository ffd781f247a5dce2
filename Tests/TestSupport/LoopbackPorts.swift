import Glibc

/// TCP ports of loopback that nobody listens on, for addresses that must be known before anybody does.
public enum LoopbackPorts {
    /// Below the ports that Linux gives to whoever asks for none in particular (32768 and up): they must stay free until
    /// a process listens there, seconds later, and while it is killed and started again.
    private static let range = 20_000...32_000

    /// So many ports, no two of which are the same.
    ///
    /// - Throws: ``TestFailure`` where there are not so many.
    public static func find(_ count: Int) throws -> [Int] {
        var ports: [Int] = []
        for port in range.shuffled() where try ports.count < count && isFree(port) { ports.append(port) }
        guard ports.count == count else {
            throw TestFailure("no \(count) free ports from \(range.lowerBound) to \(range.upperBound)")
        }
        return ports
    }

    /// One port.
    ///
    /// - Throws: ``TestFailure`` where there is none.
    public static func find() throws -> Int { try find(1)[0] }

    private static func isFree(_ port: Int) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("no socket: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

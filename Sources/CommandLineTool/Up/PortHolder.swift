import Foundation
import Glibc
import Topology

/// A line of /proc/net/tcp or /proc/net/tcp6 (proc(5)).
struct ListeningSocket: Hashable, Sendable {
    /// 4 or 16 bytes, in network order.
    var address: [UInt8]
    var port: Int
    var inode: UInt64

    /// The sockets that listen, of the text of /proc/net/tcp or tcp6.
    static func parse(_ text: String) -> [ListeningSocket] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            // 0A is TCP_LISTEN.
            guard fields.count >= 10, fields[3] == "0A", let inode = UInt64(fields[9]) else { return nil }
            let place = fields[1].split(separator: ":")
            guard place.count == 2, let port = Int(place[1], radix: 16), let address = bytes(place[0]) else {
                return nil
            }
            return ListeningSocket(address: address, port: port, inode: inode)
        }
    }

    /// Whether a socket here keeps others from listening at an address.
    func blocks(_ other: [UInt8], port: Int) -> Bool {
        self.port == port && (isAny || other.allSatisfy { $0 == 0 } || plain(address) == plain(other))
    }

    private var isAny: Bool { address.allSatisfy { $0 == 0 } }

    /// An IPv4 address without the prefix that it has in IPv6.
    private func plain(_ address: [UInt8]) -> [UInt8] {
        address.count == 16 && address[..<12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            ? Array(address[12...]) : address
    }

    /// Words of four bytes, each in the machine's order; all machines that we run on are little-endian.
    private static func bytes(_ digits: Substring) -> [UInt8]? {
        guard digits.count == 8 || digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var rest = digits
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
            rest = rest.dropFirst(8)
        }
        return bytes
    }
}

/// Who listens at an address.
struct PortHolder: Hashable, Sendable {
    /// Nil where it belongs to another user, whose processes this one may not look into.
    var pid: Int32?
    var command: String

    var description: String {
        pid.map { "pid \($0) (\(SafeText.short(SafeText.line(command), 120)))" } ?? "a process of another user"
    }

    /// Who keeps this process from listening at an address; nil where nobody does.
    static func of(_ listen: ListenAddress) -> PortHolder? {
        guard listen.port > 0 else { return nil }
        let addresses = bytes(listen.host)
        // The kernel gives the table piece by piece, and one that moves meanwhile can be missed once.
        for _ in 0..<3 {
            let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { ListeningSocket.parse(whole($0)) }
            let holders = sockets.filter { socket in addresses.contains { socket.blocks($0, port: listen.port) } }
            if let socket = holders.first { return process(holding: socket.inode) ?? PortHolder(pid: nil, command: "") }
        }
        return nil
    }

    /// A file of /proc to its end.
    ///
    /// Its size is said to be 0, and `String(contentsOfFile:)` gives the first piece of such a file.
    private static func whole(_ path: String) -> String {
        let bytes = try? FileHandle(forReadingAtPath: path)?.readToEnd()
        return String(decoding: bytes ?? Data(), as: UTF8.self)
    }

    /// The address as bytes; of a name, those of this machine that it usually means.
    private static func bytes(_ host: String) -> [[UInt8]] {
        var v4 = in_addr()
        if inet_pton(AF_INET, host, &v4) == 1 { return [withUnsafeBytes(of: v4) { Array($0) }] }
        var v6 = in6_addr()
        if inet_pton(AF_INET6, host, &v6) == 1 { return [withUnsafeBytes(of: v6) { Array($0) }] }
        return [[127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]]
    }

    private static func process(holding inode: UInt64) -> PortHolder? {
        let name = "socket:[\(inode)]"
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = Int32(entry) else { continue }
            let folder = "/proc/\(pid)/fd"
            for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            where (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(file)")) == name {
                return PortHolder(pid: pid, command: command(pid))
            }
        }
        return nil
    }

    private static func command(_ pid: Int32) -> String {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return "" }
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }
}

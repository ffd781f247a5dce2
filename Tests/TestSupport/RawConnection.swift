import Foundation
import Glibc

/// A TCP connection to this machine, byte by byte, for what no HTTP client would send.
///
/// Nothing here waits: a test looks again until it has what it wants.
public final class RawConnection {
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    /// Whether the other side has closed it.
    public private(set) var isClosed = false

    /// Connects to a port.
    ///
    /// - Throws: `POSIXError` where there can be no more sockets.
    public init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        // It goes on by itself; what is sent before it is there is tried again.
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit { close(descriptor) }

    /// Sends a text, in pieces where the system takes no more at once.
    ///
    /// - Throws: `TestFailure` where it is not taken within a minute.
    public func send(_ text: String) async throws {
        var rest = Array(text.utf8)[...]
        try await eventually("a connection takes \(text.utf8.count) bytes") {
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else {
                    if errno == EAGAIN || errno == ENOTCONN { return false }
                    // The other side is gone: there is nobody to send to. What it has said before stays.
                    _ = received()
                    isClosed = true
                    return true
                }
                rest = rest.dropFirst(sent)
            }
            return true
        }
    }

    /// Everything that has come so far.
    public func received() -> String {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isClosed {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else {
                isClosed = count == 0 || (errno != EAGAIN && errno != ENOTCONN)
                break
            }
            bytes += buffer.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the other side has closed it by now.
    public func isGone() -> Bool {
        _ = received()
        return isClosed
    }

    /// The first answer: its status, head and body; waits until the head is complete and the body as long as it says.
    public func answer(_ what: String = "an answer") async throws -> (status: Int, head: String, body: String) {
        try await eventually(what) {
            let parts = received().split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let status = parts[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) })
            else {
                if isClosed { throw TestFailure("closed without \(what): \(parts)") }
                return nil
            }
            let length = parts[0].firstMatch(of: /(?i)content-length: (\d+)/).flatMap { Int($0.1) } ?? 0
            return parts[1].utf8.count >= length ? (status, String(parts[0]), String(parts[1])) : nil
        }
    }
}

/// How many files and sockets this process may have open, raised as far as the system allows.
public func raisedFileLimit() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return 1024 }
    var raised = limit
    raised.rlim_cur = limit.rlim_max
    if setrlimit(resource, &raised) == 0 { limit = raised }
    return Int(clamping: limit.rlim_cur)
}

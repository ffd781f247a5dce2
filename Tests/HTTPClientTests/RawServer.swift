import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// A server that does to its connections what a test tells it, on plain sockets: a thread to accept and one for each
/// connection, all of them through when `stop` returns.
final class RawServer: Sendable {
    /// What a test does with a connection; the connection is closed when it returns.
    typealias Handler = @Sendable (Connection) -> Void

    let port: UInt16
    private let listener: Int32
    private let threads = DispatchGroup()
    private let state = Mutex(State())

    private struct State {
        var open: Set<Int32> = []
        var accepted = 0
        var isStopped = false
    }

    /// Connections accepted so far.
    var accepted: Int { state.withLock { $0.accepted } }

    init(_ handler: @escaping Handler) throws {
        (listener, port) = try makeListener(backlog: 1024)
        run { $0.acceptAll(handler) }
    }

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    func stop() async {
        state.withLock { state in
            state.isStopped = true
            // Under the lock: once a connection is out of the set, its number may be another server's.
            for descriptor in state.open {
                shutdown(descriptor, Int32(SHUT_RDWR))
            }
        }
        shutdown(listener, Int32(SHUT_RDWR))
        await withCheckedContinuation { continuation in
            threads.notify(queue: .global()) { continuation.resume() }
        }
        close(listener)
    }

    private func run(_ body: @escaping @Sendable (RawServer) -> Void) {
        threads.enter()
        let thread = Thread {
            body(self)
            self.threads.leave()
        }
        thread.stackSize = 256 << 10
        thread.start()
    }

    private func acceptAll(_ handler: @escaping Handler) {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            state.withLock { state in
                state.accepted += 1
                state.open.insert(descriptor)
                if state.isStopped { shutdown(descriptor, Int32(SHUT_RDWR)) }
            }
            run { server in
                handler(Connection(descriptor: descriptor))
                // Out of the set before the number can be used again.
                server.state.withLock { _ = $0.open.remove(descriptor) }
                close(descriptor)
            }
        }
    }
}

/// One connection of a `RawServer`, on its thread.
final class Connection {
    let descriptor: Int32
    private var received: [UInt8] = []

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// A request as it came.
    struct Request: Hashable, Sendable {
        var method: String
        var target: String
        var headers: [String: String]
        var body: [UInt8]
    }

    /// The next request, nil when the client has closed.
    func readRequest() -> Request? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = received.firstRange(of: end) {
                let lines = String(decoding: received[..<range.lowerBound], as: UTF8.self).split(separator: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let colon = line.firstIndex(of: ":") ?? line.endIndex
                    let value = line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
                    headers[line[..<colon].lowercased()] = value
                }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                while received.count < range.upperBound + length {
                    guard readMore() else { return nil }
                }
                let body = Array(received[range.upperBound..<range.upperBound + length])
                received.removeFirst(range.upperBound + length)
                let first = lines.first?.split(separator: " ") ?? []
                guard first.count == 3 else { return nil }
                return Request(method: String(first[0]), target: String(first[1]), headers: headers, body: body)
            }
            guard readMore() else { return nil }
        }
    }

    /// Whatever comes first.
    func readSome() -> [UInt8] {
        _ = readMore()
        return received
    }

    /// Waits until the client closes the connection.
    func waitForClose() {
        while readMore() {
            received = []
        }
    }

    /// Sends bytes; false when the client has closed.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// Sends a whole answer.
    @discardableResult
    func answer(_ status: Int = 200, headers: [String] = [], body: String = "") -> Bool {
        let lines = ["HTTP/1.1 \(status) Said", "Content-Length: \(body.utf8.count)"] + headers
        return write(lines.map { $0 + "\r\n" }.joined() + "\r\n" + body)
    }

    /// Ends the connection with a reset instead of an orderly end.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    private func readMore() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            received += buffer[..<count]
            return true
        }
    }
}

struct SocketError: Error {
    var call: String
    var number: Int32
}

/// A listening socket on a free port of 127.0.0.1.
func makeListener(backlog: Int32) throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw SocketError(call: "socket", number: errno) }
    var address = loopback(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(descriptor, address, size) == 0 && listen(descriptor, backlog) == 0
                && getsockname(descriptor, address, &size) == 0
        }
    }
    guard result else {
        let number = errno
        close(descriptor)
        throw SocketError(call: "bind", number: number)
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
}

func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    return address
}

/// A port of 127.0.0.1 on which nobody listens: bound, so that nobody else gets it, and not listening.
final class ClosedPort {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError(call: "socket", number: errno) }
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && getsockname(descriptor, address, &size) == 0
            }
        }
        self.descriptor = descriptor
        self.port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
        close(descriptor)
    }
}

import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

struct ServerError: Error {}

/// A server on plain sockets that gives one canned answer to each connection, in order, and keeps the requests.
final class CannedServer: Sendable {
    let url: String
    private let listener: Int32
    private let seen = Mutex<[String]>([])
    private let ended = DispatchGroup()

    /// Every request as it came.
    var requests: [String] { seen.withLock { $0 } }

    /// Listens; the answers are the bytes of each, after which its connection is closed.
    init(_ answers: [String]) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &size) == 0
            }
        }
        guard isListening else {
            close(listener)
            throw ServerError()
        }
        self.listener = listener
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        ended.enter()
        let thread = Thread { [self] in
            for answer in answers {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                let request = Self.readRequest(connection)
                seen.withLock { $0.append(request) }
                let bytes = Array(answer.utf8)
                _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                close(connection)
            }
            ended.leave()
        }
        thread.start()
    }

    /// Ends the thread and waits for it.
    func stop() async {
        shutdown(listener, Int32(SHUT_RDWR))
        await withCheckedContinuation { continuation in
            ended.notify(queue: .global()) { continuation.resume() }
        }
        close(listener)
    }

    private static func readRequest(_ connection: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let length = text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces)) }
                if text[end.upperBound...].utf8.count >= length ?? 0 { return text }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return text }
            bytes += buffer[..<count]
        }
    }
}

/// An answer with a body and its length.
func answer(_ status: Int, _ body: String, headers: [String] = []) -> String {
    (["HTTP/1.1 \(status) Said", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers)
        .joined(separator: "\r\n") + "\r\n\r\n" + body
}

import Foundation
import Glibc

/// A server that answers every GET with the same few bytes, one connection after the other, on a thread of its own.
struct LoopbackServer {
    private let listener: Int32
    private let port: UInt16

    /// Listens on a free port of 127.0.0.1.
    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, address, &size) == 0
            }
        }
        guard isListening else {
            throw BenchmarkFailure(description: "cannot listen on 127.0.0.1: \(String(cString: strerror(errno)))")
        }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { Self.acceptAll(descriptor) }
    }

    var url: String { "http://127.0.0.1:\(port)/" }

    /// Ends the thread, once the connection that it serves has ended.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func acceptAll(_ listener: Int32) {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            answerAll(connection)
            close(connection)
        }
        close(listener)
    }

    /// A GET has no body: it ends where its head does.
    private static func answerAll(_ connection: Int32) {
        let end = Array("\r\n\r\n".utf8)
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
        var buffer = [UInt8](repeating: 0, count: 4096)
        var head: [UInt8] = []
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            head += buffer[..<count]
            guard head.suffix(4).elementsEqual(end) else { continue }
            head.removeAll(keepingCapacity: true)
            // So few bytes go at once into a buffer that is empty.
            guard send(connection, answer, answer.count, Int32(MSG_NOSIGNAL)) == answer.count else { return }
        }
    }
}

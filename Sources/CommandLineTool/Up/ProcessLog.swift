import Foundation
import Glibc
import Messages
import Synchronization

/// The log file of one process: what it writes to standard output and error.
///
/// Bounded: at 20 MiB the file is put aside as `NAME.log.1`, in the place of the one before it.
final class ProcessLog: Sendable {
    private struct File {
        var descriptor: Int32
        var size: Int
    }

    let path: String
    private let mostBytes: Int
    private let file: Mutex<File>

    /// Opens the file to write behind what it holds.
    init(path: String, mostBytes: Int = 20 << 20) throws(CommandFailure) {
        self.path = path
        self.mostBytes = mostBytes
        file = Mutex(try Self.open(path))
    }

    deinit {
        file.withLock { _ = close($0.descriptor) }
    }

    private static func open(_ path: String) throws(CommandFailure) -> File {
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("the log \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        return File(descriptor: descriptor, size: Int(lseek(descriptor, 0, SEEK_END)))
    }

    /// Appends what a process wrote.
    ///
    /// What the disk has no room for is left out: a log must not stop the work.
    func append(_ bytes: some Collection<UInt8>) {
        file.withLock { file in
            if file.size > 0, file.size + bytes.count > mostBytes {
                rename(path, path + ".1")
                if let fresh = try? Self.open(path) {
                    close(file.descriptor)
                    file = fresh
                }
            }
            var rest = Array(bytes.prefix(mostBytes))[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(file.descriptor, $0.baseAddress, $0.count) }
                if written > 0 {
                    file.size += written
                    rest = rest.dropFirst(written)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }

    /// Writes that the process is started, and when.
    func mark(_ time: Timestamp) { append(Array("\(Self.mark) \(time)\n".utf8)) }

    private static let mark = "--- started"

    /// The last lines since the last start, at most so many, of the last 16 KiB.
    func lastLines(_ count: Int) -> [String] {
        guard let handle = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? handle.close() }
        let end = (try? handle.seekToEnd()) ?? 0
        try? handle.seek(toOffset: end > 16_384 ? end - 16_384 : 0)
        guard let data = try? handle.readToEnd() else { return [] }
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
        let first = lines.lastIndex { $0.hasPrefix(Self.mark) }.map { $0 + 1 } ?? lines.startIndex
        return lines[first...].suffix(count).map(String.init)
    }
}

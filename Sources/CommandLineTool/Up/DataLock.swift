import Foundation
import Glibc

/// The data folder belongs to one `mendline up` at a time.
///
/// A lock of the kernel (flock(2)) on a file that also tells who holds it; it ends with the process, however that ends.
final class DataLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock.
    ///
    /// - Throws: `CommandFailure` that names the holder where there is one.
    init(folder: String) throws(CommandFailure) {
        let path = folder + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("the lock \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            let holder = (try? String(contentsOfFile: path, encoding: .utf8))?
                .trimmingCharacters(in: .whitespacesAndNewlines)
            close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw CommandFailure("the lock \(path) cannot be taken: \(String(cString: strerror(reason)))")
            }
            let name = holder.flatMap { Int32($0) }.map { "pid \($0)" } ?? "its pid is in \(path)"
            throw CommandFailure(
                "another `mendline up` (\(name)) works in the data folder \(folder): end it with `kill \(holder ?? "PID")`,"
                    + " or give another folder with --data DIR"
            )
        }
        ftruncate(descriptor, 0)
        let text = Array("\(getpid())\n".utf8)
        _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

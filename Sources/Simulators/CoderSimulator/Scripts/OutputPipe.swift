@preconcurrency import Dispatch
import Foundation
import SystemPackage

/// A pipe that carries a child's output to us in chunks.
///
/// It ends when the last process that holds the other end has closed it, which may be later than the child's own end:
/// that is how a script that leaves a talkative process behind is found out.
struct OutputPipe {
    /// The child's end.
    let writeEnd: FileDescriptor
    /// What is written to it, in chunks; ends with the last writer.
    let chunks: AsyncStream<[UInt8]>

    init() throws {
        // No other child inherits the ends: Subprocess closes in its children what it was not given.
        let ends = try FileDescriptor.pipe()
        let readEnd = ends.readEnd.rawValue
        writeEnd = ends.writeEnd
        _ = fcntl(readEnd, F_SETFL, fcntl(readEnd, F_GETFL) | O_NONBLOCK)
        let source = DispatchSource.makeReadSource(fileDescriptor: readEnd, queue: .global())
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(readEnd, &buffer, buffer.count)
                if count > 0 {
                    continuation.yield(Array(buffer[..<count]))
                } else if count < 0, errno == EINTR {
                    continue
                } else if count < 0, errno == EAGAIN {
                    return
                } else {
                    continuation.finish()
                    source.cancel()
                    return
                }
            }
        }
        // The descriptor may be closed only once the source no longer watches it.
        source.setCancelHandler { close(readEnd) }
        continuation.onTermination = { _ in source.cancel() }
        source.resume()
        chunks = stream
    }
}

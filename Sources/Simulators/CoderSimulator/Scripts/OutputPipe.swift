import Foundation
import NIOCore
import NIOPosix
import SystemPackage

/// A pipe that carries a child's output to us in chunks.
///
/// It ends when the last process that holds the other end has closed it, which may be later than the child's own end:
/// that is how a script that leaves a talkative process behind is found out.
///
/// NIO reads it and not a `DispatchSource`: where several of those for descriptors come and go at once, Dispatch's
/// manager thread crashes on Linux (swiftlang/swift-corelibs-libdispatch issue 949).
struct OutputPipe {
    /// The child's end.
    let writeEnd: SystemPackage.FileDescriptor
    private let readEnd: SystemPackage.FileDescriptor

    /// Throws an `Errno` where the system has no descriptors left.
    init() throws {
        // No other child inherits the ends: Subprocess closes in its children what it was not given.
        (readEnd, writeEnd) = try SystemPackage.FileDescriptor.pipe()
    }

    /// Calls `body` with what is written, in chunks, until the last writer has gone or the task is cancelled.
    ///
    /// To be called once: our end is closed when it returns.
    func forEachChunk(_ body: (ByteBufferView) -> Void) async throws {
        let channel: NIOAsyncChannel<ByteBuffer, Never>
        do {
            channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .takingOwnershipOfDescriptor(input: readEnd.rawValue) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel(
                            wrappingChannelSynchronously: channel,
                            configuration: .init(outboundType: Never.self)
                        )
                    }
                }
        } catch {
            // Without a channel it is still ours.
            try? readEnd.close()
            throw error
        }
        try await channel.executeThenClose { chunks in
            for try await chunk in chunks { body(chunk.readableBytesView) }
        }
    }
}

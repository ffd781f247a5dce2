import Messages

/// Who has sent a frame, as its connection shows it.
public enum FrameSender: Hashable, Sendable {
    /// The connection shows nothing: whoever can reach a plain socket.
    case anyone
    /// The holder of a key, which may speak for these stages.
    case key(String, stages: Set<String>)
}

/// A frame that a stage has sent, and who that was.
public struct IncomingFrame: Hashable, Sendable {
    /// What was sent.
    public var bytes: [UInt8]
    /// Who has sent it.
    public var sender: FrameSender

    /// A frame.
    public init(bytes: [UInt8], sender: FrameSender) {
        self.bytes = bytes
        self.sender = sender
    }
}

/// A frame that was read.
struct ReadFrame: Sendable {
    var bytes: [UInt8]
    var sender: FrameSender
    /// Its message, or why it is none.
    var content: Result<Message, MessageError>

    init(_ frame: IncomingFrame) {
        bytes = frame.bytes
        sender = frame.sender
        do throws(MessageError) {
            content = .success(try Message(frame: frame.bytes))
        } catch {
            content = .failure(error)
        }
    }

    /// Its message, where it is one.
    var message: Message? { try? content.get() }
}

public import Logging
import Synchronization

/// Keeps what is logged.
public final class RecordedLog: Sendable {
    /// One message with all that it carries.
    public struct Line: Sendable {
        /// What it says.
        public var message: String
        /// What the logger and the message add to it.
        public var metadata: [String: String]
    }

    private let kept = Mutex<[Line]>([])

    /// An empty log.
    public init() {}

    /// What was logged, in order.
    public var lines: [Line] { kept.withLock { $0 } }

    /// A logger that writes here.
    public var logger: Logger {
        Logger(label: "test") { _ in Handler(log: self) }
    }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
            log.kept.withLock {
                $0.append(Line(message: "\(event.message)", metadata: all.mapValues { "\($0)" }))
            }
        }
    }
}

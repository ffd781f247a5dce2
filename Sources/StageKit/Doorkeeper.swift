public import Logging
import Metrics
import Synchronization
public import ZeroMQ

/// Who may connect to the sockets of this process: the keys of a file, which is read anew when it changes.
///
/// While a changed file is wrong the old keys stay in force, and the log says so.
public final class Doorkeeper: Sendable {
    /// A socket that others connect to.
    public enum Door: Hashable, Sendable {
        /// The metrics-sink's; open to every listed key.
        case samples
        /// Intake's; open to the key of any stage.
        case answers
        /// Intake's for one stage; open to that stage's keys.
        case deliveries(stage: String)

        /// Its `SocketOptions.admissionDomain`.
        public var domain: String {
            switch self {
            case .samples: "samples"
            case .answers: "answers"
            case .deliveries(let stage): "deliveries.\(stage)"
            }
        }
    }

    private let admitted: AdmittedFile
    private let stages: Set<String>
    private let logger: Logger
    /// By door and key, of the first strangers; all others share one.
    private let throttles = Mutex<[String: LogThrottle]>([:])
    private let began = ContinuousClock.now

    /// A doorkeeper that has read its file.
    ///
    /// - Parameters:
    ///   - file: the file of admitted keys.
    ///   - stages: the topology's.
    ///   - logger: where it tells whom it has turned away.
    /// - Throws: `ConfigurationProblems` where the file cannot be used.
    public init(file: String, stages: Set<String>, logger: Logger) throws {
        self.stages = stages
        self.logger = logger
        admitted = try AdmittedFile(path: file, logger: logger)
    }

    /// Whom a key may speak for now; nobody where it is not listed.
    public func names(of key: String) -> Set<String> { admitted.names(of: key) }

    /// Decides about a client; its user id is its public key.
    public func decide(_ request: AdmissionRequest) -> Admission {
        if Self.admits(names(of: request.publicKey), to: request.domain, stages: stages) {
            return .admitted(userID: request.publicKey)
        }
        turnAway(request)
        return .refused
    }

    /// Whether a key with these names may enter by this door.
    static func admits(_ names: Set<String>, to domain: String, stages: Set<String>) -> Bool {
        switch domain {
        case Door.samples.domain: !names.isEmpty
        case Door.answers.domain: !names.isDisjoint(with: stages)
        default: names.contains { stages.contains($0) && Door.deliveries(stage: $0).domain == domain }
        }
    }

    private func turnAway(_ request: AdmissionRequest) {
        Counter(label: "mendline_connections_refused_total", dimensions: [("socket", request.domain)]).increment()
        let now = ContinuousClock.now - began
        guard let count = refusals(like: request, at: now) else { return }
        logger.warning(
            """
            turned away: the key is not admitted there; if it should be, list it in \(admitted.path) and start the \
            process again
            """,
            metadata: [
                "socket": "\(request.domain)", "address": "\(request.address)", "key": "\(request.publicKey)",
                "count": "\(count)",
            ]
        )
    }

    /// How many refusals the line that is due now stands for; nil where none is.
    private func refusals(like request: AdmissionRequest, at now: Duration) -> Int? {
        let stranger = "\(request.domain) \(request.publicKey)"
        return throttles.withLock { throttles in
            let name = throttles[stranger] != nil || throttles.count < 100 ? stranger : ""
            return throttles[name, default: LogThrottle()].count(1, at: now)
        }
    }
}

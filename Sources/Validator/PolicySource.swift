public import Logging
public import StageKit
import Synchronization
public import Topology

/// The policy file, read again when it changes.
///
/// While the new text is wrong the policy before it stays in force.
public final class PolicySource: Sendable {
    private struct State {
        var policy: Policy
        var stamp: FileStamp
        /// What is wrong with the file now; nil when it is the policy in force.
        var problem: String?
        var nextLook: ContinuousClock.Instant
        var isLooking = false
    }

    private let path: String
    private let trouble: Trouble
    private let logger: Logger
    private let state: Mutex<State>

    private static let topic = "policy"
    /// Between two looks at the file.
    private static let pause: Duration = .seconds(1)

    /// Reads the policy for the first time.
    ///
    /// - Parameters:
    ///   - path: the YAML file.
    ///   - trouble: where a file that has become wrong is said.
    ///   - logger: where changes are said.
    /// - Throws: ``ConfigurationProblems``, each with file, line and remedy.
    public init(path: String, trouble: Trouble, logger: Logger) throws(ConfigurationProblems) {
        // The stamp is older than the text: what is written while the text is read has another.
        let stamp = FileStamp(path: path)
        let policy = try Policy.load(path: path)
        self.path = path
        self.trouble = trouble
        self.logger = logger
        state = Mutex(State(policy: policy, stamp: stamp, nextLook: ContinuousClock.now + Self.pause))
        logInForce(policy)
    }

    /// The policy in force; looks at the file first, at most once a second.
    public func current() -> Policy { current(at: ContinuousClock.now) }

    func current(at now: ContinuousClock.Instant) -> Policy {
        let (policy, isDue) = state.withLock { state in
            guard now >= state.nextLook, !state.isLooking else { return (state.policy, false) }
            state.isLooking = true
            return (state.policy, true)
        }
        return isDue ? look(at: now) : policy
    }

    /// Reads the file outside the lock, so that nobody waits for a disk: others take the policy before meanwhile.
    private func look(at now: ContinuousClock.Instant) -> Policy {
        let stamp = FileStamp(path: path)
        let (isChanged, wasWrong) = state.withLock { ($0.stamp != stamp, $0.problem != nil) }
        // A wrong file is read at every look: what mends it, such as a right to read, may leave the stamp as it is.
        let outcome = isChanged || wasWrong ? read() : nil
        let (policy, problemBefore) = state.withLock { state in
            let before = state.problem
            switch outcome {
            case .success(let policy):
                state.policy = policy
                state.problem = nil
            case .failure(let problems): state.problem = Self.sentence(problems)
            case nil: break
            }
            state.stamp = stamp
            state.nextLook = now + Self.pause
            state.isLooking = false
            return (state.policy, before)
        }
        switch outcome {
        case .success:
            trouble.set(Self.topic, nil)
            logInForce(policy)
        case .failure(let problems):
            let sentence = Self.sentence(problems)
            trouble.set(Self.topic, sentence)
            if sentence != problemBefore { logger.error("policy refused", metadata: ["problems": "\(problems)"]) }
        case nil: break
        }
        return policy
    }

    private func read() -> Result<Policy, ConfigurationProblems> {
        do throws(ConfigurationProblems) {
            return .success(try Policy.load(path: path))
        } catch {
            return .failure(error)
        }
    }

    private static func sentence(_ problems: ConfigurationProblems) -> String {
        let first = problems.problems.first { $0.severity == .error }
        return "\(first.map(\.description) ?? "\(problems)"); the policy read before stays in force"
    }

    private func logInForce(_ policy: Policy) {
        logger.notice(
            "policy in force",
            metadata: ["file": "\(policy.file)", "playbooks": "\(policy.playbooks.count)"]
        )
        for warning in policy.warnings { logger.warning("policy", metadata: ["problem": "\(warning)"]) }
    }
}

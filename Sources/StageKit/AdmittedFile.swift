import Dispatch
import Glibc
import Logging
import Synchronization
import Topology

/// The admitted keys as a file has them, which is looked at at most once a second.
///
/// One look at a time, on a thread of its own, and nobody waits for it longer than a moment: a file system that does not
/// answer holds up neither handshakes nor messages. Until a look has ended well the keys stay as they were.
final class AdmittedFile: Sendable {
    private struct State {
        var keys: AdmittedKeys
        var stamp: Stamp?
        var lookedAt: ContinuousClock.Instant
        /// Whether there is a look under way; others go on with what is known.
        var isLooking = false
    }

    /// How long the one who finds a look due waits for it, in milliseconds.
    private static let patience = 250

    /// Where it is.
    let path: String
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads the file.
    ///
    /// - Throws: `ConfigurationProblems` where it cannot be used.
    init(path: String, logger: Logger) throws(ConfigurationProblems) {
        self.path = path
        self.logger = logger
        // Taken before the file is read: what is written meanwhile is seen by the next look.
        let stamp = Stamp(path)
        let keys = try AdmittedKeys.load(path: path)
        state = Mutex(State(keys: keys, stamp: stamp, lookedAt: .now))
    }

    /// Whom a key may speak for now; nobody where it is not listed.
    func names(of key: String) -> Set<String> {
        lookIfDue()
        return state.withLock { $0.keys.names[key] ?? [] }
    }

    private func lookIfDue() {
        let isDue = state.withLock { state -> Bool in
            let now = ContinuousClock.now
            guard !state.isLooking, now - state.lookedAt >= .seconds(1) else { return false }
            state.isLooking = true
            state.lookedAt = now
            return true
        }
        guard isDue else { return }
        let looked = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            self.look()
            looked.signal()
        }
        // Waited for, so that a key that was taken out does not come in once more after a quiet hour.
        guard looked.wait(timeout: .now() + .milliseconds(Self.patience)) == .timedOut else { return }
        logger.error(
            "the file of admitted keys does not answer; until it does the keys stay as they were: look at its file system",
            metadata: ["file": "\(path)"]
        )
    }

    /// Reads the file where it has changed; nothing is locked meanwhile.
    private func look() {
        let stamp = Stamp(path)
        guard stamp != state.withLock({ $0.stamp }) else { return end(stamp, nil) }
        do throws(ConfigurationProblems) {
            let keys = try AdmittedKeys.load(path: path)
            // Said first, so that whoever sees the new keys finds it said.
            logger.notice(
                "the admitted keys have changed",
                metadata: ["file": "\(path)", "keys": "\(keys.names.count)"]
            )
            end(stamp, keys)
        } catch {
            logger.error("the admitted keys stay as they were: \(error)")
            end(stamp, nil)
        }
    }

    private func end(_ stamp: Stamp?, _ keys: AdmittedKeys?) {
        state.withLock { state in
            if let keys { state.keys = keys }
            state.stamp = stamp
            state.isLooking = false
        }
    }

    /// What tells one state of a file from another.
    private struct Stamp: Equatable {
        var seconds: Int
        var nanoseconds: Int
        var size: Int
        var inode: UInt

        /// Nil where there is no such file.
        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
            size = Int(status.st_size)
            inode = UInt(status.st_ino)
        }
    }
}

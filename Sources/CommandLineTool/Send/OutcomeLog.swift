import Foundation
import Glibc
import Messages
import Synchronization

/// The file of `mendline send --each`: one line of JSON for each incident, whole lines only.
final class OutcomeLog: Sendable {
    private struct State {
        /// Of the whole lines.
        var bytes = 0
        /// How many lines could not be written.
        var missing = 0
        /// The errno of the first of them.
        var cause: Int32?
    }

    private let path: String
    private let descriptor: Int32
    private let state = Mutex(State())

    /// Begins the file anew.
    init(path: String) throws(CommandFailure) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure(
                "--each \(path) cannot be written: \(String(cString: strerror(errno))); name a file in a folder of yours"
            )
        }
    }

    deinit { close(descriptor) }

    /// Writes one outcome; `time` is when it ended.
    ///
    /// A line that cannot be written is left out, and ``failure`` tells of it.
    func write(_ outcome: SendOutcome, at time: Timestamp) {
        let line = Array((CompactJSON.text(OutcomeLine(outcome, endedAt: time)) + "\n").utf8)
        // Under a lock, so that lines never mix.
        state.withLock { state in
            if let number = Descriptor.write(line, to: descriptor) {
                // A piece of a line would spoil the next one.
                ftruncate(descriptor, off_t(state.bytes))
                state.missing += 1
                state.cause = state.cause ?? number
            } else {
                state.bytes += line.count
            }
        }
    }

    /// Why the file lacks lines; nil where it has them all.
    var failure: CommandFailure? {
        let (missing, cause) = state.withLock { ($0.missing, $0.cause) }
        guard let cause else { return nil }
        return CommandFailure(
            "--each \(path) lacks \(missing) lines: \(String(cString: strerror(cause))); name a file on a disk with room"
        )
    }
}

/// One line of the file.
struct OutcomeLine: Encodable, Hashable, Sendable {
    var incidentID: String
    /// `accepted`, `finished`, `declined`, `cancelled`, `refused`, `lost` or `without_verdict`.
    var end: String
    var verdict: String?
    /// Why it was refused or lost, or no end was seen.
    var why: String?
    /// What every attempt that was repeated had failed with: `couldNotConnect`, `503`.
    var repeated: [String]
    var endedAt: Timestamp
    var tookMilliseconds: Int64

    private enum CodingKeys: String, CodingKey {
        case end, verdict, why, repeated
        case incidentID = "incident_id"
        case endedAt = "ended_at"
        case tookMilliseconds = "took_ms"
    }

    init(_ outcome: SendOutcome, endedAt: Timestamp) {
        incidentID = outcome.id
        repeated = outcome.repeated
        self.endedAt = endedAt
        tookMilliseconds = Int64(outcome.took / .milliseconds(1))
        switch outcome.end {
        case .accepted: end = "accepted"
        case .finished(let verdict):
            end = "finished"
            self.verdict = verdict
        case .declined: end = "declined"
        case .cancelled: end = "cancelled"
        case .refused(let why):
            end = "refused"
            self.why = why
        case .lost(let why):
            end = "lost"
            self.why = why
        case .withoutVerdict(let why):
            end = "without_verdict"
            self.why = why
        }
    }
}

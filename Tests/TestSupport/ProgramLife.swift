import Foundation
import Glibc
import Synchronization

/// Waits for a child on a thread of its own and reaps it at once.
///
/// At once, since the thread that watches Swift Testing's exit tests is busy as long as there is a child that is not
/// reaped.
final class ProgramLife: Sendable {
    private struct State {
        var end: Program.End?
        var leftCore = false
        var waiting: [CheckedContinuation<Program.End, Never>] = []
    }

    private let pid: Int32
    private let state = Mutex(State())

    init(pid: Int32) {
        self.pid = pid
        Thread.detachNewThread { self.watch() }
    }

    var end: Program.End? { state.withLock { $0.end } }

    var leftCore: Bool { state.withLock { $0.leftCore } }

    func ended() async -> Program.End {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waiting.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Under the lock in which it is reaped, so that the signal reaches nobody else's process.
    func send(_ signal: Int32) {
        state.withLock { state in
            if state.end == nil { kill(pid, signal) }
        }
    }

    private func watch() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (end, waiting) = state.withLock { state in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            let end: Program.End = signal == 0 ? .exit((status >> 8) & 0xFF) : .signal(signal)
            state.end = end
            state.leftCore = signal != 0 && status & 0x80 != 0
            defer { state.waiting = [] }
            return (end, state.waiting)
        }
        for continuation in waiting { continuation.resume(returning: end) }
    }
}

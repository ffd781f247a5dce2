import Dispatch
import Foundation
import Glibc
import Synchronization
import TestSupport

/// Starts processes that end with this one, however it ends.
///
/// Each is started through `setpriv --pdeathsig KILL`, by which the kernel kills it when the thread that started it ends
/// (prctl(2), PR_SET_PDEATHSIG; kept across execve). Threads of Swift's pool end when they idle, so one thread starts
/// all, and it stays as long as this process. Between the start and the prctl this process may already be gone: so a
/// shell compares its parent with the one it should have, and only then becomes the program.
final class Nursery: Sendable {
    private static let guardian = "[ \"$PPID\" = \"$0\" ] || exit 1; exec \"$@\""

    private let orders = Mutex<[Order]>([])
    private let isOrdered = DispatchSemaphore(value: 0)

    init() { Thread.detachNewThread { self.work() } }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: its path and its arguments.
    ///   - output: the file for what it says.
    /// - Returns: the process that becomes the program.
    /// - Throws: `POSIXError` where there can be no more processes.
    func start(_ command: [String], output: String) throws -> Program {
        let order = Order(
            arguments: ["--pdeathsig", "KILL", "--", "/bin/sh", "-c", Self.guardian, "\(getpid())"] + command,
            output: output
        )
        orders.withLock { $0.append(order) }
        isOrdered.signal()
        return try order.result()
    }

    private func work() {
        while true {
            isOrdered.wait()
            let order: Order? = orders.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            order?.carryOut()
        }
    }
}

/// A start that one thread asks another one for.
private final class Order: Sendable {
    private let arguments: [String]
    private let output: String
    private let started = Mutex<Result<Program, any Error>?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    init(arguments: [String], output: String) {
        self.arguments = arguments
        self.output = output
    }

    func carryOut() {
        let result: Result<Program, any Error> = Result {
            try Program(path: "/usr/bin/setpriv", arguments, output: output)
        }
        started.withLock { $0 = result }
        isDone.signal()
    }

    /// Waits for it, which takes as long as the system takes to start a process.
    func result() throws -> Program {
        isDone.wait()
        guard let result = started.withLock({ $0 }) else { throw TestFailure("a process was not started") }
        return try result.get()
    }
}

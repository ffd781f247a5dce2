import Foundation
import Glibc
import Messages
import Subprocess
import Synchronization

/// Starts processes, reads what they write, and tells how they end.
///
/// None outlives this process, however it ends. Each is started through `setpriv --pdeathsig KILL`, by which the kernel
/// kills it when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG; kept across execve). swift-subprocess
/// starts all processes from one thread of its own that lives as long as the process. Between the start and the
/// prctl this process may already be gone: so a shell compares its parent with the one it should have, and only then
/// becomes the program. A test kills `mendline up` and looks for what is left.
final class ProcessHost: Sendable {
    private let environment: [String: String]
    private let living = Mutex<[String: pid_t]>([:])

    /// - Parameter environment: what every process inherits.
    init(environment: [String: String]) {
        // Else reports of crashes show the memory that registers point to, and secrets may be there.
        self.environment = environment.merging(["SWIFT_BACKTRACE": "registers=none"]) { given, _ in given }
    }

    /// Runs a process to its end.
    ///
    /// The log takes what it writes. `started` is called with the process's id when it is there, `announced` with the
    /// address when it has said that it listens.
    func run(
        _ spec: ProcessSpec,
        log: ProcessLog,
        started: @Sendable (pid_t) -> Void,
        announced: @escaping @Sendable (String) -> Void
    ) async -> Supervision.End {
        let guardian = "[ \"$PPID\" = \"$0\" ] || exit 1; exec \"$@\""
        let arguments =
            ["--pdeathsig", "KILL", "--", "/bin/sh", "-c", guardian, "\(getpid())", spec.program] + spec.arguments
        log.mark(.now)
        var platform = PlatformOptions()
        // A group of its own: Ctrl-C in a terminal goes to this process alone, which ends the others in order.
        platform.processGroupID = 0
        do {
            let result = try await Subprocess.run(
                .name("setpriv"),
                arguments: Arguments(arguments),
                environment: environment(of: spec),
                platformOptions: platform,
                input: .none,
                output: .sequence,
                error: .combinedWithOutput
            ) { execution in
                let pid = execution.processIdentifier.value
                living.withLock { $0[spec.name] = pid }
                defer { living.withLock { $0[spec.name] = nil } }
                started(pid)
                let descriptor = execution.processIdentifier.processDescriptor
                let output = execution.standardOutput
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await Self.copy(output, to: log, announced) }
                    if descriptor >= 0 {
                        await Self.exit(of: descriptor)
                        // What it has left behind would hold the pipe open, and is nobody's any more.
                        Glibc.kill(-pid, SIGKILL)
                        group.addTask { try? await Task.sleep(for: .seconds(1)) }
                        await group.next()
                        group.cancelAll()
                    }
                }
            }
            switch result.terminationStatus {
            case .exited(let code): return .exit(code: code)
            case .signaled(let number): return .signal(number)
            }
        } catch {
            return .failure("could not be started: \(error)")
        }
    }

    /// Sends a signal to a process that runs; does nothing where it has ended.
    func signal(_ name: String, _ number: Int32) {
        living.withLock { living in
            // While it is in this table it has not been waited for, so the id is still its own.
            if let pid = living[name] { _ = Glibc.kill(pid, number) }
        }
    }

    private func environment(of spec: ProcessSpec) -> Subprocess.Environment {
        var variables: [Subprocess.Environment.Key: String] = [:]
        for (name, value) in environment.merging(spec.environment.compactMapValues { $0 }, uniquingKeysWith: { $1 })
        where spec.environment[name] != .some(nil) {
            if let key = Subprocess.Environment.Key(rawValue: name) { variables[key] = value }
        }
        return .custom(variables)
    }

    private static func copy(
        _ output: SubprocessOutputSequence,
        to log: ProcessLog,
        _ announced: @Sendable (String) -> Void
    ) async {
        var scanner = AnnouncementScanner()
        do {
            for try await buffer in output {
                let bytes = buffer.withUnsafeBytes { Array($0) }
                log.append(bytes)
                if let address = scanner.take(bytes) { announced(address) }
            }
        } catch {
            // The pipe is closed because the process has ended.
        }
    }

    /// Waits until the process of a pidfd has ended, without reaping it.
    ///
    /// On a thread of its own and not with a `DispatchSource`: where several of those for descriptors come and go at
    /// once, Dispatch's manager thread crashes on Linux (swiftlang/swift-corelibs-libdispatch issue 949).
    private static func exit(of descriptor: Int32) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                // Signals are for the threads that expect them.
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_BLOCK, &all, nil)
                var end = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                while poll(&end, 1, -1) < 0, errno == EINTR {}
                continuation.resume()
            }
        }
    }
}

/// A process of a run.
struct ProcessSpec: Hashable, Sendable {
    /// Its name here and that of its log: `provisioner`, `provisioner-2`.
    var name: String
    /// A path, or a name to look for in PATH.
    var program: String
    var arguments: [String]
    /// Changes to what is inherited; nil takes a variable away.
    var environment: [String: String?] = [:]
    /// Whether it says `listening on …` when it is ready.
    var announces = false
}

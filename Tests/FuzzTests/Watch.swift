import Foundation
import Glibc
import Synchronization

/// Ends this process with the seed of the case that crashes, hangs or takes too much memory.
enum Watch {
    /// How long one case may take: far more than any needs, in the slowest build.
    static let patience = Duration.seconds(20)
    /// What all cases together may take beyond what the process has.
    static let mostBytes: UInt64 = 2 << 30

    /// The seed of the case that runs, and how many have begun.
    private static let seed = Atomic<UInt64>(0)
    private static let number = Atomic<UInt64>(0)
    /// The open file that is told.
    private static let report = Atomic<Int32>(2)

    /// Begins to watch this process; for child processes that run cases and nothing else.
    ///
    /// - Parameter path: the file that is told what went wrong, with which seed.
    static func begin(report path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        precondition(file >= 0, "\(path) cannot be written")
        report.store(file, ordering: .relaxed)
        limitMemory()
        // Every way in which a trap, an overflowing stack or a refused allocation ends a process. The stack of the
        // handler is its own: the overflowing one has no room.
        var stack = stack_t()
        stack.ss_size = 1 << 16
        stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: stack.ss_size, alignment: 16)
        sigaltstack(&stack, nil)
        for signal in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { signal in
                Watch.say("crash")
                Glibc.signal(signal, SIG_DFL)
                raise(signal)
            }
            action.sa_flags = SA_ONSTACK
            sigaction(signal, &action, nil)
        }
        Thread.detachNewThread { watchForHangs() }
    }

    /// The next case begins.
    static func note(_ next: UInt64) {
        seed.store(next, ordering: .relaxed)
        number.add(1, ordering: .relaxed)
    }

    /// Something does not hold: tells it and ends this process.
    static func fail(_ what: String) -> Never {
        say("broken")
        let bytes = Array("\(what)\n".utf8)
        write(report.load(ordering: .relaxed), bytes, bytes.count)
        _exit(4)
    }

    private static func limitMemory() {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").first
        guard let pages, let count = UInt64(pages) else { return }
        var limit = rlimit()
        limit.rlim_cur = rlim_t(count * 4096 + mostBytes)
        limit.rlim_max = limit.rlim_cur
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    }

    private static func watchForHangs() {
        var last: UInt64 = 0
        while true {
            Thread.sleep(forTimeInterval: Double(patience.components.seconds))
            let now = number.load(ordering: .relaxed)
            if now == last, now > 0 {
                say("hang")
                _exit(3)
            }
            last = now
        }
    }

    /// Writes `what seed=0x…` without an allocation: it is called from a signal's handler.
    private static func say(_ what: StaticString) {
        let file = report.load(ordering: .relaxed)
        write(file, what.utf8Start, what.utf8CodeUnitCount)
        let label: StaticString = " seed=0x"
        write(file, label.utf8Start, label.utf8CodeUnitCount)
        let value = seed.load(ordering: .relaxed)
        for place in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8((value >> place) & 0xF)
            var byte = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            write(file, &byte, 1)
        }
        var end = UInt8(ascii: "\n")
        write(file, &end, 1)
    }
}

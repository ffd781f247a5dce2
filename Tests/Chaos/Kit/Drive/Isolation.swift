import Foundation
import Glibc
import TestSupport

/// A mount namespace of this run's own: in it a file system can be filled and made read-only, and nobody else sees it.
enum Isolation {
    /// The ways to get one, for who may and for who may only as a user of a namespace.
    private static let ways = [own, ["--user", "--map-root-user"] + own]
    private static let own = ["--mount", "--propagation", "private"]
    private static let program = "/usr/bin/unshare"

    /// Runs this program anew in one, with these arguments; returns only where that is not allowed.
    ///
    /// It stays the same process, as nothing is forked: signals reach it as before.
    static func enter(_ arguments: [String]) async throws {
        guard FileManager.default.isExecutableFile(atPath: program) else { return }
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        for way in ways {
            // Whether it is allowed is known by trying; a mount is tried, too, for namespaces differ in that.
            let trial = try await Program.run(
                path: program,
                way + ["--", "/bin/sh", "-c", "mount -t tmpfs -o size=1m none /mnt"]
            )
            guard trial.end == .exit(0) else { continue }
            // Threads of the runtime block signals, and what is executed inherits that from the one that does it.
            var none = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, nil)
            let command = [program] + way + ["--", own] + arguments
            var pointers: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
            pointers.append(nil)
            execv(program, pointers)
            throw TestFailure("\(program) cannot be run: \(String(cString: strerror(errno)))")
        }
    }
}

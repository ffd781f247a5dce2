import Foundation
import SystemPackage

/// What makes a child's whole process group die with the simulator, even where that is killed with SIGKILL.
///
/// The child's standard input is a socket whose other end only the simulator holds. A shell of a few lines comes before
/// the script: it leaves a watchdog at that socket, in a process group of its own, and becomes the script. When the
/// simulator dies, however it dies, the kernel closes its end; the watchdog reads the end of file and kills the group.
/// `PR_SET_PDEATHSIG` would not do: it reaches the child only and not what the child has started, and it fires when
/// the thread that forked ends.
final class Lifeline: Sendable {
    /// The program and arguments that come before the script's own.
    static let launcher = [
        // Bash takes a socket as standard input for a remote login and would read .bashrc.
        "/bin/bash", "--norc", "-c",
        """
        exec 3<&0 </dev/null
        set -m
        ( exec >/dev/null 2>&1; read -r word <&3 || kill -KILL -- -$$ ) &
        set +m
        exec 3<&-
        exec "$@"
        """,
        "launcher",
    ]

    /// The child's standard input.
    let childEnd: FileDescriptor
    private let ownEnd: FileDescriptor

    init() throws {
        var ends: [CInt] = [0, 0]
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Errno(rawValue: errno) }
        childEnd = FileDescriptor(rawValue: ends[0])
        ownEnd = FileDescriptor(rawValue: ends[1])
    }

    /// Sends the watchdog home; the group is gone already, and its number may belong to others soon.
    func release() {
        let word = Array("released\n".utf8)
        // A socket and not a pipe, because only so SIGPIPE can be had not to come where the watchdog is gone too.
        _ = send(ownEnd.rawValue, word, word.count, CInt(MSG_NOSIGNAL))
    }

    deinit {
        try? ownEnd.close()
    }
}

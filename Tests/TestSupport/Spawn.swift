import CSpawn
import Foundation
import Glibc

/// posix_spawn(3) with the files that a child gets, and no other.
struct Spawn {
    private enum Action {
        case open(String, Int32, Int32)
        case duplicate(Int32, Int32)
    }

    private var actions: [Action] = []

    mutating func open(_ path: String, as descriptor: Int32, _ flags: Int32) {
        actions.append(.open(path, descriptor, flags))
    }

    mutating func duplicate(_ source: Int32, as descriptor: Int32) { actions.append(.duplicate(source, descriptor)) }

    /// - Throws: `POSIXError` where it cannot be started.
    func start(_ path: String, _ arguments: [String], environment: [String: String]) throws -> Int32 {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        for action in actions {
            switch action {
            case .open(let path, let descriptor, let flags):
                posix_spawn_file_actions_addopen(&files, descriptor, path, flags, 0o600)
            case .duplicate(let source, let descriptor):
                posix_spawn_file_actions_adddup2(&files, source, descriptor)
            }
        }
        posix_spawn_file_actions_addclosefrom_np(&files, 3)

        // Threads of the runtime block signals; a child must not inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var pid: pid_t = 0
        let code = Self.withCStrings([path] + arguments) { arguments in
            Self.withCStrings(environment.map { "\($0)=\($1)" }) { environment in
                posix_spawn(&pid, path, &files, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EINVAL) }
        return pid
    }

    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}

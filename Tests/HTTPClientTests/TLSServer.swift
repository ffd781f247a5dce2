import Foundation
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// A TLS server of the system's openssl, with a certificate of its own for 127.0.0.1, in a folder of its own.
final class TLSServer: Sendable {
    let port: Int
    /// The certificate, which signs itself: its own authority.
    let caFile: String
    private let folder: URL
    private let process: ChildProcess

    /// Starts it and waits until it listens.
    ///
    /// - Parameters:
    ///   - address: What the certificate is for.
    ///   - arguments: More arguments for `openssl s_server`.
    /// - Throws: Where openssl is missing or does not do as told.
    init(certificateFor address: String = "IP:127.0.0.1", arguments: [String] = []) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let certificate = folder.appending(path: "cert.pem").path
        let key = folder.appending(path: "key.pem").path
        let request = try ChildProcess([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(address)", "-keyout", key, "-out",
            certificate,
        ])
        request.closeInput()
        await request.waitForEnd()
        try #require(FileManager.default.fileExists(atPath: certificate), "openssl made no certificate")

        // The shell ends the server when its own input ends, so that it does not outlive these tests either.
        let serve = "\"$@\" & read -r _; kill -9 $!"
        process = try ChildProcess(
            ["sh", "-c", serve, "sh", "openssl", "s_server", "-www", "-accept", "127.0.0.1:0"]
                + ["-cert", certificate, "-key", key] + arguments
        )
        self.folder = folder
        caFile = certificate
        port = try #require(await process.port(), "openssl s_server does not listen")
    }

    func stop() async {
        process.closeInput()
        await process.waitForEnd()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// A child process whose waits are spent on threads, not in Swift's pool.
private final class ChildProcess: Sendable {
    private let pid: pid_t
    private let input: Int32
    private let output: Int32

    /// A pipe is open in another child that is started between its making and its marking: one start at a time.
    private static let starting = Mutex(())

    init(_ command: [String]) throws {
        (pid, input, output) = try Self.starting.withLock { _ in try Self.start(command) }
    }

    private static func start(_ command: [String]) throws -> (pid_t, Int32, Int32) {
        let (input, output) = (try pipe(), try pipe())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, input.read, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var arguments = command.map { strdup($0) } + [nil]
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, command[0], &actions, nil, &arguments, environ)
        posix_spawn_file_actions_destroy(&actions)
        for argument in arguments {
            free(argument)
        }
        close(input.read)
        close(output.write)
        guard result == 0 else {
            close(input.write)
            close(output.read)
            throw SocketError(call: "posix_spawnp \(command[0])", number: result)
        }
        return (pid, input.write, output.read)
    }

    deinit {
        close(output)
    }

    func closeInput() {
        close(input)
    }

    func waitForEnd() async {
        await Self.blocking {
            while waitpid(self.pid, nil, 0) < 0, errno == EINTR {}
        }
    }

    /// The port in the line `ACCEPT 127.0.0.1:PORT`; nil if the process ends before it prints one.
    func port() async -> Int? {
        await Self.blocking {
            var text = ""
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(self.output, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return nil }
                text += String(decoding: buffer[..<count], as: UTF8.self)
                for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                where line.hasPrefix("ACCEPT ") {
                    return Int(line.split(separator: ":").last ?? "")
                }
            }
        }
    }

    /// A pipe that no other child keeps open.
    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw SocketError(call: "pipe", number: errno) }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        return (ends[0], ends[1])
    }

    private static func blocking<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: work()) }.start()
        }
    }
}

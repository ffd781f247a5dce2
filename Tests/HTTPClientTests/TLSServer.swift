import Foundation
import Testing

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
    init(certificateFor address: String = "IP:127.0.0.1", arguments: [String] = []) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let certificate = folder.appending(path: "cert.pem").path
        let key = folder.appending(path: "key.pem").path
        let request = try ChildProcess([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(address)", "-keyout", key, "-out", certificate,
        ])
        await request.waitForEnd()
        try #require(FileManager.default.fileExists(atPath: certificate), "openssl made no certificate")

        process = try ChildProcess(
            ["openssl", "s_server", "-www", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key] + arguments
        )
        self.folder = folder
        caFile = certificate
        port = try #require(await process.port(), "openssl s_server does not listen")
    }

    func stop() async {
        process.terminate()
        await process.waitForEnd()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// A child process whose waits are spent on threads, not in Swift's pool.
private final class ChildProcess: Sendable {
    private let process: Process
    private let output = Pipe()

    init(_ command: [String]) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func terminate() { process.terminate() }

    func waitForEnd() async {
        await Self.blocking { self.process.waitUntilExit() }
    }

    /// The port in the line `ACCEPT 127.0.0.1:PORT`; nil if the process ends before it prints one.
    func port() async -> Int? {
        await Self.blocking {
            var text = ""
            while true {
                let data = self.output.fileHandleForReading.availableData
                guard !data.isEmpty else { return nil }
                text += String(decoding: data, as: UTF8.self)
                for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                where line.hasPrefix("ACCEPT ") {
                    return Int(line.split(separator: ":").last ?? "")
                }
            }
        }
    }

    private static func blocking<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: work()) }.start()
        }
    }
}

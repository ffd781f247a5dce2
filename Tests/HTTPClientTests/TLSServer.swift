import Foundation
import Testing

/// A TLS server of the system's openssl, with a certificate of its own for 127.0.0.1, in a folder of its own.
final class TLSServer {
    let port: Int
    /// The certificate, which signs itself: its own authority.
    let caFile: String
    private let folder: URL
    private let process: Process
    private let input: Pipe
    private let output: Pipe

    /// Starts it and waits until it listens.
    ///
    /// - Parameters:
    ///   - address: What the certificate is for.
    ///   - arguments: More arguments for `openssl s_server`.
    init(certificateFor address: String = "IP:127.0.0.1", arguments: [String] = ["-www"]) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        caFile = folder.appending(path: "cert.pem").path
        let key = folder.appending(path: "key.pem").path
        let request = try Self.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test".split(separator: " ")
                .map(String.init) + ["-addext", "subjectAltName=\(address)", "-keyout", key, "-out", caFile]
        )
        request.standardError = FileHandle.nullDevice
        try request.run()
        request.waitUntilExit()
        try #require(request.terminationStatus == 0, "openssl made no certificate")

        process = try Self.openssl(["s_server", "-accept", "127.0.0.1:0", "-cert", caFile, "-key", key] + arguments)
        // Never written to: at the end of its input it would stop.
        input = Pipe()
        output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        port = try Self.port(output.fileHandleForReading)
    }

    deinit {
        _ = stop()
    }

    /// Stops the server.
    ///
    /// - Returns: What it has printed.
    func stop() -> String {
        guard FileManager.default.fileExists(atPath: folder.path) else { return "" }
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
        return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }

    private static func openssl(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        return process
    }

    /// Reads up to the line `ACCEPT 127.0.0.1:PORT`.
    private static func port(_ handle: FileHandle) throws -> Int {
        var text = ""
        while true {
            let data = handle.availableData
            try #require(!data.isEmpty, "openssl s_server ended: \(text)")
            text += String(decoding: data, as: UTF8.self)
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            where line.hasPrefix("ACCEPT ") {
                return try #require(Int(line.split(separator: ":").last ?? ""))
            }
        }
    }
}

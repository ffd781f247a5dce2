import Foundation
import Synchronization
import Testing

/// Keeps answers, and has them checked against Coder's swagger.
final class Recorder: Sendable {
    private let lines = Mutex<[Data]>([])

    func add(method: String, route: String, answer: Answer) {
        let body = answer.body.isEmpty ? Data("null".utf8) : answer.body
        let head = "{\"method\": \"\(method)\", \"path\": \"\(route)\", \"status\": \(answer.status), \"body\": "
        lines.withLock { $0.append(Data(head.utf8) + body + Data("}\n".utf8)) }
    }

    /// Runs the checker, which prints what does not fit.
    ///
    /// A checker that is missing is a failure.
    func check() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let exchanges = FileManager.default.temporaryDirectory.appendingPathComponent("exchanges-\(UUID().uuidString)")
        try lines.withLock { $0.reduce(Data(), +) }.write(to: exchanges)
        defer { try? FileManager.default.removeItem(at: exchanges) }
        let process = Process()
        // Debian's Python, because that is what python3-jsonschema belongs to.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [
            folder.appendingPathComponent("check_schema.py").path,
            folder.appendingPathComponent("Fixtures/coder-api.swagger.json").path,
        ]
        process.standardInput = try FileHandle(forReadingFrom: exchanges)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(said)")
    }
}

import Foundation
import Synchronization
import TestSupport
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
    func check() async throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        // Debian's Python, because that is what python3-jsonschema belongs to.
        let (end, said) = try await Program.run(
            path: "/usr/bin/python3",
            [
                folder.appendingPathComponent("check_schema.py").path,
                folder.appendingPathComponent("Fixtures/coder-api.swagger.json").path,
            ],
            input: lines.withLock { $0.reduce(Data(), +) }
        )
        #expect(end == .exit(0), "\(said)")
    }
}

import Foundation

/// A program that a test has started; what it says goes to a file.
struct Program: Sendable {
    let process: Process
    let outputPath: String

    /// Starts it with nothing of this process's environment but what is given.
    init(path: String, _ arguments: [String], environment: [String: String] = [:], output: String) throws {
        process = Process()
        outputPath = output
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment.merging(["PATH": "/usr/bin:/bin"]) { given, _ in given }
        try Data().write(to: URL(fileURLWithPath: output))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = file
        process.standardError = file
        try process.run()
    }

    var pid: Int32 { process.processIdentifier }

    /// All that it has said.
    var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

    /// Waits for its end.
    func exitCode() async throws -> Int32 {
        while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        return process.terminationStatus
    }

    /// Ends it at once, if it runs.
    func end() {
        guard process.isRunning else { return }
        kill(pid, SIGKILL)
        process.waitUntilExit()
    }
}

/// Where the programs under test are.
enum Programs {
    /// They are built beside the tests.
    static func path(_ name: String) throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var folder = URL(fileURLWithPath: own).deletingLastPathComponent()
        for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
            folder = URL(fileURLWithPath: argument).deletingLastPathComponent()
        }
        let path = folder.appendingPathComponent(name).path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure("\(path) is not built; run swift build first")
        }
        return path
    }
}

/// The files of the repository that the tests use.
enum Repository {
    static func path(_ relative: String) -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return root.appendingPathComponent(relative).path
    }
}

/// What stopped a test.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Waits until there is a result.
///
/// - Throws: ``Failure`` where there is none in time.
func eventually<Result>(
    _ what: String,
    within limit: Duration = .seconds(60),
    _ probe: () async throws -> Result?
) async throws -> Result {
    let start = ContinuousClock.now
    while true {
        if let result = try await probe() { return result }
        guard ContinuousClock.now < start + limit else { throw Failure("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(50))
    }
}

/// Waits until something holds.
func eventually(
    _ what: String,
    within limit: Duration = .seconds(60),
    holds condition: () async throws -> Bool
) async throws {
    _ = try await eventually(what, within: limit) { try await condition() ? true : nil }
}

/// Whether a process is gone, or only waits for its parent to notice.
func isGone(_ pid: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
    return stat.split(separator: ")").last?.hasPrefix(" Z") ?? true
}

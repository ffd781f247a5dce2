public import Foundation
import Glibc

/// A program that a test has started.
///
/// What it says goes to a file. It ends with this value at the latest.
///
/// Foundation's `Process` is not used: it notices an end by a socket that children which are started at the same moment
/// inherit, so that it goes unnoticed where many start at once; and it waits by blocking its thread, of which the pool
/// of a small machine has two.
public final class Program: Sendable {
    /// How it ended.
    public enum End: Hashable, Sendable {
        /// By itself, with this code.
        case exit(Int32)
        /// By this signal.
        case signal(Int32)
    }

    /// Its process id.
    public let pid: Int32
    /// Its executable.
    public let path: String
    /// What it was started with.
    public let arguments: [String]
    /// The file of what it says.
    public let outputPath: String
    private let life: ProgramLife

    /// Starts it with nothing of this process's environment, and no open file but these.
    ///
    /// - Parameters:
    ///   - path: the executable.
    ///   - arguments: without the program's name.
    ///   - environment: beside a plain PATH.
    ///   - input: the file that it reads; nothing by default.
    ///   - output: the file for what it says on both outputs; what is in it goes.
    ///   - errors: a file of its own for standard error.
    /// - Throws: `POSIXError` where it cannot be started.
    public init(
        path: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        input: String = "/dev/null",
        output: String,
        errors: String? = nil
    ) throws {
        self.path = path
        self.arguments = arguments
        outputPath = output
        var spawn = Spawn()
        spawn.open(input, as: 0, O_RDONLY)
        spawn.open(output, as: 1, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND)
        if let errors {
            spawn.open(errors, as: 2, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND)
        } else {
            spawn.duplicate(1, as: 2)
        }
        let variables = environment.merging(["PATH": "/usr/bin:/bin"]) { given, _ in given }
        pid = try spawn.start(path, arguments, environment: variables)
        life = ProgramLife(pid: pid)
    }

    deinit { life.send(SIGKILL) }

    /// Starts one of Mendline's own programs.
    public convenience init(
        _ name: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        output: String,
        errors: String? = nil
    ) throws {
        let path = try Self.path(of: name)
        try self.init(path: path, arguments, environment: environment, output: output, errors: errors)
    }

    /// Where a program of Mendline's is: beside the tests.
    ///
    /// - Throws: ``TestFailure`` where it is not built.
    public static func path(of name: String) throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var folder = URL(fileURLWithPath: own).deletingLastPathComponent()
        for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
            folder = URL(fileURLWithPath: argument).deletingLastPathComponent()
        }
        let path = folder.appendingPathComponent(name).path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw TestFailure("\(path) is not built; run swift build first")
        }
        return path
    }

    /// Runs a program to its end.
    ///
    /// - Returns: how it ended, and all that it said.
    public static func run(
        path: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        input: Data = Data()
    ) async throws -> (end: End, output: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("program-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("input")
        try input.write(to: file)
        let program = try Program(
            path: path,
            arguments,
            environment: environment,
            input: file.path,
            output: folder.appendingPathComponent("output").path
        )
        return (await program.ended(), program.output)
    }

    /// Whether it has not ended.
    public var isRunning: Bool { life.end == nil }

    /// Whether its memory was written to a file as it ended.
    public var leftCore: Bool { life.leftCore }

    /// All that it has said.
    public var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

    /// Waits for its end.
    public func ended() async -> End { await life.ended() }

    /// Waits for its end.
    ///
    /// - Throws: ``TestFailure`` where a signal has ended it.
    public func exitCode() async throws -> Int32 {
        switch await ended() {
        case .exit(let code): return code
        case .signal(let number): throw TestFailure("\(path) was ended by signal \(number): \(output)")
        }
    }

    /// Sends it a signal, if it runs.
    public func send(_ signal: Int32) { life.send(signal) }

    /// Ends it at once and waits until it is gone.
    public func end() async {
        send(SIGKILL)
        _ = await ended()
    }

    /// Waits until it says where it listens.
    ///
    /// - Throws: ``TestFailure`` with what it said instead.
    public func address() async throws -> String {
        try await said("listening on a URL") { output in
            output.firstMatch(of: /listening on (http:\S+)\n/).map { String($0.1) }
        }
    }

    /// Waits until what it has said holds something.
    ///
    /// - Throws: ``TestFailure`` where it ends before that, or a minute passes.
    @discardableResult
    public func said<Result>(_ what: String, _ find: (String) -> Result?) async throws -> Result {
        try await eventually("\(path) says \(what)") {
            let isOver = !isRunning
            if let found = find(output) { return found }
            guard !isOver else { throw TestFailure("\(path) has ended without \(what): \(output)") }
            return nil
        }
    }
}

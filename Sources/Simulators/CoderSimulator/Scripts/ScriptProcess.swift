import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// One script as a process group of its own.
final class ScriptProcess: Sendable {
    private enum State {
        case waiting
        case running(group: pid_t)
        /// Also before the start: then it ends as soon as it has started.
        case killed
        case gone
    }

    private enum Happening: Sendable {
        case outputEnded
        case exited(TerminationStatus)
        case failed(any Error)
        case timeIsUp
        case patienceIsUp
    }

    /// How long a process that the script left behind may hold its output open (agent/agentscripts/agentscripts.go).
    static let patience = Duration.seconds(10)

    private let state = Mutex(State.waiting)

    /// Kills every process of the script, now or as soon as it has started.
    func kill() {
        state.withLock { state in
            if case .running(let group) = state { _ = Glibc.kill(-group, SIGKILL) }
            if case .gone = state { return }
            state = .killed
        }
    }

    /// Runs the script to its end, and stays until what it left behind is gone or killed.
    ///
    /// - Parameters:
    ///   - path: The script.
    ///   - environment: All of its environment.
    ///   - folder: Where it starts.
    ///   - timeout: Its time limit.
    ///   - lines: Called with each batch of complete lines as they come.
    ///   - ended: Called once, when the script's end is known.
    func run(
        path: String,
        environment: [String: String],
        folder: String,
        timeout: Duration?,
        lines: @escaping @Sendable (LogLevel, [String]) -> Void,
        ended: (ScriptOutcome) -> Void
    ) async {
        let output: OutputPipe
        let errors: OutputPipe
        let lifeline: Lifeline
        do {
            output = try OutputPipe()
            errors = try OutputPipe()
            lifeline = try Lifeline()
        } catch {
            lines(.error, ["the script could not be started: \(error)"])
            ended(.notStarted)
            return
        }
        await withTaskGroup(of: Happening.self) { group in
            group.addTask { await Self.read(output, .info, lines) }
            group.addTask { await Self.read(errors, .error, lines) }
            group.addTask {
                do {
                    return .exited(
                        try await self.start(
                            path: path,
                            environment: environment,
                            folder: folder,
                            output: output.writeEnd,
                            errors: errors.writeEnd,
                            lifeline: lifeline
                        )
                    )
                } catch {
                    return .failed(error)
                }
            }
            if let timeout { group.addTask { await Self.wait(timeout, then: .timeIsUp) } }
            await follow(&group, lines: lines, ended: ended)
            group.cancelAll()
        }
        await untilGone()
        lifeline.release()
    }

    /// Makes an outcome of what happens.
    private func follow(
        _ group: inout TaskGroup<Happening>,
        lines: (LogLevel, [String]) -> Void,
        ended: (ScriptOutcome) -> Void
    ) async {
        var outputs = 2
        var outcome: ScriptOutcome?
        var isTimedOut = false
        var isReported = false
        while let happening = await group.next() {
            switch happening {
            case .outputEnded: outputs -= 1
            case .exited(let status):
                outcome =
                    switch status {
                    case _ where isTimedOut: .timedOut
                    case .exited(let code): .exited(Int(code))
                    case .signaled: .signaled
                    }
                group.addTask { await Self.wait(Self.patience, then: .patienceIsUp) }
            case .failed(let error):
                lines(.error, ["the script could not be started: \(error)"])
                return ended(.notStarted)
            case .timeIsUp where outcome == nil:
                isTimedOut = true
                kill()
            case .timeIsUp: break
            case .patienceIsUp:
                // Only an exit code of 0 is overruled by this.
                if !isReported, let outcome { ended(outcome == .exited(0) ? .pipesLeftOpen : outcome) }
                isReported = true
            }
            if outputs == 0, let outcome {
                if !isReported { ended(outcome) }
                return
            }
        }
    }

    private func start(
        path: String,
        environment: [String: String],
        folder: String,
        output: FileDescriptor,
        errors: FileDescriptor,
        lifeline: Lifeline
    ) async throws -> TerminationStatus {
        var options = PlatformOptions()
        options.processGroupID = 0
        var variables: [Environment.Key: String] = [:]
        for (name, value) in environment {
            guard let key = Environment.Key(rawValue: name) else { continue }
            variables[key] = value
        }
        return try await Subprocess.run(
            .path(FilePath(Lifeline.launcher[0])),
            arguments: .init(Array(Lifeline.launcher.dropFirst()) + [path]),
            environment: .custom(variables),
            workingDirectory: FilePath(folder),
            platformOptions: options,
            input: .fileDescriptor(lifeline.childEnd, closeAfterSpawningProcess: true),
            output: .fileDescriptor(output, closeAfterSpawningProcess: true),
            error: .fileDescriptor(errors, closeAfterSpawningProcess: true)
        ) { execution in
            let group = execution.processIdentifier.value
            self.state.withLock { state in
                if case .killed = state {
                    _ = Glibc.kill(-group, SIGKILL)
                } else {
                    state = .running(group: group)
                }
            }
        }.terminationStatus
    }

    /// Waits for the end of what the script left behind: until a stop or delete kills it, as in a workspace.
    private func untilGone() async {
        while true {
            let isGone = state.withLock { state in
                guard case .running(let group) = state else { return true }
                guard Glibc.kill(-group, 0) != 0, errno == ESRCH else { return false }
                state = .gone
                return true
            }
            if isGone { return }
            if Task.isCancelled { return kill() }
            // Nothing tells of the end of a process group; looking now and then costs next to nothing.
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    private static func wait(_ duration: Duration, then happening: Happening) async -> Happening {
        try? await Task.sleep(for: duration)
        return happening
    }

    private static func read(
        _ pipe: OutputPipe,
        _ level: LogLevel,
        _ lines: @Sendable (LogLevel, [String]) -> Void
    ) async -> Happening {
        var splitter = LineSplitter()
        do {
            try await pipe.forEachChunk { chunk in
                let complete = splitter.take(chunk)
                if !complete.isEmpty { lines(level, complete) }
            }
        } catch {
            if !Task.isCancelled { lines(.error, ["the script's output could not be read: \(error)"]) }
        }
        if let last = splitter.finish() { lines(level, [last]) }
        return .outputEnded
    }
}

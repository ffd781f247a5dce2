import Glibc

/// A program under test: started, signalled and started again as often as is asked for.
final class HarnessProgram: Sendable {
    /// How its present life goes.
    struct Life: Sendable {
        /// 0 before the first start.
        var number = 0
        var pid: pid_t?
        var end: Supervision.End?
        /// What it said to listen on.
        var address: String?
    }

    let spec: ProcessSpec
    let log: ProcessLog
    let life = Watched(Life())
    private let host: ProcessHost
    private let starts = AsyncStream<Void>.makeStream()

    init(_ spec: ProcessSpec, host: ProcessHost, log: ProcessLog) {
        self.spec = spec
        self.host = host
        self.log = log
    }

    /// Runs each life that is asked for, one after the other, until ``close()``.
    func serve() async {
        for await _ in starts.stream {
            life.update { $0 = Life(number: $0.number + 1) }
            let end = await host.run(
                spec,
                log: log,
                started: { pid in life.update { $0.pid = pid } },
                announced: { [life] address in life.update { $0.address = address } }
            )
            life.update { life in
                life.end = end
                life.pid = nil
            }
        }
    }

    /// Starts it, and waits until it is there.
    ///
    /// - Throws: `CommandFailure` where it cannot be started.
    func start() async throws(CommandFailure) {
        let before = life.value.number
        starts.continuation.yield()
        _ = await life.wait(within: .seconds(10)) { $0.number > before && ($0.pid != nil || $0.end != nil) }
        if case .failure(let why) = life.value.end { throw CommandFailure("\(spec.program) \(why)") }
        guard life.value.number > before else { throw CommandFailure("\(spec.program) did not start within 10 s") }
    }

    /// Waits until it has said where it listens.
    ///
    /// - Throws: `CommandFailure` with its last words where it does not.
    func address(within limit: Duration) async throws(CommandFailure) -> String {
        _ = await life.wait(within: limit) { $0.address != nil || $0.end != nil }
        if let address = life.value.address { return address }
        throw CommandFailure("\(spec.name) did not come up within \(limit): \(lastWords)")
    }

    /// Sends a signal and waits for the end.
    ///
    /// - Returns: how it ended; nil where it still runs after that time.
    func end(by signal: Int32, within limit: Duration) async -> Supervision.End? {
        host.signal(spec.name, signal)
        _ = await life.wait(within: limit) { $0.end != nil }
        return life.value.end
    }

    /// Kills it where it runs, and lets ``serve()`` return.
    func close() async {
        if life.value.pid != nil { _ = await end(by: SIGKILL, within: .seconds(10)) }
        starts.continuation.finish()
    }

    /// Whether it runs.
    var isAlive: Bool { life.value.pid != nil }

    /// What it uses now.
    var usage: ProcessUsage? { life.value.pid.flatMap(ProcessUsage.of) }

    /// The last lines that it wrote, as one.
    var lastWords: String {
        let lines = log.lastLines(3).map { SafeText.line($0) }
        return lines.isEmpty ? "it wrote nothing" : lines.joined(separator: " | ")
    }
}

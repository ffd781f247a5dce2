import CoderAPI
import Logging
import Messages
import StageKit

/// Reads the logs of one workspace onward, masks what it reads, and ships it.
///
/// A read that fails is tried again at the next look; nothing ends because a log cannot be read.
struct LogReader {
    /// How many lines of the script a verdict quotes.
    static let mostLastLines = 20
    /// How many error lines of a build are kept for its diagnosis.
    static let mostErrorLines = 30

    private struct AgentLog {
        var after: Int64 = 0
        var length = 0
        var sources: [String: String]
    }

    private let coder: CoderClient
    private let hand: Hand
    private let buildLogEvery: Duration
    private var mask: TextMask
    private var build: (id: String, after: Int64, readAt: Duration?, isComplete: Bool)?
    private var agents: [String: AgentLog] = [:]
    /// The last lines that agents wrote, masked.
    private(set) var lastLines: [String] = []
    /// The error-level lines of the build, masked.
    private(set) var errorLines: [String] = []
    /// When the last new line of an agent came.
    private(set) var lastGrowth: Duration?
    /// Whether a line counts as having come when it was written, as what is read for the first time by somebody new does.
    var countsFromItsLines = false

    init(coder: CoderClient, hand: Hand, buildLogEvery: Duration, mask: TextMask) {
        self.coder = coder
        self.hand = hand
        self.buildLogEvery = buildLogEvery
        self.mask = mask
    }

    /// Whether the build's log has been read after its end.
    var hasWholeBuildLog: Bool { build?.isComplete ?? false }

    /// A text without secrets.
    func masked(_ text: String) -> String { mask.apply(to: text) }

    /// Reads what is new in the logs of the start build that is shown and of its agents.
    mutating func read(_ shown: Build, at now: Duration) async throws {
        if build?.id != shown.id {
            build = (shown.id, 0, nil, false)
            errorLines = []
        }
        try await readBuild(hasEnded: !shown.job.status.isActive, at: now)
        for agent in shown.mainAgents {
            var log = agents[agent.id] ?? AgentLog(sources: agent.logSources)
            log.sources = agent.logSources
            agents[agent.id] = log
            if agent.logsLength > log.length, try await readAgent(agent.id, at: now) {
                agents[agent.id]?.length = agent.logsLength
            }
        }
    }

    /// Reads once more whatever is known, whether it seems to have grown or not.
    ///
    /// - Returns: Whether every log could be read.
    mutating func readAgain(at now: Duration) async throws -> Bool {
        var isWhole = true
        if build?.isComplete == false {
            try await readBuild(hasEnded: true, at: now)
            isWhole = hasWholeBuildLog
        }
        for agent in agents.keys.sorted() where try await !readAgent(agent, at: now) { isWhole = false }
        return isWhole
    }

    private mutating func readBuild(hasEnded: Bool, at now: Duration) async throws {
        guard let known = build, !known.isComplete else { return }
        if let readAt = known.readAt, !hasEnded, now - readAt < buildLogEvery { return }
        let id = known.id
        maskToken()
        guard
            let lines = try await attempt({ () throws(CoderError) in
                try await coder.logs(ofBuild: id, after: known.after)
            })
        else { return }
        let shipped = lines.map { line in
            LogLine(
                log: "build/\(id)",
                line: line.id,
                time: time(line.createdAt),
                level: line.level,
                source: mask.apply(to: line.stage),
                text: mask.line(line.output)
            )
        }
        try await ship(shipped)
        let errors = shipped.filter { $0.level == "error" }.map(\.text)
        errorLines = Array((errorLines + errors).prefix(Self.mostErrorLines))
        build = (id, lines.last?.id ?? known.after, now, hasEnded)
    }

    private mutating func readAgent(_ id: String, at now: Duration) async throws -> Bool {
        maskToken()
        guard let log = agents[id],
            let lines = try await attempt({ () throws(CoderError) in try await coder.logs(ofAgent: id, after: log.after)
            })
        else { return false }
        guard let last = lines.last else { return true }
        let shipped = lines.map { line in
            LogLine(
                log: "agent/\(id)",
                line: line.id,
                time: time(line.createdAt),
                level: line.level,
                source: mask.apply(to: line.sourceID.flatMap { log.sources[$0] } ?? "agent"),
                text: mask.line(line.output)
            )
        }
        try await ship(shipped)
        lastLines = (lastLines + shipped.suffix(Self.mostLastLines).map(\.text)).suffix(Self.mostLastLines)
        agents[id]?.after = last.id
        let age = countsFromItsLines ? hand.now() - (shipped.map(\.time).max() ?? hand.now()) : .zero
        lastGrowth = now - max(age, .zero)
        return true
    }

    /// The session token may have been replaced meanwhile, and the new one must not be seen either.
    private mutating func maskToken() {
        if let token = try? coder.token() { mask.add(token) }
    }

    private func attempt<Lines>(_ read: () async throws(CoderError) -> Lines) async throws -> Lines? {
        do {
            return try await read()
        } catch {
            if error.kind == .cancelled { throw CancellationError() }
            hand.logger.debug("a log could not be read", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func ship(_ lines: [LogLine]) async throws {
        for chunk in LogChunks.make(lines) { try await hand.progress([try CausedEvent(chunk)]) }
    }

    private func time(_ text: String) -> Timestamp { Timestamp(text) ?? hand.now() }
}

import CoderAPI
import Logging
import Messages
import StageKit

/// Follows one workspace to its verdict: looks come in, events go out.
struct WatchSession {
    /// A 404 also means "not permitted", as with the token of another user, which may pass.
    private static let unknownPatience = Duration.seconds(30)

    private let coder: CoderClient
    private let created: WorkspaceCreated
    private let limits: WatchLimits
    private let configuration: LogCollectorConfiguration
    private let hand: Hand
    private let began = ContinuousClock.now
    private let ageAtBegin: Duration
    private var memory = WatchMemory()
    private var shown = ShownState()
    private var reader: LogReader
    private var reports = ScriptReports()
    private var times = WatchTimes()
    /// The finding whose last log lines are waited for: when it was made, and when what it is about ended.
    private var pending: (finding: Finding, since: Duration, ended: Duration)?
    /// When a look last showed that nothing was to be found yet.
    private var lastWithoutFinding: Duration?
    /// Whether this is the first look at what somebody else has followed until now: what was quiet meanwhile need not be
    /// waited for again.
    private var isCatchingUp: Bool

    /// A session for a workspace of this age, by our wall clock; from here on a monotonic one counts.
    init(
        coder: CoderClient,
        created: WorkspaceCreated,
        limits: WatchLimits,
        configuration: LogCollectorConfiguration,
        hand: Hand,
        age: Duration,
        isTakenOver: Bool,
        mask: TextMask
    ) {
        self.coder = coder
        self.created = created
        self.limits = limits
        self.configuration = configuration
        self.hand = hand
        ageAtBegin = age
        isCatchingUp = isTakenOver
        reader = LogReader(coder: coder, hand: hand, buildLogEvery: configuration.buildLogEvery, mask: mask)
    }

    /// Since the workspace's creation.
    private var time: Duration { ageAtBegin + began.duration(to: .now) }

    /// Works until there is a verdict.
    ///
    /// - Throws: `CancellationError` when the task is cancelled, ``StageError/returned(reason:)`` when no more looks come.
    mutating func run(_ looks: AsyncStream<Look>) async throws -> RemediationFinished {
        if isCatchingUp {
            reader.countsFromItsLines = true
            if let finished = try await lookAlone() { return finished }
            reader.countsFromItsLines = false
            isCatchingUp = false
        }
        for await look in looks {
            try Task.checkCancellation()
            if let finished = try await take(look) { return finished }
        }
        try Task.checkCancellation()
        throw StageError.returned(reason: "shutting down")
    }

    private mutating func take(_ look: Look) async throws -> RemediationFinished? {
        if let pending {
            return try await settle(pending.finding, since: pending.since, ended: pending.ended)
        }
        switch look {
        case .seen(let workspace): return try await take(workspace)
        case .missing: return try await lookAlone()
        }
    }

    private mutating func take(_ workspace: Workspace) async throws -> RemediationFinished? {
        let followed = memory.buildID
        memory.note(workspace, at: time)
        if memory.buildID != followed { reports = ScriptReports() }
        if let change = shown.change(workspace, at: time) { try await hand.progress([try CausedEvent(masked(change))]) }
        let build = workspace.latestBuild
        if build.transition == .start {
            times.note(workspace)
            try await reader.read(build, at: time)
        }
        var judgement = judge(workspace)
        if case .readTimings = judgement {
            try await readTimings()
            judgement = judge(workspace)
        }
        guard case .finish(let finding) = judgement else {
            lastWithoutFinding = time
            return nil
        }
        return try await settle(finding, since: time, ended: endOfScripts())
    }

    /// When the scripts ended by Coder's clock; now, where it does not say.
    ///
    /// Where that clock is behind ours they would seem to have ended long ago: they ran at the look before this one, or when
    /// we began, if nobody followed them before us.
    private func endOfScripts() -> Duration {
        guard let end = reports.timings.compactMap({ Timestamp($0.endedAt) }).max() else { return time }
        return max(time - max(hand.now() - end, .zero), lastWithoutFinding ?? (isCatchingUp ? .zero : ageAtBegin))
    }

    private func judge(_ workspace: Workspace) -> Judgement {
        Judgement(workspace, reports: reports, memory: memory, limits: limits, at: time)
    }

    /// It is not in the list, or no list has come yet; what it is by itself decides.
    private mutating func lookAlone() async throws -> RemediationFinished? {
        let workspace: Workspace
        do {
            workspace = try await coder.workspace(id: created.workspaceID)
        } catch {
            switch error.kind {
            case .cancelled: throw CancellationError()
            case .gone: break
            case .notFound:
                memory.noteUnknown(at: time)
                guard let since = memory.unknownSince, time - since >= Self.unknownPatience else { return nil }
            default:
                hand.logger.debug("a workspace could not be looked at", metadata: ["error": "\(error)"])
                return nil
            }
            let evidence = "Coder answered \(error.status ?? 0): \(error.words)"
            if memory.ended != nil { try await readTimings() }
            return try await settle(
                .gone(after: memory.ended, reports.timings, evidence: evidence),
                since: time,
                ended: time
            )
        }
        return try await take(workspace)
    }

    private mutating func readTimings() async throws {
        guard let build = memory.buildID else { return }
        do {
            reports.timings = try await coder.scriptTimings(ofBuild: build)
            reports.readAt = time
        } catch {
            if error.kind == .cancelled { throw CancellationError() }
            hand.logger.debug("timings could not be read", metadata: ["error": "\(error)"])
        }
    }

    /// The verdict, once the last lines have come or were waited for long enough; nil where the next look must show.
    private mutating func settle(
        _ finding: Finding,
        since: Duration,
        ended: Duration
    ) async throws -> RemediationFinished? {
        pending = (finding, since, ended)
        while true {
            let hasAll = try await reader.readAgain(at: time)
            let wait = finding.awaitsLines ? quiet(after: ended, since: since) - time : .zero
            if (hasAll && wait <= .zero) || time - since >= configuration.logPatience { break }
            guard hasAll else { return nil }
            // Sooner than the next look: each verdict waits for this.
            try await ContinuousClock().sleep(for: wait)
        }
        return RemediationFinished(
            verdict: finding.verdict,
            exitCode: finding.exitCode,
            diagnosis: diagnosis(finding),
            provisionSeconds: times.provisionSeconds,
            runSeconds: WatchTimes.runSeconds(reports.timings),
            lastLines: reader.lastLines,
            workspace: created.reference
        )
    }

    /// When what agents wrote until this end has come, as far as their logs do not grow any more.
    ///
    /// Where the end was seen late, lines may be late for the same reason: they are waited for from then, too, but by
    /// whoever takes over what others have seen.
    private func quiet(after end: Duration, since seen: Duration) -> Duration {
        let grown = max(reader.lastGrowth ?? .zero, isCatchingUp ? .zero : seen)
        return max(end + configuration.quietAfterEnd, grown + configuration.quietAfterGrowth)
    }

    private func diagnosis(_ finding: Finding) -> Diagnosis? {
        var diagnosis = finding.diagnosis
        if var build = finding.failedBuild {
            // Before a part of it is quoted, else the beginning of a secret could stay at the cut.
            build.job.error = build.job.error.map(reader.masked)
            diagnosis = BuildDiagnosis.make(build, errorLines: reader.errorLines)
        } else if finding.verdict == .agentUnreachable, memory.runningSince == nil,
            let cause = KnownCauses.summary(of: reader.lastLines)
        {
            // Pod events come as agent log lines where coder-logstream-kube is installed.
            diagnosis?.summary = cause
            diagnosis?.evidence += reader.lastLines
        }
        return diagnosis.map {
            Diagnosis(summary: reader.masked($0.summary), evidence: $0.evidence.map(reader.masked))
        }
    }

    private func masked(_ change: WorkspaceChanged) -> WorkspaceChanged {
        var change = change
        change.healthReason = change.healthReason.map(reader.masked)
        return change
    }
}

/// How long things took, by the clocks that Coder shows.
struct WatchTimes {
    /// From the creation until the last agent had connected.
    private(set) var provisionSeconds: Double?

    /// Takes a look in.
    mutating func note(_ workspace: Workspace) {
        let connected = workspace.latestBuild.mainAgents.map { $0.firstConnectedAt.flatMap { Timestamp($0) } }
        guard let created = Timestamp(workspace.createdAt), !connected.isEmpty, !connected.contains(nil),
            let last = connected.compactMap(\.self).max()
        else { return }
        provisionSeconds = max((last - created).inSeconds, 0)
    }

    /// From the start of the first script to the end of the last; nil where nothing was reported.
    static func runSeconds(_ timings: [ScriptTiming]) -> Double? {
        let scripts = timings.filter { $0.stage == "start" }
        guard let start = scripts.compactMap({ Timestamp($0.startedAt) }).min(),
            let end = scripts.compactMap({ Timestamp($0.endedAt) }).max()
        else { return nil }
        return max((end - start).inSeconds, 0)
    }
}

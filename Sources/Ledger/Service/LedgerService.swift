public import Logging
import Messages
import Synchronization

/// The ledger at work: takes inputs in batches, commits each batch in one transaction, and only then answers and
/// hands out.
///
/// While one commit is being synced the next batch gathers, so that many connections share one sync (group commit).
public final class LedgerService: Sendable {
    /// The time, wall and monotonic.
    public typealias Clock = @Sendable () -> Moment
    /// Sends what is handed out; must not wait for consumers.
    public typealias Send = @Sendable (_ stage: String, _ frames: [[UInt8]]) async -> Void
    /// Is told what was refused in each batch, and of nothing ten times a second at least.
    public typealias Refused = @Sendable ([DeadLetter]) -> Void

    /// How the ledger and its stages are, as of the last batch.
    public struct Health: Sendable {
        /// Why the ledger cannot be written; nil when it can.
        public var trouble: String?
        /// Each stage's processes.
        public var stages: [StageHealth] = []
        /// What happened since the start.
        public var tallies = LedgerCore.Tallies()
        /// Incidents without an end.
        public var openIncidents = 0
        /// Workspaces that exist and were not stopped.
        public var activeWorkspaces = 0
        /// Workspaces with this installation's mark that the last sweep saw and the ledger does not know.
        public var unknownWorkspaces = 0
    }

    let store: LedgerStore
    private let inbox: LedgerInbox
    private let waiters = IncidentWaiters()
    private let clock: Clock
    private let send: Send
    private let refused: Refused
    private let logger: Logger
    private let retention: Retention
    private let core: Mutex<LedgerCore>
    private let published = Mutex(Health())
    /// Since the last checkpoint.
    private let hasCommitted = Atomic(false)
    /// When ``published`` was renewed last, on the monotonic clock.
    private let publishedAt = Mutex<Int64>(.min)

    /// A ledger that goes on from its store.
    ///
    /// - Parameters:
    ///   - store: where it is kept.
    ///   - loaded: what the store's `load` gave.
    ///   - rules: what it decides by.
    ///   - retention: how long what has ended is kept.
    ///   - queueLimit: how many inputs may wait; more are refused as overload.
    ///   - clock: the time.
    ///   - logger: where trouble is told.
    ///   - refused: is told of messages that nobody can use, once they are stored as dead letters.
    ///   - send: sends what is handed out.
    public init(
        store: LedgerStore,
        loaded: LedgerStore.Loaded,
        rules: Rules,
        retention: Retention = Retention(),
        queueLimit: Int = 20_000,
        clock: @escaping Clock,
        logger: Logger,
        refused: @escaping Refused = { _ in },
        send: @escaping Send
    ) {
        self.store = store
        self.clock = clock
        self.send = send
        self.refused = refused
        self.logger = logger
        self.retention = retention
        inbox = LedgerInbox(limit: queueLimit)
        core = Mutex(
            LedgerCore(
                rules: rules,
                installation: loaded.installation,
                epoch: loaded.epoch,
                nextSequence: loaded.nextSequence,
                incidents: loaded.incidents,
                deliveries: loaded.deliveries,
                ids: UniqueIDGenerator(),
                at: clock()
            )
        )
    }

    /// Reads for the API.
    public var reader: LedgerStore { store }

    /// How things are.
    public var health: Health { published.withLock { $0 } }

    /// Stores an incident; returns when it is synced to disk.
    public func accept(_ request: AcceptRequest) async throws(LedgerError) -> Acceptance {
        try await put { .accept(request, $0) }
    }

    /// Asks for an incident's end; returns when the request is synced to disk.
    public func cancel(
        _ incident: String,
        by: String,
        reason: String
    ) async throws(LedgerError) -> LedgerCore.Cancellation {
        try await put { .cancel(incident: incident, by: by, reason: reason, $0) }
    }

    /// Begins another attempt on behalf of a person; returns when the request is synced to disk.
    ///
    /// - Parameters:
    ///   - incident: its id.
    ///   - by: who asks.
    ///   - reason: why.
    ///   - sealedToken: the token, sealed anew; the first one was erased with the verdict.
    /// - Returns: what became of the wish.
    /// - Throws: ``LedgerError`` where it could not be committed.
    public func retry(
        _ incident: String,
        by: String,
        reason: String,
        sealedToken: String?
    ) async throws(LedgerError) -> LedgerCore.Retry {
        let content: Incident?
        do {
            content = try await store.content(of: incident)
        } catch {
            throw LedgerError(code: .cannotWrite, message: "the ledger cannot be read: \(error)")
        }
        guard let content else { return .unknown }
        let request = RetryRequest(incident: content, by: by, reason: reason, sealedToken: sealedToken)
        return try await put { .retry(request, $0) }
    }

    /// Takes frames of a plain socket.
    public func receive(_ frames: [[UInt8]]) async {
        await receive(frames.map { IncomingFrame(bytes: $0, sender: .anyone) })
    }

    /// Takes frames that stages have sent; returns when they are taken, so that the socket is read no faster.
    ///
    /// They are read here, beside the ledger's loop: a large one delays those behind it, never leases or requests.
    public func receive(_ frames: [IncomingFrame]) async {
        let read = frames.map(ReadFrame.init)
        await withCheckedContinuation { continuation in
            do {
                try inbox.put(.frames(read, continuation))
            } catch {
                continuation.resume()
            }
        }
    }

    /// A stream that yields after each commit that concerned the incident.
    public func news(of incident: String) -> AsyncStream<Void> { waiters.news(of: incident) }

    private func put<Answer: Sendable>(
        _ item: (CheckedContinuation<Result<Answer, LedgerError>, Never>) -> LedgerInbox.Item
    ) async throws(LedgerError) -> Answer {
        let result = await withCheckedContinuation { continuation in
            do throws(LedgerError) {
                try inbox.put(item(continuation))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    /// Works until it is cancelled or stopped.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.tick() }
            group.addTask { await self.keepLogShort() }
            await self.work()
            group.cancelAll()
        }
    }

    /// Ends the loop once what waits has been answered.
    public func stop() { inbox.close() }

    /// Leases and deadlines are looked at ten times a second.
    private func tick() async {
        let clock = ContinuousClock()
        while (try? await clock.sleep(for: .milliseconds(100))) != nil { inbox.wake() }
    }

    /// Five times a second, where something was committed, the write-ahead log is moved into the file.
    private func keepLogShort() async {
        let clock = ContinuousClock()
        while (try? await clock.sleep(for: .milliseconds(200))) != nil {
            guard hasCommitted.exchange(false, ordering: .relaxed) else { continue }
            do {
                try await store.checkpoint()
            } catch {
                logger.debug("the write-ahead log stays as it is", metadata: ["error": "\(error)"])
            }
        }
    }

    private func work() async {
        await withTaskCancellationHandler {
            var pace = RemovalPace(retention)
            while true {
                let isLast = inbox.isClosed
                let items = await inbox.takeAll()
                await process(items)
                await removeIfDue(&pace)
                if isLast && items.isEmpty { break }
            }
            waiters.finish()
        } onCancel: {
            inbox.close()
        }
    }

    /// What must be told once a batch is stored.
    private struct Answers {
        var acceptances: [(CheckedContinuation<Result<Acceptance, LedgerError>, Never>, Acceptance)] = []
        var cancellations:
            [(CheckedContinuation<Result<LedgerCore.Cancellation, LedgerError>, Never>, LedgerCore.Cancellation)] = []
        var retries: [(CheckedContinuation<Result<LedgerCore.Retry, LedgerError>, Never>, LedgerCore.Retry)] = []
        var received: [CheckedContinuation<Void, Never>] = []

        func give() {
            for (continuation, answer) in acceptances { continuation.resume(returning: .success(answer)) }
            for (continuation, answer) in cancellations { continuation.resume(returning: .success(answer)) }
            for (continuation, answer) in retries { continuation.resume(returning: .success(answer)) }
            for continuation in received { continuation.resume() }
        }
    }

    /// What a batch comes to.
    private struct Decision {
        var batch: LedgerCore.Batch
        var answers: Answers
    }

    private func process(_ items: [LedgerInbox.Item]) async {
        let frames = items.flatMap { item -> [ReadFrame] in
            guard case .frames(let frames, _) = item else { return [] }
            return frames
        }
        let needed = incidentsNeeded(items, frames)
        let (installation, rules) = core.withLock { ($0.installation, $0.rules) }
        do throws(LedgerError) {
            let decision: Decision
            let messages: [(stage: String, message: Message)]
            if needed.isEmpty {
                decision = decide(items, frames, LedgerStore.Known())
                messages =
                    decision.batch.isEmpty
                    ? [] : try await store.commit(decision.batch, installation: installation, rules: rules)
            } else {
                // One visit to the store for both: what it knows, and what is decided by that.
                (messages, decision) = try await store.commit(
                    knowing: needed,
                    installation: installation,
                    rules: rules
                ) { known in
                    let decision = self.decide(items, frames, known)
                    return (decision.batch, decision)
                }
            }
            decision.answers.give()
            if !decision.batch.isEmpty { hasCommitted.store(true, ordering: .relaxed) }
            publishNowAndThen()
            refused(decision.batch.deadLetters)
            await handOut(messages)
            waiters.tell(Self.concerned(decision.batch))
        } catch {
            logger.error("a batch could not be stored; everything in it is refused", metadata: ["error": "\(error)"])
            publish(trouble: error.message)
            for item in items { item.fail(error) }
            await recover()
        }
    }

    private func decide(
        _ items: [LedgerInbox.Item],
        _ frames: [ReadFrame],
        _ known: LedgerStore.Known
    ) -> Decision {
        let now = clock()
        var answers = Answers()
        let batch = core.withLock { core in
            for record in known.records { core.thaw(record) }
            for item in items {
                switch item {
                case .accept(var request, let continuation):
                    request.attemptsBefore = known.attempts[request.incident.incidentID] ?? 0
                    answers.acceptances.append((continuation, core.accept(request, at: now)))
                case .cancel(let incident, let by, let reason, let continuation):
                    answers.cancellations.append(
                        (continuation, core.cancel(incident, by: by, reason: reason, at: now))
                    )
                case .retry(let request, let continuation):
                    answers.retries.append((continuation, core.retry(request, at: now)))
                case .frames(_, let continuation): if let continuation { answers.received.append(continuation) }
                }
            }
            for frame in frames { core.take(frame, at: now) }
            return core.finishBatch(at: now)
        }
        return Decision(batch: batch, answers: answers)
    }

    /// Removes a little of what has been ended for long enough.
    ///
    /// Here, between two batches, the store and the core agree on what is open.
    private func removeIfDue(_ pace: inout RemovalPace) async {
        let now = clock()
        guard pace.isDue(at: now.monotonic) else { return }
        do throws(LedgerError) {
            let removal = try await store.remove(
                endedBefore: now.wall - .milliseconds(retention.keep),
                creationRightsEndedBefore: now.wall - .milliseconds(core.withLock { $0.rules.hold }),
                after: pace.place,
                rows: retention.rowsPerCommit
            )
            pace.took(removal, at: now.monotonic)
        } catch {
            pace.failed(at: now.monotonic)
            logger.warning("old incidents could not be removed; it is tried again", metadata: ["error": "\(error)"])
        }
    }

    private func incidentsNeeded(_ items: [LedgerInbox.Item], _ frames: [ReadFrame]) -> Set<String> {
        core.withLock { core in
            var needed: Set<String> = []
            for item in items {
                switch item {
                case .accept(let request, _): needed.insert(request.incident.incidentID)
                case .cancel(let incident, _, _, _): needed.insert(incident)
                case .retry(let request, _): needed.insert(request.incident.incidentID)
                case .frames: break
                }
            }
            for frame in frames {
                guard let message = frame.message, core.objection(to: message, from: frame.sender) == nil else {
                    continue
                }
                needed.formUnion(core.incidentsNeeded(by: message))
            }
            return needed.filter { !core.holds(incident: $0) }
        }
    }

    private static func concerned(_ batch: LedgerCore.Batch) -> Set<String> {
        var incidents: Set<String> = []
        for change in batch.changes {
            switch change {
            case .append(let event): incidents.insert(event.incident)
            case .updateIncident(let record): incidents.insert(record.id)
            case .appendLog(let incident, _): incidents.insert(incident)
            default: break
            }
        }
        return incidents
    }

    private func handOut(_ deliveries: [(stage: String, message: Message)]) async {
        var frames: [String: [[UInt8]]] = [:]
        for (stage, message) in deliveries {
            do throws(MessageError) {
                frames[stage, default: []].append(try message.frame())
            } catch {
                logger.error(
                    "a delivery cannot be sent",
                    metadata: [
                        "incident_id": "\(message.subject ?? "")", "delivery": "\(message.deliveryID ?? "")",
                        "stage": "\(stage)", "error": "\(error)",
                    ]
                )
            }
        }
        for (stage, frames) in frames { await send(stage, frames) }
    }

    /// The core is ahead of what could be stored: it starts again from the store, as after a restart.
    private func recover() async {
        let old = core.withLock { (rules: $0.rules, ids: $0.ids, tallies: $0.tallies) }
        let clock = ContinuousClock()
        while true {
            do {
                let loaded = try await store.load()
                core.withLock {
                    $0 = LedgerCore(
                        rules: old.rules,
                        installation: loaded.installation,
                        epoch: loaded.epoch,
                        nextSequence: loaded.nextSequence,
                        incidents: loaded.incidents,
                        deliveries: loaded.deliveries,
                        ids: old.ids,
                        at: self.clock()
                    )
                    // What was counted was seen, whatever could be stored of it.
                    $0.tallies = old.tallies
                }
                logger.notice("the ledger can be written again", metadata: ["epoch": "\(loaded.epoch)"])
                return publish(trouble: nil)
            } catch {
                publish(trouble: "the ledger cannot be written: \(error)")
                // Nothing else can be done until there is room; everybody who asks meanwhile is refused.
                for item in inbox.drainNow() { item.fail(LedgerError(code: .cannotWrite, message: "\(error)")) }
                if inbox.isClosed { return }
                try? await clock.sleep(for: .milliseconds(250))
                if Task.isCancelled { return }
            }
        }
    }

    /// Looking at every delivery is not worth its time after every batch.
    private func publishNowAndThen() {
        let now = clock().monotonic
        let isDue = publishedAt.withLock { last in
            guard now >= last &+ 200 || last == .min else { return false }
            last = now
            return true
        }
        if isDue { publish(trouble: nil) }
    }

    private func publish(trouble: String?) {
        let now = clock()
        let health = core.withLock { core in
            Health(
                trouble: trouble,
                stages: core.stageHealth(at: now),
                tallies: core.tallies,
                openIncidents: core.openIncidentCount,
                activeWorkspaces: core.activeWorkspaces,
                unknownWorkspaces: core.unknownWorkspaceCount
            )
        }
        published.withLock { $0 = health }
    }
}

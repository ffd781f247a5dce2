public import Logging
public import Messages
import Metrics
public import ServiceLifecycle
import Synchronization
public import ZeroMQ

/// The worker that every stage binary runs: it takes deliveries, claims them, has the handler deal with them, and
/// sends the answers, until it is told to stop.
public final class StageWorker: Service {
    /// What a worker is told.
    public struct Configuration: Sendable {
        /// The stage's name.
        public var stage: String
        /// Unique over all hosts and restarts.
        public var instance: String
        /// How many deliveries it is willing to hold.
        public var capacity: Int
        /// Where its deliveries come from.
        public var deliveries: String
        /// Where its answers go.
        public var answers: String
        /// How long a delivery stays with this process while it is silent.
        public var lease: Duration
        /// How long handlers may go on once it is told to stop; then they are cancelled and their deliveries returned.
        public var drainGrace: Duration
        /// How the connections to intake are protected.
        public var security: SocketOptions.Security

        /// A configuration.
        public init(
            stage: String,
            instance: String,
            capacity: Int,
            deliveries: String,
            answers: String,
            lease: Duration = .seconds(10),
            drainGrace: Duration = .seconds(5),
            security: SocketOptions.Security = .null
        ) {
            self.stage = stage
            self.instance = instance
            self.capacity = capacity
            self.deliveries = deliveries
            self.answers = answers
            self.lease = lease
            self.drainGrace = drainGrace
            self.security = security
        }
    }

    private let configuration: Configuration
    private let handler: any StageHandler
    private let trouble: Trouble
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let state: Mutex<WorkerProtocol>
    private let ids = Mutex(UniqueIDGenerator())
    private let telemetry: StageTelemetry
    private let idle = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// A worker for one handler.
    ///
    /// - Parameters:
    ///   - configuration: what it is told.
    ///   - handler: what the stage does with a delivery.
    ///   - trouble: why the process cannot work, told in heartbeats.
    ///   - logger: where it logs.
    ///   - now: the wall clock.
    public init(
        _ configuration: Configuration,
        handler: any StageHandler,
        trouble: Trouble,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.configuration = configuration
        self.handler = handler
        self.trouble = trouble
        self.logger = logger
        self.now = now
        telemetry = StageTelemetry(stage: configuration.stage)
        state = Mutex(
            WorkerProtocol(
                stage: configuration.stage,
                instance: configuration.instance,
                capacity: configuration.capacity,
                lease: configuration.lease
            )
        )
    }

    /// The two sockets of a worker.
    private struct Sockets: Sendable {
        let deliveries: PullSocket
        let answers: PushSocket
    }

    /// Works until graceful shutdown; then returns what is unfinished and ends.
    ///
    /// - Throws: ``ZeroMQError`` when a socket cannot be made.
    public func run() async throws {
        let context = try ZeroMQContext()
        var answerOptions = SocketOptions.pushToOne()
        answerOptions.security = configuration.security
        var options = SocketOptions()
        options.security = configuration.security
        // What waits in a pipe waits for this process alone, so it is kept short; the ledger hands out by capacity.
        options.highWaterMark = 64
        // libzmq gives a connection up for good where the peer breaks this limit (session_base.cpp, engine_error), and the
        // process would be deaf from then on: so what is too large is read, and dropped by its size.
        options.maximumFrameBytes = 64 << 20
        let sockets = Sockets(
            deliveries: PullSocket(
                context: context,
                endpoints: [.connect(configuration.deliveries)],
                options: options,
                name: "deliveries"
            ),
            answers: PushSocket(
                context: context,
                endpoints: [.connect(configuration.answers)],
                options: answerOptions,
                name: "answers"
            )
        )
        try await sockets.deliveries.start()
        try await sockets.answers.start()
        logger.notice(
            "taking deliveries",
            metadata: ["deliveries": "\(configuration.deliveries)", "capacity": "\(configuration.capacity)"]
        )
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.beat(sockets.answers) }
            group.addTask { await self.drainWhenTold(sockets) }
            await self.takeDeliveries(sockets)
            group.cancelAll()
        }
        let unsent = await sockets.answers.close()
        if unsent > 0 {
            logger.warning(
                "answers could not be sent; their deliveries go to another process",
                metadata: ["count": "\(unsent)"]
            )
        }
        await context.terminate()
    }

    /// Reads the socket for as long as it is open, so that what is over capacity is given back at once.
    private func takeDeliveries(_ sockets: Sockets) async {
        await withDiscardingTaskGroup { handlers in
            do {
                for try await batch in sockets.deliveries.messages {
                    var claimed: [DeliveryHandle] = []
                    for frame in batch {
                        guard let delivery = await take(frame, sockets.answers) else { continue }
                        claimed.append(delivery.handle)
                        handlers.addTask { await self.handle(delivery, sockets.answers) }
                    }
                    if !claimed.isEmpty { sendHeartbeat(sockets.answers, of: claimed) }
                }
            } catch {
                logger.error("the socket of deliveries has failed", metadata: ["error": "\(error)"])
            }
            handlers.cancelAll()
        }
    }

    private func take(_ frame: [UInt8], _ answers: PushSocket) async -> Delivery? {
        do throws(MessageError) {
            let message = try Message(frame: frame)
            let taken = try state.withLock { state throws(MessageError) in try state.take(message, clock: now()) }
            switch taken {
            case .start(let delivery):
                telemetry.taken()
                return delivery
            case .answer(let settled, let incident):
                telemetry.settled(settled.outcome)
                await send(settled, incident: incident, traceparent: message.traceparent, answers)
            case .drop(let reason): telemetry.dropped(reason)
            }
        } catch {
            telemetry.dropped("unreadable")
            logger.error("intake sent what is no delivery", metadata: ["error": "\(error)"])
        }
        return nil
    }

    private func handle(_ delivery: Delivery, _ answers: PushSocket) async {
        let started = ContinuousClock.now
        let effects = BegunEffects()
        let outcome = await outcome(of: delivery, effects, answers)
        telemetry.settled(outcome, after: ContinuousClock.now - started)
        if effects.mayBeTold(outcome) {
            await send(
                DeliverySettled(handle: delivery.handle, outcome: outcome),
                incident: delivery.incidentID,
                traceparent: delivery.event.traceparent,
                answers
            )
        }
        let isIdle = state.withLock { state in
            state.settle(delivery.handle)
            return state.held.isEmpty
        }
        if isIdle { idle.continuation.yield() }
    }

    private func outcome(of delivery: Delivery, _ effects: BegunEffects, _ answers: PushSocket) async -> Outcome {
        var logger = logger
        logger[metadataKey: "incident_id"] = "\(delivery.incidentID)"
        logger[metadataKey: "delivery"] = "\(delivery.handle.deliveryID)"
        guard handler.knows(delivery.event.type) else {
            let reason = "this process does not know \(delivery.event.type)"
            logger.warning("put off: \(reason)")
            return .deferred(until: correctedNow() + .seconds(1), reason: reason)
        }
        do {
            return .done(try await handler.handle(delivery, hand(over: delivery, effects, logger, answers)))
        } catch let error as StageError {
            switch error {
            case .failed(let failure):
                logger.warning("failed: \(failure.message)", metadata: ["code": "\(failure.code)"])
                return .failed(failure)
            case .deferred(let until, let reason): return .deferred(until: until, reason: reason)
            case .returned(let reason): return .returned(reason: reason)
            }
        } catch is CancellationError {
            return .returned(reason: "shutting down")
        } catch {
            if Task.isCancelled { return .returned(reason: "shutting down") }
            logger.error("the handler has failed unexpectedly", metadata: ["error": "\(error)"])
            return .failed(Outcome.Failure(code: "internal", message: "\(error)", retryable: true))
        }
    }

    /// While a delivery is held its time goes on by the monotonic clock, whatever happens to the wall clock meanwhile.
    private func hand(
        over delivery: Delivery,
        _ effects: BegunEffects,
        _ logger: Logger,
        _ answers: PushSocket
    ) -> Hand {
        let begun = (wall: correctedNow(), instant: ContinuousClock.now)
        let steadyNow: @Sendable () -> Timestamp = {
            begun.wall + .milliseconds(Int64((ContinuousClock.now - begun.instant) / .milliseconds(1)))
        }
        return Hand(
            progress: { events in
                await self.send(
                    DeliveryProgress(handle: delivery.handle, events: events),
                    incident: delivery.incidentID,
                    traceparent: delivery.event.traceparent,
                    answers
                )
            },
            checkInTime: { () throws(StageError) in
                // A lead that was seen since counts, too.
                guard max(steadyNow(), self.correctedNow()) < delivery.expiryTime else {
                    throw .returned(reason: "out of time")
                }
                effects.noteBegin()
            },
            now: steadyNow,
            logger: logger
        )
    }

    private func correctedNow() -> Timestamp {
        let clock = now()
        return state.withLock { $0.corrected(clock) }
    }

    // MARK: - Sending

    private func beat(_ answers: PushSocket) async {
        let clock = ContinuousClock()
        while !Task.isCancelled {
            sendHeartbeat(answers)
            state.withLock { $0.beat() }
            telemetry.holding(state.withLock { $0.held.count }, of: configuration.capacity)
            do { try await clock.sleep(for: .seconds(1)) } catch { return }
        }
    }

    /// A heartbeat that finds no room is left out: the next one of all that is held says the same.
    private func sendHeartbeat(_ answers: PushSocket, of claimed: [DeliveryHandle]? = nil) {
        let heartbeat = state.withLock { $0.heartbeat(clock: now(), trouble: trouble.sentence, of: claimed) }
        guard let frame = frame(heartbeat, incident: nil, traceparent: nil) else { return }
        _ = answers.offer([frame])
    }

    private func send(_ content: some EventData, incident: String, traceparent: String?, _ answers: PushSocket) async {
        guard let frame = frame(content, incident: incident, traceparent: traceparent) else { return }
        do {
            try await answers.send(frame)
        } catch {
            logger.warning(
                "an answer could not be sent; the lease decides",
                metadata: ["incident_id": "\(incident)", "error": "\(error)"]
            )
        }
    }

    private func frame(_ content: some EventData, incident: String?, traceparent: String?) -> [UInt8]? {
        let time = now()
        do throws(MessageError) {
            return try Message(
                type: type(of: content).type,
                source: "/\(configuration.stage)/\(configuration.instance)",
                id: ids.withLock { $0.next(at: time) },
                subject: incident,
                time: time,
                traceparent: traceparent,
                data: JSONValue(encoding: content)
            ).frame()
        } catch {
            logger.error(
                "a message cannot be sent",
                metadata: ["incident_id": "\(incident ?? "")", "error": "\(error)"]
            )
            return nil
        }
    }

    // MARK: - Ending

    private func drainWhenTold(_ sockets: Sockets) async {
        try? await gracefulShutdown()
        let held = state.withLock { state in
            state.isDraining = true
            return state.held.count
        }
        logger.notice("draining", metadata: ["held": "\(held)"])
        sendHeartbeat(sockets.answers)
        if held > 0 && !Task.isCancelled {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in self.idle.stream { break } }
                group.addTask { try? await ContinuousClock().sleep(for: self.configuration.drainGrace) }
                await group.next()
                group.cancelAll()
            }
        }
        await sockets.deliveries.close()
    }
}

public import Messages

extension LedgerCore {
    /// The incidents that must be thawed before this message is taken, those that the store has.
    public func incidentsNeeded(by message: Message) -> [String] {
        guard let subject = message.subject else { return [] }
        if subject == Self.sweeps {
            return workspacesSeen(in: message).map(\.incidentID).filter { !holds(incident: $0) }
        }
        return message.type == .deliverySettled && !holds(incident: subject) ? [subject] : []
    }

    private func workspacesSeen(in message: Message) -> [WorkspacesSeen.Seen] {
        var events: [CausedEvent] = []
        if message.type == .deliverySettled, let settled = try? message.content() as DeliverySettled,
            case .done(let caused) = settled.outcome
        {
            events = caused
        } else if message.type == .deliveryProgress, let progress = try? message.content() as DeliveryProgress {
            events = progress.events
        }
        return events.filter { $0.type == .workspacesSeen }.flatMap { event in
            (try? event.data.decoded() as WorkspacesSeen)?.workspaces ?? []
        }
    }

    /// Takes a message of a stage.
    ///
    /// What nobody can use becomes a dead letter; nothing stops the loop.
    public mutating func take(_ message: Message, bytes: [UInt8], at now: Moment) {
        self.now = now
        do throws(MessageError) {
            try take(message)
        } catch {
            deadLetter(source: message.source, reason: error.description, bytes: bytes)
        }
    }

    private mutating func take(_ message: Message) throws(MessageError) {
        switch message.type {
        case .stageHeartbeat: take(try message.content() as StageHeartbeat)
        case .deliveryProgress: try take(try message.content() as DeliveryProgress, from: message.source)
        case .deliverySettled: try take(try message.content() as DeliverySettled, message)
        default: throw MessageError(what: "stages do not send \(message.type) to intake")
        }
    }

    /// Keeps bytes that are no message at all.
    public mutating func refuse(_ bytes: [UInt8], reason: String, at now: Moment) {
        self.now = now
        deadLetter(source: "unknown", reason: reason, bytes: bytes)
    }

    private mutating func take(_ progress: DeliveryProgress, from source: String) throws(MessageError) {
        claim(progress.handle, by: nil)
        guard let delivery = deliveries[progress.handle.deliveryID],
            delivery.handOut?.attempt == progress.handle.attempt, delivery.handOut?.isGivenBack == false
        else {
            tallies.stale += 1
            return
        }
        let events = try UnderstoodEvent.all(progress.events)
        for event in events where event.event.type != .remediationFinished {
            take(
                event,
                for: delivery.record.incident,
                attempt: delivery.record.operatorAttempt,
                source: source
            )
        }
    }

    private mutating func take(_ settled: DeliverySettled, _ message: Message) throws(MessageError) {
        guard let delivery = deliveries[settled.handle.deliveryID] else {
            return try takeLate(settled, message)
        }
        claim(settled.handle, by: nil)
        switch settled.outcome {
        case .done(let events): try takeDone(events, settled.handle, delivery.record.id, message.source)
        case .failed, .deferred, .returned:
            guard let current = deliveries[delivery.record.id], let handOut = current.handOut,
                handOut.attempt == settled.handle.attempt || flaws.contains(.believesStale), !handOut.isGivenBack,
                isHeld(handOut, of: current.record.stage, by: message.source)
            else {
                tallies.stale += 1
                return
            }
            takeNegative(settled.outcome, current)
        }
    }

    /// Whether the sender may be the hand-out's holder: once a process has claimed it, nobody else is.
    private func isHeld(_ handOut: OpenDelivery.HandOut, of stage: String, by source: String) -> Bool {
        handOut.holder.map { source == "/\(stage)/\($0)" } ?? true
    }

    /// What has been made counts from any attempt, and even from a delivery that is long settled.
    private mutating func takeLate(_ settled: DeliverySettled, _ message: Message) throws(MessageError) {
        tallies.late += 1
        guard let incident = message.subject, let record = incidents[incident] else {
            throw MessageError(what: "the settlement is of a delivery and an incident that the ledger does not have")
        }
        guard case .done(let events) = settled.outcome else { return }
        for event in try UnderstoodEvent.all(events) where event.event.type == .workspaceCreated {
            take(event, for: incident, attempt: attempt(of: event, record), source: message.source)
        }
    }

    /// The settled delivery is forgotten, but the name tells which attempt the workspace was made for.
    private func attempt(of event: UnderstoodEvent, _ record: IncidentRecord) -> Int {
        guard case .created(let content) = event.content else { return record.operatorAttempt }
        let earlier = (1..<record.operatorAttempt).last { name(of: record, attempt: $0) == content.workspaceName }
        return earlier ?? record.operatorAttempt
    }

    private mutating func takeDone(
        _ events: [CausedEvent],
        _ handle: DeliveryHandle,
        _ id: String,
        _ source: String
    ) throws(MessageError) {
        guard let delivery = deliveries[id] else { return }
        let isCurrent =
            delivery.handOut.map {
                $0.attempt == handle.attempt && !$0.isGrace && isHeld($0, of: delivery.record.stage, by: source)
            } ?? false
            || flaws.contains(.believesStale)
        let madeSomething = events.contains { $0.type == .workspaceCreated }
        if isProvision(delivery.record) && !madeSomething && !isCurrent {
            // "There is none" is believed only from the current holder; an earlier one may still be creating.
            tallies.stale += 1
            return
        }
        let understood = try UnderstoodEvent.all(events)
        if isProvision(delivery.record) && !madeSomething, let end = delivery.strayRequestsEnd, now.wall < end,
            !flaws.contains(.believesAtOnce)
        {
            return lookAgain(delivery, at: end)
        }
        close(id)
        for event in understood {
            take(event, for: delivery.record.incident, attempt: delivery.record.operatorAttempt, source: source)
        }
        advanceEnd(of: delivery.record.incident)
    }

    /// "There is none" is not the last word while a request of an earlier hand-out may still be on its way.
    private mutating func lookAgain(_ current: OpenDelivery, at time: Timestamp) {
        var delivery = current
        delivery.record.notBefore = time
        delivery.record.isScheduled = false
        delivery.record.lastError = "an earlier request to create may still arrive"
        batch.changes.append(.saveDelivery(delivery.record))
        deliveries[delivery.record.id] = delivery
        setDeliveryTimer(delivery)
        free(delivery.record.id)
    }

    private mutating func takeNegative(_ outcome: Outcome, _ current: OpenDelivery) {
        var delivery = current
        switch outcome {
        case .done: return
        case .failed(let failure):
            delivery.record.failures += 1
            delivery.record.lastError = OneLine.beginning(of: failure.message, most: .bytes(4000))
            delivery.bounces = 0
            if isExhausted(delivery.record) || !failure.retryable { return exhaust(delivery) }
            let asked = failure.retryAfterSeconds.map { Int64(min(max($0, 0), 86_400) * 1000) } ?? 0
            let wait = max(backOff(delivery.record), asked)
            delivery.record.notBefore = now.wall + .milliseconds(wait)
            delivery.record.isScheduled = false
        case .deferred(let until, let reason):
            delivery.record.lastError = OneLine.beginning(of: reason, most: .bytes(4000))
            delivery.record.notBefore = min(until, giveUpTime(of: current.record))
            delivery.record.isScheduled = false
            delivery.bounces = 0
        case .returned:
            delivery.bounces += 1
            // Round robin finds the process that has room within a few tries; after that it is not worth a spin.
            if delivery.bounces > 16 {
                delivery.record.notBefore = now.wall + .milliseconds(100)
                delivery.record.isScheduled = false
            }
        }
        if delivery.record != current.record { batch.changes.append(.saveDelivery(delivery.record)) }
        deliveries[delivery.record.id] = delivery
        setDeliveryTimer(delivery)
        free(delivery.record.id)
    }

    /// Exponential back-off with a quarter of jitter.
    private mutating func backOff(_ record: OpenDelivery.Record) -> Int64 {
        guard let rule = rules.stages[record.stage] else { return 1000 }
        let doublings = min(record.failures - 1, 30)
        let base = min(rule.firstBackOff << Int64(doublings), rule.mostBackOff)
        let bounded = base <= 0 ? rule.mostBackOff : base
        return bounded - bounded / 8 + Int64(ids.number(below: UInt64(max(bounded / 4, 1))))
    }

    func isExhausted(_ record: OpenDelivery.Record) -> Bool {
        if let attempts = rules.stages[record.stage]?.attempts, record.failures >= attempts { return true }
        return now.wall >= giveUpTime(of: record)
    }

    /// Whether handling the delivery may create a workspace.
    func isProvision(_ record: OpenDelivery.Record) -> Bool {
        guard role(of: record.stage) == .provisions else { return false }
        let others: [EventType] = [
            .remediationFinished, .workspaceExpiring, .workspaceDispose, .deliveryExhausted, .incidentCancelled,
            .incidentRetried, .sweepDue,
        ]
        return !others.contains(record.eventType)
    }

    /// Whether the delivery asks for a workspace to be stopped now.
    func isStop(_ record: OpenDelivery.Record) -> Bool {
        role(of: record.stage) == .provisions
            && (record.eventType == .workspaceDispose || record.eventType == .deliveryExhausted)
    }
}

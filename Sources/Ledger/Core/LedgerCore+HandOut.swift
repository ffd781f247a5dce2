import HeapModule
package import Messages

/// Who gets what when: lines, capacities, leases.
extension LedgerCore {
    /// Puts a delivery where hand-out looks, if it is its turn; it is looked at again there.
    mutating func queue(_ id: String) {
        guard let delivery = deliveries[id], delivery.handOut == nil, isTurn(of: delivery.record) else { return }
        let isBegin = isProvision(delivery.record)
        stages[delivery.record.stage]?.wait(
            StageState.Waiting(sequence: delivery.record.eventSequence, delivery: id),
            begins: isBegin
        )
    }

    /// Deliveries of one incident to one stage go one at a time, in the order of their events (I7).
    ///
    /// One that is scheduled for later stands in nobody's way: a workspace's hold does not delay what comes before its
    /// end. A back-off does.
    func isTurn(of record: OpenDelivery.Record) -> Bool {
        if let due = record.notBefore, due > now.wall { return false }
        if flaws.contains(.unordered) { return true }
        for id in lines[record.incident] ?? [] {
            guard id != record.id, let other = deliveries[id], other.record.stage == record.stage else { continue }
            if other.handOut != nil { return false }
            let isLater = other.record.isScheduled && (other.record.notBefore ?? now.wall) > now.wall
            if other.record.eventSequence < record.eventSequence && !isLater { return false }
        }
        return true
    }

    /// Hands out what the stages have room for.
    mutating func handOut() {
        for stage in rules.stages.keys.sorted() {
            guard let rule = rules.stages[stage], stages[stage]?.hasWaiting == true,
                var state = stages.removeValue(forKey: stage)  // taken out, so that its heap is not copied
            else { continue }
            var free = state.freeCapacity(now: now.monotonic, silence: rules.silence)
            if flaws.contains(.repeatsHandOuts) { free += 1 }
            while free > 0, let next = state.popWaiting() {
                guard let delivery = deliveries[next.delivery], delivery.handOut == nil, isTurn(of: delivery.record)
                else {
                    continue
                }
                order(delivery, rule)
                state.noteHandOut(begins: isProvision(delivery.record))
                state.unclaimed += 1
                free -= 1
            }
            stages[stage] = state
        }
    }

    private mutating func order(_ current: OpenDelivery, _ rule: Rules.Stage) {
        var delivery = current
        let record = delivery.record
        delivery.handOuts += 1
        delivery.hasBegun = true
        let attempt = Attempt(epoch: epoch, number: delivery.handOuts)
        let leaseEnds = now.monotonic + rule.lease
        delivery.handOut = OpenDelivery.HandOut(attempt: attempt, holder: nil, leaseEnds: leaseEnds, isGrace: false)
        deliveries[record.id] = delivery
        leases.insert(Timer(at: leaseEnds, what: .delivery(record.id)))
        let expiry = now.wall + .milliseconds(rule.lease - rules.expiryMargin)
        let incident = incidents[record.incident]
        let isCurrent = incident?.operatorAttempt == record.operatorAttempt
        let isCancelled = !isCurrent || incident?.pendingEnd != nil || incident?.state.isTerminal == true
        if isProvision(record) {
            deliveries[record.id]?.strayRequestsEnd = incident?.creationRightEnds.map {
                $0 + .milliseconds(rules.expiryMargin)
            }
            if !isCancelled {
                update(record.incident) { $0.creationRightEnds = max($0.creationRightEnds ?? expiry, expiry) }
            }
        }
        batch.orders.append(
            HandOutOrder(
                handle: DeliveryHandle(deliveryID: record.id, attempt: attempt),
                stage: record.stage,
                incident: record.incident,
                eventSequence: record.eventSequence,
                expiryTime: expiry,
                isFirst: !current.hasBegun,
                cancelled: isCancelled,
                operatorAttempt: record.operatorAttempt,
                workspace: isCurrent ? incident?.workspace : nil,
                withSecrets: rule.secrets
            )
        )
    }

    /// Takes a heartbeat that was not a message before.
    package mutating func take(_ heartbeat: StageHeartbeat, at now: Moment) {
        self.now = now
        take(heartbeat)
    }

    /// Takes a heartbeat: the process lives, and the leases of what it holds go on.
    mutating func take(_ heartbeat: StageHeartbeat) {
        guard stages[heartbeat.stage] != nil else {
            return deadLetter(
                source: "/\(heartbeat.stage)/\(heartbeat.instance)",
                reason: "the topology has no stage \"\(heartbeat.stage.prefix(40))\"",
                bytes: []
            )
        }
        let held = stages[heartbeat.stage]?.processes[heartbeat.instance]?.held ?? 0
        stages[heartbeat.stage]?.processes[heartbeat.instance] = StageState.Process(
            capacity: min(max(heartbeat.capacity, 0), 100_000),
            held: held,
            lastSeen: now.monotonic,
            trouble: heartbeat.trouble,
            clockOffset: heartbeat.clock.milliseconds - now.wall.milliseconds
        )
        for handle in heartbeat.holds where deliveries[handle.deliveryID]?.record.stage == heartbeat.stage {
            claim(handle, by: heartbeat.instance)
        }
    }

    /// A holder shows itself: of the current attempt only, and after a restart whoever has the highest one.
    mutating func claim(_ handle: DeliveryHandle, by instance: String?) {
        guard var delivery = deliveries[handle.deliveryID], var handOut = delivery.handOut, !handOut.isGivenBack else {
            return
        }
        let stage = delivery.record.stage
        if handOut.isGrace, handle.attempt.epoch < epoch, handOut.attempt.map({ $0 < handle.attempt }) ?? true {
            release(handOut, of: stage)
            handOut.attempt = handle.attempt
            handOut.holder = nil
            stages[stage]?.unclaimed += 1
        }
        guard handOut.attempt == handle.attempt, handOut.holder == nil || instance == nil || handOut.holder == instance
        else { return }
        if let instance, handOut.holder == nil, stages[stage]?.processes[instance] != nil {
            handOut.holder = instance
            stages[stage]?.unclaimed -= 1
            stages[stage]?.processes[instance]?.held += 1
        }
        if let lease = rules.stages[stage]?.lease {
            handOut.leaseEnds = now.monotonic + lease
        }
        delivery.handOut = handOut
        deliveries[handle.deliveryID] = delivery
    }

    /// Gives back the room that a hand-out took.
    private mutating func release(_ handOut: OpenDelivery.HandOut, of stage: String) {
        guard handOut.attempt != nil else { return }
        if let holder = handOut.holder {
            stages[stage]?.processes[holder]?.held -= 1
        } else {
            stages[stage]?.unclaimed -= 1
        }
    }

    /// The delivery is settled, void or exhausted: it is no more, and the next of its line may go.
    mutating func close(_ id: String) {
        guard let delivery = deliveries.removeValue(forKey: id) else { return }
        let record = delivery.record
        if let handOut = delivery.handOut { release(handOut, of: record.stage) }
        lines[record.incident]?.removeAll { $0 == id }
        if lines[record.incident]?.isEmpty == true { lines[record.incident] = nil }
        touched.insert(record.incident)
        batch.changes.append(.removeDelivery(id))
        queueLine(of: record)
    }

    /// The holder has it no more; it is free at once, or at the end of the grace after a restart.
    mutating func free(_ id: String) {
        guard var delivery = deliveries[id], var handOut = delivery.handOut else { return }
        release(handOut, of: delivery.record.stage)
        if handOut.isGrace {
            handOut.isGivenBack = true
            handOut.attempt = nil
            handOut.holder = nil
            delivery.handOut = handOut
            deliveries[id] = delivery
        } else {
            delivery.handOut = nil
            deliveries[id] = delivery
            queueLine(of: delivery.record)
        }
    }

    /// The line of an incident at a stage has changed: whoever's turn it is now may go.
    private mutating func queueLine(of record: OpenDelivery.Record) {
        for id in lines[record.incident] ?? [] where deliveries[id]?.record.stage == record.stage { queue(id) }
    }

    /// Ends the leases whose holders were silent for too long.
    mutating func endLeases() {
        guard !flaws.contains(.endlessLeases) else { return }
        while let timer = leases.min, timer.at <= now.monotonic, case .delivery(let id) = timer.what {
            leases.removeMin()
            guard var delivery = deliveries[id], let handOut = delivery.handOut else { continue }
            guard handOut.leaseEnds <= now.monotonic else {
                leases.insert(Timer(at: handOut.leaseEnds, what: timer.what))
                continue
            }
            release(handOut, of: delivery.record.stage)
            delivery.handOut = nil
            if handOut.attempt != nil {
                tallies.leasesLost += 1
                delivery.record.failures += 1
                delivery.record.lastError =
                    "\(handOut.holder.map { "process \($0)" } ?? "a process") of stage \(delivery.record.stage) fell silent"
                batch.changes.append(.saveDelivery(delivery.record))
            }
            deliveries[id] = delivery
            if isExhausted(delivery.record) { exhaust(delivery) } else { queueLine(of: delivery.record) }
        }
        forgetProcesses()
    }

    /// Processes that hold nothing and were silent for a minute are gone.
    private mutating func forgetProcesses() {
        let now = now.monotonic
        for stage in rules.stages.keys {
            guard let gone = stages[stage]?.processes.filter({ $0.value.held <= 0 && now - $0.value.lastSeen > 60_000 })
            else { continue }
            for instance in gone.keys { stages[stage]?.processes[instance] = nil }
        }
    }

    /// Looks at what has become due.
    mutating func fireTimers() {
        while let timer = timers.min, timer.at <= now.wall.milliseconds {
            timers.removeMin()
            switch timer.what {
            case .incident(let id): checkDeadline(of: id)
            case .delivery(let id):
                guard let delivery = deliveries[id] else { continue }
                if delivery.handOut == nil && now.wall >= giveUpTime(of: delivery.record) {
                    exhaust(delivery)
                } else {
                    // Its own time has come, or it no longer stands behind one whose time had not.
                    queue(id)
                }
            }
        }
    }
}

import HeapModule
import Messages

/// Ending things safely: cancel, deadline and exhaustion are requests to the ledger, not events that race the work.
extension LedgerCore {
    /// What became of a request to cancel.
    public enum Cancellation: Sendable, Hashable {
        /// It is asked for; it takes effect when what was begun is stopped.
        case asked
        /// It was ended already, or its end is under way.
        case tooLate
        /// There is no such incident.
        case unknown
    }

    /// Asks for an incident's end on behalf of a person.
    public mutating func cancel(_ incident: String, by: String, reason: String, at now: Moment) -> Cancellation {
        self.now = now
        guard let record = incidents[incident] else { return .unknown }
        guard !record.state.isTerminal, record.pendingEnd == nil else { return .tooLate }
        ask(record, .operatorCancel, by: by, reason: reason)
        return .asked
    }

    /// Remembers why the incident shall end, takes back what makes nothing, and goes on from there.
    mutating func ask(
        _ record: IncidentRecord,
        _ cause: PendingEnd.Cause,
        by: String,
        reason: String,
        stopAsked: Bool = false,
        judgement: RemediationFinished? = nil
    ) {
        let end = PendingEnd(
            cause: cause,
            by: by,
            reason: reason,
            graceEnds: now.wall + .milliseconds(rules.stopGrace),
            stopAsked: stopAsked,
            judgement: judgement
        )
        update(record.id) { $0.pendingEnd = end }
        timers.insert(Timer(at: end.graceEnds.milliseconds, what: .incident(record.id)))
        withdraw(record.id, roles: [.decides, .watches])
        for id in lines[record.id] ?? [] {
            guard var delivery = deliveries[id], isProvision(delivery.record) else { continue }
            if !delivery.hasBegun {
                close(id)
            } else if delivery.handOut == nil {
                // It waits out a back-off; the look whether there is a workspace need not.
                delivery.record.notBefore = nil
                deliveries[id] = delivery
                batch.changes.append(.saveDelivery(delivery.record))
                queue(id)
            }
        }
        advanceEnd(of: record.id)
    }

    /// Takes the next step of an asked end: wait for what may still create, have the workspace stopped, then the verdict.
    mutating func advanceEnd(of incident: String) {
        guard let record = incidents[incident], let end = record.pendingEnd else { return }
        if flaws.contains(.endsAtOnce) { return conclude(record, end) }
        let open = (lines[incident] ?? []).compactMap { deliveries[$0]?.record }
        guard !open.contains(where: { isProvision($0) || isStop($0) }) else { return }
        if let workspace = record.workspace, !record.workspaceEnded, !end.stopAsked {
            update(incident) { $0.pendingEnd?.stopAsked = true }
            return append(WorkspaceDispose(workspace: workspace, reason: end.reason), to: incident)
        }
        conclude(record, end)
    }

    private mutating func conclude(_ record: IncidentRecord, _ end: PendingEnd) {
        switch end.cause {
        case .operatorCancel, .resolved:
            let content = IncidentCancelled(by: end.by, reason: end.reason, workspace: record.workspace)
            self.end(record.id, as: .cancelled, verdict: .cancelled)
            append(content, to: record.id)
        case .judged:
            guard let judgement = end.judgement else { return conclude(record, verdict: .unknown, end.reason) }
            conclude(record.id, judgement, source: end.by)
        case .deadline: conclude(record, verdict: .deadlineExceeded, end.reason)
        case .exhausted: conclude(record, verdict: .unknown, end.reason)
        }
    }

    private mutating func conclude(_ record: IncidentRecord, verdict: Verdict, _ summary: String) {
        conclude(
            record.id,
            RemediationFinished(verdict: verdict, diagnosis: Diagnosis(summary: summary), workspace: record.workspace)
        )
    }

    /// The deadline of an incident, or the grace of an asked end, may have passed.
    mutating func checkDeadline(of incident: String) {
        guard let record = incidents[incident], !record.state.isTerminal else { return }
        if let end = record.pendingEnd {
            guard now.wall >= end.graceEnds else { return }
            let said = lastError(of: incident).map { "; the last answer was: \($0)" } ?? ""
            conclude(
                record,
                verdict: .unknown,
                "\(end.reason); whether anything still runs could not be found out in time\(said)"
            )
        } else if now.wall >= record.deadline {
            ask(record, .deadline, by: "ledger", reason: deadlineReason(record))
        }
    }

    private func deadlineReason(_ record: IncidentRecord) -> String {
        let limit = (record.deadline - record.attemptBeganAt).milliseconds / 1000
        let cause = lastError(of: record.id).map { "the last error was: \($0)" }
        return switch record.state {
        case .waiting: "no decision within \(limit) s: \(cause ?? "see that a validator runs and is ready")"
        case .provisioning:
            "no running workspace within \(limit) s: \(cause ?? "see whether Coder's builds get through")"
        default: "the script had not ended within the incident's \(limit) s: look at its log, it may hang"
        }
    }

    private func lastError(of incident: String) -> String? {
        (lines[incident] ?? []).compactMap { id in
            deliveries[id].flatMap { role(of: $0.record.stage) == .reports ? nil : $0.record.lastError }
        }.last
    }

    /// A stage gives up on a delivery: what that means depends on what the stage was to do.
    mutating func exhaust(_ delivery: OpenDelivery) {
        let record = delivery.record
        close(record.id)
        guard let incident = incidents[record.incident] else { return }
        let error = record.lastError ?? "no process of the stage answered"
        batch.changes.append(.measure(.count("mendline_deliveries_exhausted_total", labels: ["stage": record.stage])))
        var content = DeliveryExhausted(
            stage: record.stage,
            event: record.eventType,
            failures: record.failures,
            lastError: error
        )
        let isCurrent = record.operatorAttempt == incident.operatorAttempt
        let isWork = isProvision(record) || role(of: record.stage) == .watches
        let mustStop = isWork && !(isCurrent && incident.workspaceEnded)
        if mustStop {
            content.workspace = workspace(of: incident, attempt: record.operatorAttempt)
        }
        append(
            content,
            to: record.incident,
            attempt: record.operatorAttempt,
            routed: mustStop && !flaws.contains(.exhaustsUnstopped)
        )
        if record.eventType == .workspaceExpiring || isStop(record) { leave(incident, record, error) }
        switch role(of: record.stage) {
        case .reports: update(record.incident) { $0.unreported = true }
        case .provisions where !isCurrent && isStop(record) && !incident.state.isTerminal:
            giveUp(
                incident,
                "the workspace of attempt \(record.operatorAttempt) could not be stopped, so that attempt "
                    + "\(incident.operatorAttempt) may not begin: \(error)",
                stopAsked: false
            )
        case _ where !isCurrent: break
        case .decides where !incident.state.isTerminal, .watches where !incident.state.isTerminal,
            .provisions where isProvision(record) && !incident.state.isTerminal:
            giveUp(
                incident,
                "\(record.stage) gave up after \(record.failures) failures: \(error)",
                stopAsked: mustStop
            )
        case .provisions where isStop(record) && incident.pendingEnd != nil:
            conclude(incident, verdict: .unknown, "the workspace could not be stopped: \(error)")
        default: break
        }
    }

    /// Says that a workspace is left to the sweep, so that nobody takes it for gone.
    private mutating func leave(_ incident: IncidentRecord, _ record: OpenDelivery.Record, _ reason: String) {
        let workspace = workspace(of: incident, attempt: record.operatorAttempt)
        append(
            WorkspaceReleased(workspace: workspace, deleted: false, reason: reason),
            to: record.incident,
            attempt: record.operatorAttempt
        )
    }

    /// The workspace of an attempt, by its name where no other is known.
    private func workspace(of incident: IncidentRecord, attempt: Int) -> WorkspaceReference {
        if attempt == incident.operatorAttempt, let known = incident.workspace { return known }
        return WorkspaceReference(workspaceID: nil, workspaceName: name(of: incident, attempt: attempt))
    }

    private mutating func giveUp(_ incident: IncidentRecord, _ reason: String, stopAsked: Bool) {
        if incident.pendingEnd == nil {
            ask(incident, .exhausted, by: "ledger", reason: reason, stopAsked: stopAsked)
        } else {
            if stopAsked { update(incident.id) { $0.pendingEnd?.stopAsked = true } }
            advanceEnd(of: incident.id)
        }
    }

    /// The name that an attempt's workspace has.
    func name(of incident: IncidentRecord, attempt: Int? = nil) -> String {
        WorkspaceName.derive(
            installation: installation,
            incident: incident.id,
            operatorAttempt: flaws.contains(.reusesNames) ? 1 : attempt ?? incident.operatorAttempt
        )
    }
}

import HeapModule
import Messages

extension LedgerCore {
    /// Appends an event that the ledger itself causes.
    mutating func append(
        _ content: some EventData,
        to incident: String,
        attempt: Int? = nil,
        source: String = "/ledger",
        routed: Bool = true
    ) {
        // Contents of the contract always encode: they hold numbers, texts and times only.
        guard let data = try? JSONValue(encoding: content) else { return }
        append(
            CausedEvent(type: type(of: content).type, data: data),
            to: incident,
            attempt: attempt,
            source: source,
            routed: routed
        )
    }

    /// Writes an event into its incident's timeline and opens the deliveries that it causes.
    ///
    /// It belongs to the current attempt unless another one is named.
    mutating func append(
        _ event: CausedEvent,
        to incident: String,
        attempt: Int? = nil,
        source: String,
        routed: Bool
    ) {
        guard let record = incidents[incident] else { return }
        let stored = EventRecord(
            sequence: nextSequence,
            id: ids.next(at: now.wall),
            incident: incident,
            operatorAttempt: attempt ?? record.operatorAttempt,
            type: event.type,
            source: source,
            time: now.wall,
            data: event.data
        )
        nextSequence += 1
        batch.changes.append(.append(stored))
        guard routed else { return }
        for stage in rules.takers(of: event.type) where isWanted(event, by: stage, record) {
            open(stored, for: stage, notBefore: event.notBefore)
        }
    }

    /// After a stop there is nothing left to release: the stop itself has caused what follows.
    private func isWanted(_ event: CausedEvent, by stage: String, _ record: IncidentRecord) -> Bool {
        !(event.type == .remediationFinished && role(of: stage) == .provisions && record.workspaceEnded)
    }

    private mutating func open(_ event: EventRecord, for stage: String, notBefore: Timestamp?) {
        var due = notBefore
        if event.type == .workspaceExpiring, let content: WorkspaceExpiring = try? event.data.decoded(),
            content.step == .erase, let rightEnds = incidents[event.incident]?.creationRightEnds
        {
            // A frozen or delayed create must not find the name free: see "Release is stop, then erase".
            due = max(due ?? now.wall, rightEnds + .milliseconds(rules.hold))
        }
        let record = OpenDelivery.Record(
            id: ids.next(at: now.wall),
            incident: event.incident,
            stage: stage,
            eventSequence: event.sequence,
            eventType: event.type,
            operatorAttempt: event.operatorAttempt,
            openedAt: now.wall,
            notBefore: due,
            isScheduled: due != nil,
            failures: 0,
            lastError: nil
        )
        let delivery = OpenDelivery(record: record, hasBegun: false)
        deliveries[record.id] = delivery
        lines[event.incident, default: []].append(record.id)
        batch.changes.append(.saveDelivery(record))
        setDeliveryTimer(delivery)
        queue(record.id)
    }

    /// Takes an event that a stage caused: what it means for the incident, then the timeline.
    mutating func take(_ event: UnderstoodEvent, for incident: String, attempt: Int, source: String) {
        guard let record = incidents[incident] else { return }
        guard attempt == record.operatorAttempt else { return takePast(event, record, attempt, source) }
        switch event.content {
        case .approved(let plan): takeApproval(event.event, plan, record, source)
        case .declined: takeRefusal(event.event, record, source)
        case .created(let content): takeCreation(event.event, content, record, source)
        case .changed(let content):
            update(incident) {
                $0.workspaceState = content
                let hasBegun = !["", "created"].contains(content.lifecycleState ?? "")
                if $0.state == .provisioning && hasBegun { $0.state = .running }
            }
            append(event.event, to: incident, source: source, routed: true)
        case .log(let lines): batch.changes.append(.appendLog(incident: incident, lines))
        case .finished(let content): takeVerdict(content, event.event, record, source)
        case .expiring(let content):
            if content.step == .erase { workspaceHasEnded(content.workspace, of: record) }
            append(event.event, to: incident, source: source, routed: true)
        case .released(let content):
            workspaceHasEnded(content.workspace, of: record)
            append(event.event, to: incident, source: source, routed: true)
        // The list itself is no fact about an incident; what follows from it stands in the timelines of those it is about.
        case .seen(let seen): if incident == Self.sweeps { takeSeen(seen) }
        case .other: append(event.event, to: incident, source: source, routed: !record.state.isTerminal)
        }
    }

    /// An attempt that a retry has left behind changes nothing any more; what it made is still cleared away.
    private mutating func takePast(_ event: UnderstoodEvent, _ record: IncidentRecord, _ attempt: Int, _ source: String)
    {
        switch event.content {
        case .created(let content):
            append(event.event, to: record.id, attempt: attempt, source: source, routed: false)
            dispose(of: content, for: record.id, attempt: attempt)
        case .log(let lines): batch.changes.append(.appendLog(incident: record.id, lines))
        case .expiring, .released:
            append(event.event, to: record.id, attempt: attempt, source: source, routed: true)
        case .approved, .declined, .changed, .finished, .other, .seen:
            append(event.event, to: record.id, attempt: attempt, source: source, routed: false)
        }
    }

    private mutating func workspaceHasEnded(_ workspace: WorkspaceReference, of record: IncidentRecord) {
        guard workspace.workspaceID == record.workspace?.workspaceID else { return }
        update(record.id) { $0.workspaceEnded = true }
    }

    private mutating func takeApproval(_ event: CausedEvent, _ plan: Plan, _ record: IncidentRecord, _ source: String) {
        guard !record.state.isTerminal, record.pendingEnd == nil, record.playbook == nil else {
            return append(event, to: record.id, source: source, routed: false)
        }
        update(record.id) {
            $0.state = .provisioning
            $0.playbook = plan.playbook
            $0.template = plan.template
            $0.deadline = plan.deadline
        }
        batch.changes.append(.storePlan(incident: record.id, plan))
        timers.insert(Timer(at: plan.deadline.milliseconds, what: .incident(record.id)))
        append(event, to: record.id, source: source, routed: true)
    }

    private mutating func takeRefusal(_ event: CausedEvent, _ record: IncidentRecord, _ source: String) {
        guard !record.state.isTerminal else {
            return append(event, to: record.id, source: source, routed: false)
        }
        guard record.pendingEnd == nil else { return note("that it declines", of: record, by: source) }
        batch.changes.append(.measure(.count("mendline_incidents_declined_total", labels: [:])))
        end(record.id, as: .declined, verdict: nil)
        append(event, to: record.id, source: source, routed: true)
    }

    private mutating func takeCreation(
        _ event: CausedEvent,
        _ content: WorkspaceCreated,
        _ record: IncidentRecord,
        _ source: String
    ) {
        if let accepted = record.workspace {
            // The same one again is an answer that was repeated, not a new fact.
            guard accepted.workspaceID != content.workspaceID else { return }
            append(event, to: record.id, source: source, routed: false)
            return dispose(of: content, for: record.id, attempt: record.operatorAttempt)
        }
        update(record.id) { $0.workspace = content.reference }
        batch.changes.append(
            .measure(
                .count(
                    "coder_workspace_created_total",
                    labels: ["template": content.template, "incident_type": record.service]
                )
            )
        )
        // Too late: the verdict stands, or the stop that was to find it by name has been asked for already.
        let isLate = record.state.isTerminal || record.pendingEnd?.stopAsked == true
        append(event, to: record.id, source: source, routed: !isLate && record.pendingEnd == nil)
        if isLate { dispose(of: content, for: record.id, attempt: record.operatorAttempt) }
    }

    /// Asks for the end of a workspace that nobody waits for, once.
    private mutating func dispose(of workspace: WorkspaceCreated, for incident: String, attempt: Int) {
        guard !flaws.contains(.ignoresLateCreations) else { return }
        guard incidents[incident]?.disposed.contains(workspace.workspaceID) == false else { return }
        update(incident) { $0.disposed.append(workspace.workspaceID) }
        append(
            WorkspaceDispose(
                workspace: workspace.reference,
                reason: "it was created by a hand-out whose answer came after the incident had gone on without it"
            ),
            to: incident,
            attempt: attempt
        )
    }

    /// The first verdict of an attempt counts; later ones are recorded and routed nowhere (I8).
    private mutating func takeVerdict(
        _ content: RemediationFinished,
        _ event: CausedEvent,
        _ record: IncidentRecord,
        _ source: String
    ) {
        if !flaws.contains(.replacesVerdicts) {
            guard !record.state.isTerminal else {
                return append(event, to: record.id, source: source, routed: false)
            }
            guard record.pendingEnd == nil else {
                let words = content.diagnosis.map { ": \($0.summary)" } ?? ""
                return note("\(content.verdict.rawValue)\(words)", of: record, by: source)
            }
        }
        if mayStillRun(content.verdict), record.workspace != nil, !record.workspaceEnded,
            !flaws.contains(.judgesUnstopped)
        {
            let reason = content.diagnosis?.summary ?? "the verdict is \(content.verdict.rawValue)"
            return ask(record, .judged, by: source, reason: reason, judgement: content)
        }
        finish(record.id, content)
        append(event, to: record.id, source: source, routed: true)
    }

    /// What a stage says of an incident whose end is on its way stands in the reason of that end: a timeline has one end
    /// of an attempt before all others (I8).
    private mutating func note(_ words: String, of record: IncidentRecord, by source: String) {
        guard let reason = record.pendingEnd?.reason else { return }
        let all = OneLine.beginning(of: "\(reason); meanwhile \(source) said \(words)", most: .bytes(4000))
        update(record.id) { $0.pendingEnd?.reason = all }
    }

    /// Whether the script may run, or begin to, although there is this verdict: then the stop comes before it.
    private func mayStillRun(_ verdict: Verdict) -> Bool { verdict == .agentUnreachable || verdict == .scriptTimedOut }

    /// Commits a verdict that waited for its turn.
    mutating func conclude(_ incident: String, _ content: RemediationFinished, source: String = "/ledger") {
        finish(incident, content)
        append(content, to: incident, source: source)
    }

    private mutating func finish(_ incident: String, _ content: RemediationFinished) {
        update(incident) {
            $0.exitCode = content.exitCode
            $0.diagnosis = content.diagnosis
        }
        end(incident, as: .finished, verdict: content.verdict)
    }

    /// The incident's end: nothing that decides, provisions or watches goes on, and nobody needs its token.
    mutating func end(_ incident: String, as state: IncidentState, verdict: Verdict?) {
        guard let record = incidents[incident], !record.state.isTerminal || flaws.contains(.replacesVerdicts) else {
            return
        }
        let finishedAt = now.wall
        update(incident) {
            $0.state = state
            $0.verdict = verdict
            $0.finishedAt = finishedAt
            $0.pendingEnd = nil
        }
        openIncidents -= 1
        batch.changes.append(.eraseSecret(incident: incident))
        if let verdict {
            let status = verdict == .succeeded ? "success" : verdict.rawValue
            batch.changes.append(
                .measure(
                    .seconds(
                        "coder_remediation_duration_seconds",
                        labels: ["incident_type": record.service, "status": status],
                        (now.wall - record.attemptBeganAt).inSeconds
                    )
                )
            )
        }
        withdraw(incident, roles: [.decides, .watches])
    }

    /// Takes back the open deliveries of these roles; what their holders settle later is late.
    mutating func withdraw(_ incident: String, roles: Set<Rules.Role>) {
        for id in lines[incident] ?? [] {
            guard let delivery = deliveries[id], roles.contains(role(of: delivery.record.stage)) else { continue }
            close(id)
        }
    }
}

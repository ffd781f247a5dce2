import Messages

/// Sends incidents, so many at a time, and follows each to what was asked for.
struct Sender: Sendable {
    var client: IntakeClient
    /// At most so many are under way at once.
    var concurrency: Int
    /// So many are begun a second; nil for as fast as it goes.
    var rate: Double?
    /// Whether each is followed to its end.
    var waits: Bool
    /// How long one that was refused, cut or answered 5xx is repeated.
    var retryFor: Duration
    /// How long an end is waited for.
    var waitFor: Duration
    /// Called as each ends, at that moment.
    var each: @Sendable (SendOutcome) -> Void = { _ in }

    /// Sends all and gathers what became of them; `progress` is called as each ends.
    func send(
        _ incidents: [IncidentRequest],
        progress: (SendTally, _ open: Int) -> Void
    ) async -> SendTally {
        let clock = ContinuousClock()
        let start = clock.now
        return await withTaskGroup(of: SendOutcome.self) { group in
            var tally = SendTally()
            var open = 0
            for (index, incident) in incidents.enumerated() {
                if open >= concurrency, let outcome = await group.next() {
                    open -= 1
                    tally.add(outcome)
                    progress(tally, open)
                }
                if let rate {
                    // Nobody cancels this task but the end of the process.
                    try? await clock.sleep(until: start + .seconds(Double(index) / rate))
                }
                open += 1
                group.addTask { await one(incident) }
            }
            while let outcome = await group.next() {
                open -= 1
                tally.add(outcome)
                progress(tally, open)
            }
            return tally
        }
    }

    /// One incident from its first POST to its end.
    private func one(_ incident: IncidentRequest) async -> SendOutcome {
        let start = ContinuousClock.now
        var repeated: [String] = []
        var end = await post(incident, &repeated)
        if waits, end == .accepted { end = await verdict(incident.incidentID, &repeated) }
        let outcome = SendOutcome(
            id: incident.incidentID,
            end: end,
            took: ContinuousClock.now - start,
            repeated: repeated
        )
        each(outcome)
        return outcome
    }

    private func post(_ incident: IncidentRequest, _ repeated: inout [String]) async -> SendOutcome.End {
        var attempts = RetryPolicy(total: retryFor).begin(at: .now)
        while true {
            do throws(IntakeError) {
                switch try await client.remediate(incident, answersAtOnce: true) {
                case .created, .accepted, .known, .notProvisioned: return .accepted
                case .declined: return .declined
                }
            } catch {
                guard error.isTransient else { return .refused(error.message) }
                repeated.append(error.cause)
                guard await pause(&attempts, error) else { return .lost(error.message) }
            }
        }
    }

    /// Asks until the incident has ended; intake holds each question for up to 10 s.
    private func verdict(_ id: String, _ repeated: inout [String]) async -> SendOutcome.End {
        let giveUp = ContinuousClock.now + waitFor
        var attempts = RetryPolicy(total: retryFor).begin(at: .now)
        var state = "unknown"
        while ContinuousClock.now < giveUp {
            do throws(IntakeError) {
                let asked = ContinuousClock.now
                let left = ContinuousClock.now.duration(to: giveUp)
                let body = try await client.incident(id, wait: Int(min(10, left.inSeconds.rounded(.up))))
                let incident = try client.decode(IncidentDetail.self, body, "GET /incidents/{id}")
                attempts = RetryPolicy(total: retryFor).begin(at: .now)
                state = incident.state
                if let verdict = incident.verdict, incident.isEnded { return .finished(verdict: verdict) }
                if state == "declined" { return .declined }
                if state == "cancelled" { return .cancelled }
                // An intake that does not hold questions must not be asked without a pause.
                let rest = Duration.milliseconds(100) - (ContinuousClock.now - asked)
                if rest > .zero { try? await Task.sleep(for: rest) }
            } catch {
                guard error.isTransient else { return .withoutVerdict(error.message) }
                repeated.append(error.cause)
                guard await pause(&attempts, error) else { return .withoutVerdict(error.message) }
            }
        }
        return .withoutVerdict("no verdict within \(TimeText.length(waitFor)); it is in state \(SafeText.line(state))")
    }

    /// Waits before a repetition; false where there is no time for one.
    private func pause(_ attempts: inout RetryPolicy.Attempts, _ error: IntakeError) async -> Bool {
        let wait = attempts.next(after: error.retryAfter, now: .now, random: .random(in: 0..<1))
        guard let wait else { return false }
        return (try? await Task.sleep(for: wait)) != nil
    }
}

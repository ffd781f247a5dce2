import Messages

/// Sends the samples and shows what happens to them, as it happens.
struct SampleRun: Sendable {
    var client: IntakeClient
    var terminal: Terminal
    var print: @Sendable (String) -> Void
    /// How long intake may take to become ready.
    var readyWithin: Duration = .seconds(60)
    /// How long a sample may take to end.
    var endWithin: Duration = .seconds(180)
    /// How long after its end the incident system may take to be told.
    var reportWithin: Duration = .seconds(30)

    /// Waits until intake and all stages are able to work.
    ///
    /// - Returns: nil, or what is missing after all that time.
    func waitUntilReady() async -> String? {
        let start = ContinuousClock.now
        var missing = "intake did not answer"
        while ContinuousClock.now < start + readyWithin {
            do throws(IntakeError) {
                let readiness = try await client.readiness()
                if readiness.ready { return nil }
                missing = readiness.missing.map { SafeText.line($0) }.joined(separator: "; ")
                if missing.isEmpty { missing = "intake does not say what is missing" }
            } catch {
                missing = error.message
            }
            guard (try? await Task.sleep(for: .milliseconds(200))) != nil else { return "interrupted" }
        }
        return "not ready within \(TimeText.length(readyWithin)): \(missing)"
    }

    /// Sends all at once and follows each to its end.
    func run(_ samples: [Sample]) async -> [(sample: Sample, outcome: Sample.Outcome)] {
        await withTaskGroup(of: (Int, Sample.Outcome).self) { group in
            for (index, sample) in samples.enumerated() {
                group.addTask { (index, await follow(sample, number: index + 1)) }
            }
            var outcomes: [Int: Sample.Outcome] = [:]
            for await (index, outcome) in group { outcomes[index] = outcome }
            return samples.enumerated().compactMap { index, sample in outcomes[index].map { (sample, $0) } }
        }
    }

    private func follow(_ sample: Sample, number: Int) async -> Sample.Outcome {
        do throws(IntakeError) {
            _ = try await client.remediate(sample.incident, answersAtOnce: true)
        } catch {
            return .failed("it was not accepted: \(error.message)")
        }
        var view = TimelineProgress(label: "[\(number)]")
        let start = ContinuousClock.now
        var endedAt: ContinuousClock.Instant?
        var last: IncidentDetail?
        var trouble = ""
        while true {
            do throws(IntakeError) {
                let body = try await client.incident(sample.incident.incidentID)
                let incident = try client.decode(IncidentDetail.self, body, "GET /incidents/{id}")
                for line in view.take(incident, terminal) { print(line) }
                last = incident
            } catch {
                trouble = error.message
            }
            let now = ContinuousClock.now
            if let last, last.isEnded {
                if view.isReported {
                    return .ended(state: last.state, verdict: last.verdict, exitCode: last.exitCode)
                }
                if let endedAt, now >= endedAt + reportWithin {
                    return .unreported(state: last.state, verdict: last.verdict)
                }
                endedAt = endedAt ?? now
            } else if now >= start + endWithin {
                let state = last.map { "it is in state \(SafeText.line($0.state))" } ?? trouble
                return .failed("there was no end within \(TimeText.length(endWithin)): \(state)")
            }
            guard (try? await Task.sleep(for: .milliseconds(200))) != nil else { return .failed("interrupted") }
        }
    }
}

/// Which events of an incident have been shown.
struct TimelineProgress {
    let label: String
    private var shown: Int64 = -1
    /// Whether the incident system has been told how it ended.
    private(set) var isReported = false

    init(label: String) { self.label = label }

    /// The lines of the events that are new.
    mutating func take(_ incident: IncidentDetail, _ terminal: Terminal) -> [String] {
        var lines: [String] = []
        for event in incident.timeline.sorted(by: { $0.seq < $1.seq }) where event.seq > shown {
            shown = event.seq
            if event.type == .incidentReported, let told = event.data?["told"]?.string, Self.ends.contains(told) {
                isReported = true
            }
            lines += TimelineText.lines(event, receivedAt: incident.receivedAt, terminal).map {
                "\(terminal.paint(label, .strong)) \($0)"
            }
        }
        return lines
    }

    private static let ends: Set<String> = [
        EventType.remediationFinished.rawValue, EventType.incidentDeclined.rawValue,
        EventType.incidentCancelled.rawValue,
    ]
}

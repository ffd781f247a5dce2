import Messages

/// The incidents that `mendline up --samples` sends, and how each must end.
struct Sample: Hashable, Sendable {
    /// How a sample must end.
    enum Expectation: Hashable, Sendable {
        case succeeded
        case scriptFailed(exitCode: Int)
        case declined

        var description: String {
            switch self {
            case .succeeded: "succeeded"
            case .scriptFailed(let code): "script_failed with exit code \(code)"
            case .declined: "declined"
            }
        }
    }

    /// How a sample did end.
    enum Outcome: Hashable, Sendable {
        case ended(state: String, verdict: String?, exitCode: Int?)
        /// It was not accepted, or there was no end in time.
        case failed(String)
        /// It ended, and nobody was told so in time.
        case unreported(state: String, verdict: String?)
    }

    var incident: IncidentRequest
    var expectation: Expectation

    /// The three samples; their ids are those of this run.
    ///
    /// The token stands for the one that a real script needs, to show that it is sealed.
    static func all(at now: Timestamp, token: String) -> [Sample] {
        func id(_ number: Int) -> String { "SAMPLE-\(IncidentNames.stamp(now))-\(number)" }
        return [
            Sample(
                incident: IncidentRequest(
                    incidentID: id(1),
                    serviceName: "payment-api",
                    severity: "critical",
                    description: "High CPU on payment-api",
                    targetServiceToken: token
                ),
                expectation: .succeeded
            ),
            Sample(
                incident: IncidentRequest(
                    incidentID: id(2),
                    serviceName: "broken-checkout",
                    severity: "high",
                    description: "service down: broken-checkout does not answer",
                    targetServiceToken: token
                ),
                expectation: .scriptFailed(exitCode: 3)
            ),
            Sample(
                incident: IncidentRequest(
                    incidentID: id(3),
                    serviceName: "reports",
                    severity: "low",
                    description: "disk of reports is 71 % full"
                ),
                expectation: .declined
            ),
        ]
    }

    /// What is wrong with how it ended, as a sentence; nil where it ended as said.
    func complaint(_ outcome: Outcome) -> String? {
        let name = "\(incident.incidentID) (\(incident.serviceName))"
        let expected = "it should have ended as \(expectation.description)"
        switch (outcome, expectation) {
        case (.ended("finished", "succeeded", _), .succeeded): return nil
        case (.ended("finished", "script_failed", let code), .scriptFailed(let expected)) where code == expected:
            return nil
        case (.ended("declined", _, _), .declined): return nil
        case (.ended(let state, let verdict, let code), _):
            let detail = code.map { " with exit code \($0)" } ?? ""
            return "\(name) ended as \(SafeText.line(verdict ?? state))\(detail); \(expected)"
        case (.failed(let why), _): return "\(name): \(why); \(expected)"
        case (.unreported(let state, let verdict), _):
            return "\(name) ended as \(SafeText.line(verdict ?? state)), and the incident system was not told in time;"
                + " `mendline show \(incident.incidentID)` tells what the reporter tried"
        }
    }

    /// All complaints, in the order of the samples; empty where all ended as said.
    static func complaints(_ ends: [(sample: Sample, outcome: Outcome)]) -> [String] {
        ends.compactMap { $0.sample.complaint($0.outcome) }
    }
}

import IncidentAPI
import Messages
import StageKit
import Testing

@testable import Reporter

/// What a failed call means for the delivery.
struct CallFailureTests {
    private let now = Timestamp(milliseconds: 10_000)

    private func answer(
        _ kind: IncidentAPIError.Kind,
        _ duplicates: ReporterConfiguration.Duplicates,
        mayBeDone: Bool = false,
        after seconds: Double? = nil
    ) -> CallFailure.Answer {
        CallFailure.answer(
            to: IncidentAPIError(
                operation: .comment,
                incidentID: "INC-1",
                kind: kind,
                message: "why",
                retryAfterSeconds: seconds,
                mayHaveTakenEffect: mayBeDone
            ),
            duplicates: duplicates,
            now: now
        )
    }

    private func failure(_ answer: CallFailure.Answer) -> Outcome.Failure? {
        if case .refused(.failed(let failure)) = answer { failure } else { nil }
    }

    @Test(arguments: ReporterConfiguration.Duplicates.allCases)
    func `what surely was not done is answered the same in every mode`(mode: ReporterConfiguration.Duplicates) {
        guard case .blocked(let sentence, let until) = answer(.unauthorized, mode) else {
            Issue.record("unauthorized must block")
            return
        }
        #expect(sentence.contains("key") && until == now + .seconds(5))
        let expected: [(IncidentAPIError.Kind, String, Bool)] = [
            (.notFound, "incident_unknown", false), (.rejected, "incident_api_rejected", false),
            (.unavailable, "incident_api_unavailable", true), (.badAnswer, "incident_api_bad_answer", true),
            (.ambiguous, "incident_api_answer_lost", true),
        ]
        for (kind, code, isRetryable) in expected {
            let failure = failure(answer(kind, mode))
            #expect(failure?.code == code && failure?.retryable == isRetryable)
            #expect(failure?.message.contains("INC-1") == true)
        }
        #expect(answer(.cancelled, mode) == .refused(.returned(reason: "shutting down")))
    }

    @Test func `a 429 waits as long as the API says, and burns no attempt`() {
        func until(_ seconds: Double?) -> Timestamp? {
            guard case .refused(.deferred(let until, _)) = answer(.rateLimited, .look, after: seconds) else {
                return nil
            }
            return until
        }
        #expect(until(30) == now + .seconds(30))
        #expect(until(nil) == now + .seconds(10))
        #expect(until(0) == now + .seconds(1))
        #expect(failure(answer(.unavailable, .look, after: 7))?.retryAfterSeconds == 7)
    }

    @Test(arguments: [
        (ReporterConfiguration.Duplicates.look, false), (.key, false), (.atMostOnce, true),
    ])
    func `what may have been done is repeated, but in at-most-once`(
        mode: ReporterConfiguration.Duplicates,
        isDone: Bool
    ) {
        for kind in [IncidentAPIError.Kind.ambiguous, .unavailable, .badAnswer, .cancelled] {
            #expect((answer(kind, mode, mayBeDone: true) == .doneUnconfirmed) == isDone)
        }
    }
}

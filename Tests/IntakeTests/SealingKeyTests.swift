import HTTPClient
import Messages
import Testing

@testable import Intake

/// Without a key to seal it with a token cannot be taken, however often it is sent.
@Suite("An intake without a sealing key", .timeLimit(.minutes(3)))
struct SealingKeyTests {
    private func expectFinal(_ answer: LiveIntake.Answer) {
        #expect(answer.status == 422, "senders repeat on 5xx, for ever")
        #expect(answer.headers.first("Retry-After") == nil)
        #expect(answer.json["retry_after_s"] == nil)
        #expect(answer.json["type"]?.string == "urn:mendline:problem:no-sealing-key")
        #expect(answer.json["detail"]?.string?.contains("seal.public_key_file") == true)
        guard case .array(let errors)? = answer.json["errors"] else {
            Issue.record("it names no field: \(answer.json)")
            return
        }
        #expect(errors.map { $0["field"]?.string } == ["target_service_token"])
    }

    @Test func saysThatItTakesNoTokens() async throws {
        try await LiveIntake.with { intake in
            let incident = CompactText.of([
                "incident_id": "I-1", "service_name": "payment-api", "severity": "high", "description": "High CPU",
                "target_service_token": "t",
            ])
            expectFinal(try await intake.call(.post, "/remediate", body: incident))
            #expect(try await intake.call(.get, "/incidents/I-1").status == 404)
            #expect(try await intake.post("I-1").status == 202, "without a token it is taken")
            let retry = #"{"reason":"once more","target_service_token":"t"}"#
            expectFinal(try await intake.call(.post, "/incidents/I-1/retry", body: retry))
        }
    }
}

import HTTPTypes
import Hummingbird
import Ledger
import Messages
import Secrets

extension IntakeAPI {
    /// `POST /incidents/{id}/retry`: another attempt, asked for by a person.
    func retry(_ request: Request, _ context: IntakeContext) async throws -> Response {
        let id = try context.incidentID()
        let body = try await RequestBody.json(request, context)
        let asked: OperatorRequest
        switch OperatorRequest.read(body, isRetry: true) {
        case .success(let read): asked = read
        case .failure(let wrong): throw Problem.invalid("invalid-retry", "This is not a retry", wrong)
        }
        let by = try context.operatorName(claim: asked.by)
        let sealed = try asked.targetServiceToken.map { try seal($0, of: id) }
        let outcome: LedgerCore.Retry
        do throws(LedgerError) {
            outcome = try await ledger.retry(id, by: by, reason: asked.reason, sealedToken: sealed)
        } catch {
            throw error.problem
        }
        return try answer(outcome, id)
    }

    private func answer(_ outcome: LedgerCore.Retry, _ id: String) throws -> Response {
        switch outcome {
        case .begun(let attempt):
            return try Answer.json(
                RetryAnswer(incidentID: id, status: "retrying", operatorAttempt: attempt),
                status: .accepted
            )
        case .stillOpen:
            throw refusal("still-open", "Incident \(id) has not ended; cancel it first, or wait for its verdict.")
        case .succeeded:
            throw refusal("succeeded", "Incident \(id) was remediated; send a new incident_id for a new problem.")
        case .tokenNeeded:
            throw refusal(
                "token-needed",
                "The token of incident \(id) was erased with its verdict; send target_service_token with the retry."
            )
        case .overloaded:
            throw Problem.unavailable("overloaded", "Too many incidents are open; retry later.", retryAfter: 5)
        case .unknown: throw Problem.notFound("There is no incident \(id).")
        }
    }

    private func refusal(_ type: String, _ detail: String) -> Problem {
        Problem(.conflict, type, "Nothing to retry", detail)
    }
}

private struct RetryAnswer: Encodable {
    var incidentID: String
    var status: String
    var operatorAttempt: Int

    private enum CodingKeys: String, CodingKey {
        case status
        case incidentID = "incident_id"
        case operatorAttempt = "operator_attempt"
    }
}

import CoderAPI
import Messages
import StageKit

extension StageError {
    /// The answer to a delivery that a failed call of Coder leads to, where nothing more is known.
    ///
    /// ``CoderError/Kind/cancelled`` is not for here: a cancelled task has nothing to answer.
    static func answer(to error: CoderError, now: Timestamp, tokenWait: Duration) -> StageError {
        switch error.kind {
        case .unauthorized: .deferred(until: now + tokenWait, reason: error.description)
        // Nothing is wrong, and a rate limit must not use up attempts.
        case .rateLimited(let seconds):
            .deferred(until: now + .seconds(min(max(seconds, 1), 300)), reason: error.description)
        case .conflict: .deferred(until: now + .seconds(1), reason: error.description)
        case .forbidden: .final("coder_forbidden", error.description)
        case .invalid: .final("coder_refused", error.description)
        case .notFound, .gone: .retry("coder_not_found", error.description)
        case .unavailable, .ambiguous, .badAnswer, .tooLarge, .cancelled: .retry("coder_unavailable", error.description)
        }
    }
}

extension Provisioner {
    /// Makes a call of Coder, and keeps ``trouble`` in step with whether Coder takes the token.
    func call<Answer: Sendable>(
        _ body: () async throws(CoderError) -> Answer
    ) async throws(CoderError) -> Answer {
        do {
            let answer = try await body()
            trouble.set("coder", nil)
            return answer
        } catch {
            if error.kind == .unauthorized {
                trouble.set("coder", error.description)
            } else if error.status != nil {
                trouble.set("coder", nil)
            }
            throw error
        }
    }

    /// What to throw for a failed call of which nothing more is known.
    func answer(to error: CoderError, _ hand: Hand) -> any Error {
        guard error.kind != .cancelled else { return CancellationError() }
        return StageError.answer(to: error, now: hand.now(), tokenWait: .seconds(configuration.tokenWaitSeconds))
    }

    /// Makes a call whose failures have no other meaning than those of any call.
    func plainCall<Answer: Sendable>(
        _ hand: Hand,
        _ body: () async throws(CoderError) -> Answer
    ) async throws -> Answer {
        do {
            return try await call(body)
        } catch {
            throw answer(to: error, hand)
        }
    }
}

import IncidentAPI
import Messages
import StageKit

/// What a failed call of the incident API means for the delivery; pure.
enum CallFailure {
    enum Answer: Hashable {
        /// It may have been done, and is not repeated.
        case doneUnconfirmed
        /// The key is not accepted: readiness turns red until it is, and deliveries wait.
        case blocked(sentence: String, until: Timestamp)
        /// Any other answer.
        case refused(StageError)
    }

    /// How long a delivery waits for a new key; short, for the key's file is read anew for every call.
    static let keyPause: Duration = .seconds(5)
    /// How long it waits where the API asks for fewer requests and does not say until when.
    static let ratePause: Double = 10

    static func answer(
        to error: IncidentAPIError,
        duplicates: ReporterConfiguration.Duplicates,
        now: Timestamp
    ) -> Answer {
        // Else a later hand-out looks (`look`), or the system knows the key (`key`): repeating is safe.
        if duplicates == .atMostOnce, error.mayHaveTakenEffect { return .doneUnconfirmed }
        let sentence = "\(error)"
        switch error.kind {
        case .unauthorized: return .blocked(sentence: sentence, until: now + keyPause)
        case .notFound: return .refused(.final("incident_unknown", sentence))
        case .rejected: return .refused(.final("incident_api_rejected", sentence))
        case .rateLimited:
            let pause = max(error.retryAfterSeconds ?? ratePause, 1)
            return .refused(.deferred(until: now + .seconds(pause), reason: sentence))
        case .unavailable:
            return .refused(.retry("incident_api_unavailable", sentence, after: error.retryAfterSeconds))
        case .ambiguous: return .refused(.retry("incident_api_answer_lost", sentence))
        case .badAnswer: return .refused(.retry("incident_api_bad_answer", sentence))
        case .cancelled: return .refused(.returned(reason: "shutting down"))
        }
    }
}

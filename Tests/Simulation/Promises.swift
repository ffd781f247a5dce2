import Ledger
import Messages

/// What people were answered beside the acceptance of incidents: an end, or another attempt, that must come true.
struct Promises {
    enum Promise {
        /// The incident's end was asked for while it had come to this attempt, or a later one.
        case end(Int)
        /// This attempt has begun.
        case attempt(Int)
    }

    /// The attempts whose end was asked for.
    private var ends: Set<String> = []
    /// The latest attempt of each incident that was said to have begun.
    private var attempts: [String: Int] = [:]

    /// Takes an answer.
    ///
    /// - Returns: what is not stored of it; nil where it is.
    mutating func add(_ promise: Promise, _ record: IncidentRecord) -> String? {
        switch promise {
        case .end(let attempt):
            // One commit may hold the end, and another attempt behind it.
            guard record.operatorAttempt == attempt else { return nil }
            guard record.pendingEnd != nil || record.state.isTerminal else {
                return "I1: the end of \(record.id) was promised and is not asked for"
            }
            if record.pendingEnd != nil { ends.insert("\(record.id) \(record.operatorAttempt)") }
        case .attempt(let attempt):
            guard record.operatorAttempt >= attempt else { return "I1: attempt \(attempt) of \(record.id) is lost" }
            attempts[record.id] = max(attempts[record.id] ?? 0, attempt)
        }
        return nil
    }

    /// What was promised and did not come true.
    func broken(of record: IncidentRecord, _ store: SimulatedStore) -> String? {
        if let attempt = attempts[record.id], record.operatorAttempt < attempt {
            return "I1: attempt \(attempt) of \(record.id) is lost"
        }
        for attempt in 1...record.operatorAttempt where ends.contains("\(record.id) \(attempt)") {
            // `unknown`, where the stop did not come through in time.
            guard let verdict = store.verdict(of: record.id, attempt: attempt),
                [.cancelled, .unknown].contains(verdict)
            else { return "I1: attempt \(attempt) of \(record.id) was to end and did not" }
        }
        return nil
    }
}

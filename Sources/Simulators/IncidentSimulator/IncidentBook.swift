import SimulatorKit

/// An incident as the incident system has it.
struct IncidentRecord: Equatable, Sendable {
    /// A remark on an incident.
    struct Comment: Equatable, Sendable {
        let id: String
        let body: String
        let author: String
        let createdAt: Timestamp
    }

    let id: String
    let createdAt: Timestamp
    var updatedAt: Timestamp
    var status = "open"
    var notes = ""
    var updatedBy: String?
    var comments: [Comment] = []
    /// How many patches took effect, by the status that they set; those that set none count as `none`.
    var patches: [String: Int] = [:]
}

/// What a client wants changed; nil leaves a member as it is.
struct IncidentPatch: Equatable, Sendable {
    var status: String?
    var notes: String?
    var updatedBy: String?
}

/// An answer that is kept for the repetition of its request.
struct StoredAnswer: Equatable, Sendable {
    let status: Int
    let body: [UInt8]
}

/// What an idempotency key has to say about a request.
enum IdempotencyVerdict: Equatable, Sendable {
    case first
    /// The same request again: this was the answer.
    case repeated(StoredAnswer)
    /// The key belongs to another request.
    case conflict
}

/// Every incident, as a value: requests and the time go in.
///
/// Incidents spring into being on first use.
struct IncidentBook: Sendable {
    private(set) var incidents: [String: IncidentRecord] = [:]
    private var answers: [String: (fingerprint: [UInt8], answer: StoredAnswer)] = [:]
    private var lastComment = 0

    /// The incident of that id.
    mutating func incident(_ id: String, now: Timestamp) -> IncidentRecord {
        if let known = incidents[id] { return known }
        let new = IncidentRecord(id: id, createdAt: now, updatedAt: now)
        incidents[id] = new
        return new
    }

    /// Changes an incident.
    mutating func patch(_ id: String, _ patch: IncidentPatch, now: Timestamp) -> IncidentRecord {
        var record = incident(id, now: now)
        record.status = patch.status ?? record.status
        record.notes = patch.notes ?? record.notes
        record.updatedBy = patch.updatedBy ?? record.updatedBy
        record.updatedAt = now
        record.patches[patch.status ?? "none", default: 0] += 1
        incidents[id] = record
        return record
    }

    /// Adds a comment.
    mutating func comment(on id: String, body: String, author: String, now: Timestamp) -> IncidentRecord.Comment {
        var record = incident(id, now: now)
        lastComment += 1
        let comment = IncidentRecord.Comment(id: "comment-\(lastComment)", body: body, author: author, createdAt: now)
        record.comments.append(comment)
        record.updatedAt = now
        incidents[id] = record
        return comment
    }

    /// What is known of an idempotency key.
    ///
    /// - Parameters:
    ///   - key: The key, without quotes.
    ///   - fingerprint: Method, path and body: what makes two requests the same.
    /// - Returns: Whether the request is the first with its key.
    func verdict(on key: String, fingerprint: [UInt8]) -> IdempotencyVerdict {
        guard let stored = answers[key] else { return .first }
        return stored.fingerprint == fingerprint ? .repeated(stored.answer) : .conflict
    }

    /// Keeps an answer for the repetition of its request.
    mutating func store(_ answer: StoredAnswer, key: String, fingerprint: [UInt8]) {
        answers[key] = (fingerprint, answer)
    }
}

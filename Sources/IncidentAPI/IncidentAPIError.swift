/// Why a call of the incident API did not do what it was to do; never holds the API key.
public struct IncidentAPIError: Error, Sendable, Hashable {
    /// What was to be done.
    public enum Operation: String, Sendable, Hashable, CaseIterable {
        /// `PATCH /api/incidents/{id}`
        case update
        /// `POST /api/incidents/{id}/comments`
        case comment
        /// `GET /api/incidents/{id}/comments`
        case listComments
        /// `GET /api/incidents/{id}`
        case read

        /// Whether it changes anything there.
        public var isEffect: Bool { self == .update || self == .comment }
    }

    /// What the failure means to a caller.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// 401 or 403, or there is no key to send.
        case unauthorized
        /// 404 or 410: there is no such incident, or the URL is not that of the API.
        case notFound
        /// Any other 4xx, or a request that cannot be sent: the same request will fail again.
        case rejected
        /// 429.
        case rateLimited
        /// No connection, or 5xx.
        case unavailable
        /// The request went out and its answer was lost, or the system says that the same request is still being
        /// worked on (409): it may have been done.
        case ambiguous
        /// An answer that cannot be read.
        case badAnswer
        /// The task was cancelled or the client closed: this process ends.
        case cancelled
    }

    /// What was to be done.
    public var operation: Operation
    /// The incident it was about.
    public var incidentID: String
    /// What the failure means.
    public var kind: Kind
    /// The answer's status; nil where there was no answer.
    public var status: Int?
    /// What the API, or the client, said, at most ``mostMessageBytes``.
    public var message: String
    /// When the API wants to be asked again, in seconds from the answer; at most an hour.
    public var retryAfterSeconds: Double?
    /// Whether the effect may have happened all the same.
    public var mayHaveTakenEffect: Bool

    /// The most that is kept of what the API said.
    public static let mostMessageBytes = 500

    /// An error.
    public init(
        operation: Operation,
        incidentID: String,
        kind: Kind,
        status: Int? = nil,
        message: String,
        retryAfterSeconds: Double? = nil,
        mayHaveTakenEffect: Bool = false
    ) {
        self.operation = operation
        self.incidentID = incidentID
        self.kind = kind
        self.status = status
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
        self.mayHaveTakenEffect = mayHaveTakenEffect
    }
}

extension IncidentAPIError: CustomStringConvertible {
    /// One sentence: what was tried, on what, what came of it, and what to do.
    public var description: String {
        let answer = status.map { "\($0)\(message.isEmpty ? "" : ": \(message)")" } ?? message
        return "\(attempt) failed, \(meaning) (\(answer)); \(remedy)"
    }

    private var attempt: String {
        let incident = "incident \(incidentID)"
        return switch operation {
        case .update: "updating \(incident)"
        case .comment: "commenting on \(incident)"
        case .listComments: "listing the comments of \(incident)"
        case .read: "reading \(incident)"
        }
    }

    private var meaning: String {
        switch kind {
        case .unauthorized: "the incident API does not accept the key"
        case .notFound: "the incident API does not know it"
        case .rejected: "the incident API refuses it"
        case .rateLimited: "the incident API asks for fewer requests"
        case .unavailable: "the incident API is not available"
        case .ambiguous: "its answer was lost, so it may have been done"
        case .badAnswer: "the answer cannot be read"
        case .cancelled: "this process is ending"
        }
    }

    private var remedy: String {
        switch kind {
        case .unauthorized where status == 403 && operation == .listComments:
            "let the key list comments, or set `duplicates: key` or `at-most-once` where the system has no such list"
        case .unauthorized:
            "replace the key in the file named by `incident_api.key_file`, or give STREAM_A_API_KEY"
        case .notFound:
            "check that the sender's incident_id is the incident system's own, and `incident_api.url` (STREAM_A_URL)"
        case .rejected: "see what it says; nothing is tried again"
        case .rateLimited, .unavailable: "it is tried again by itself"
        case .ambiguous: "look at the incident before anything is repeated by hand"
        case .badAnswer: "check that `incident_api.url` (STREAM_A_URL) is the API itself and not a page before it"
        case .cancelled: "another process goes on with it"
        }
    }
}

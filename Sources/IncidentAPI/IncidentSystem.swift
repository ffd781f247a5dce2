/// A system in which people follow incidents.
///
/// Every further one is another implementation of this.
/// Ids are the sender's own free text. Both effects carry a key that is the same for every repetition of one report,
/// so that a system that knows such keys does it once.
public protocol IncidentSystem: Sendable {
    /// Sets the status of an incident and the notes that explain it.
    func update(_ incidentID: String, _ update: IncidentUpdate, key: String) async throws(IncidentAPIError)

    /// Adds a comment to an incident.
    func comment(_ incidentID: String, _ comment: IncidentComment, key: String) async throws(IncidentAPIError)

    /// The comments of an incident, for looking whether one of ours is there.
    func comments(of incidentID: String) async throws(IncidentAPIError) -> [IncidentComment]

    /// The incident as it stands, for looking whether it has our update.
    func state(of incidentID: String) async throws(IncidentAPIError) -> IncidentState
}

/// What Mendline sets on an incident.
public struct IncidentUpdate: Sendable, Hashable, Encodable {
    /// The two ends that an incident system is told of.
    public enum Status: String, Sendable, Hashable, Codable {
        /// The script has succeeded.
        case remediated
        /// Everything else; the notes say what.
        case remediationFailed = "remediation_failed"
    }

    /// How it ended.
    public var status: Status
    /// The explanation, plain text.
    public var notes: String
    /// Who says so.
    public var updatedBy: String

    /// An update.
    public init(status: Status, notes: String, updatedBy: String) {
        self.status = status
        self.notes = notes
        self.updatedBy = updatedBy
    }

    private enum CodingKeys: String, CodingKey {
        case status, notes
        case updatedBy = "updated_by"
    }
}

/// One comment, ours or a person's.
public struct IncidentComment: Sendable, Hashable, Codable {
    /// The text.
    public var body: String
    /// Who wrote it, where the system says so.
    public var author: String?

    /// A comment.
    public init(body: String, author: String?) {
        self.body = body
        self.author = author
    }
}

/// An incident as its system has it.
public struct IncidentState: Sendable, Hashable, Decodable {
    /// The system's own word; nil where it gives none.
    public var status: String?
    /// The latest notes; nil where there are none.
    public var notes: String?

    /// A state.
    public init(status: String?, notes: String?) {
        self.status = status
        self.notes = notes
    }
}

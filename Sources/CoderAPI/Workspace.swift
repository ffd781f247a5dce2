/// A workspace as Coder shows it (codersdk/workspaces.go), as far as it is needed here.
///
/// What is read strictly is what decisions rest on; anything else may be missing.
public struct Workspace: Sendable, Hashable {
    /// Its uuid.
    public var id: String
    /// Its name; unique for its owner, ignoring case, while it is not deleted.
    public var name: String
    /// The name of the user it belongs to.
    public var ownerName: String
    /// The uuid of the template it was made from.
    public var templateID: String
    /// That template's name.
    public var templateName: String
    /// RFC 3339.
    public var createdAt: String
    /// The newest build, which says what the workspace is.
    public var latestBuild: Build
    /// Coder's `health.healthy`.
    public var isHealthy: Bool
}

extension Workspace: Decodable {
    private enum CodingKeys: String, CodingKey {
        case id, name, health
        case ownerName = "owner_name"
        case templateID = "template_id"
        case templateName = "template_name"
        case createdAt = "created_at"
        case latestBuild = "latest_build"
    }

    private enum HealthKeys: String, CodingKey {
        case healthy
    }

    /// Reads Coder's JSON.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        name = try container.decode(String.self, forKey: .name)
        ownerName = try container.decode(String.self, forKey: .ownerName)
        templateID = try container.decode(String.self, forKey: .templateID)
        templateName = try container.decode(String.self, forKey: .templateName)
        createdAt = try container.decode(String.self, forKey: .createdAt)
        latestBuild = try container.decode(Build.self, forKey: .latestBuild)
        let health = try? container.nestedContainer(keyedBy: HealthKeys.self, forKey: .health)
        isHealthy = try health?.decodeIfPresent(Bool.self, forKey: .healthy) ?? true
    }
}

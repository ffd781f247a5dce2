/// A list answer, without the elements that cannot be read: one odd workspace must not hide all others.
public struct WorkspaceList: Sendable, Decodable {
    private struct Readable: Decodable {
        var workspace: Workspace?

        init(from decoder: any Decoder) throws { workspace = try? Workspace(from: decoder) }
    }

    private enum CodingKeys: String, CodingKey {
        case workspaces, count
    }

    /// Those that the answer holds.
    public var workspaces: [Workspace]
    /// How many the query finds in all.
    public var count: Int

    /// Reads the JSON form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        count = try container.decode(Int.self, forKey: .count)
        workspaces = try container.decode([Readable].self, forKey: .workspaces).compactMap(\.workspace)
    }
}

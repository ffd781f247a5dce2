import Foundation
import HTTPClient

/// What a new workspace is made of.
public struct NewWorkspace: Sendable, Hashable {
    /// Its name: `^[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$`, 32 bytes at most.
    public var name: String
    /// The template's uuid; see ``CoderClient/templateID(named:)``.
    public var templateID: String
    /// Names that the template does not declare are dropped by Coder without a word.
    public var parameters: [String: String]
    /// After so many milliseconds from its start it stops by itself; 60,000 to 2,592,000,000, whole minutes.
    public var ttlMilliseconds: Int64

    /// A new workspace.
    public init(name: String, templateID: String, parameters: [String: String], ttlMilliseconds: Int64) {
        self.name = name
        self.templateID = templateID
        self.parameters = parameters
        self.ttlMilliseconds = ttlMilliseconds
    }
}

/// The body of a create (codersdk/organizations.go CreateWorkspaceRequest).
struct CreateBody: Encodable {
    struct Value: Encodable {
        var name: String
        var value: String
    }

    var name: String
    var templateID: String
    var values: [Value]
    var ttlMilliseconds: Int64

    init(_ workspace: NewWorkspace) {
        name = workspace.name
        templateID = workspace.templateID
        values = workspace.parameters.sorted { $0.key < $1.key }.map { Value(name: $0.key, value: $0.value) }
        ttlMilliseconds = workspace.ttlMilliseconds
    }

    private enum CodingKeys: String, CodingKey {
        case name
        case templateID = "template_id"
        case values = "rich_parameter_values"
        case ttlMilliseconds = "ttl_ms"
    }
}

extension CoderClient {
    /// The longest list answer that is taken: a workspace of ours is about 4 KB in it.
    static let mostListBytes = 64 << 20

    /// Creates a workspace and with it its first start build; ask ``createTurns`` before.
    ///
    /// - Throws: ``CoderError``. After ``CoderError/Kind/ambiguous`` and after a conflict the workspace may be there: look
    ///   for it by its name. A template that does not exist any more is forgotten.
    public func createWorkspace(_ workspace: NewWorkspace) async throws(CoderError) -> Workspace {
        let operation = "create workspace \(workspace.name)"
        do {
            return try await send(
                Call(
                    operation: operation,
                    method: .post,
                    path: "/users/\(owner.percentEncoded)/workspaces",
                    body: try body(CreateBody(workspace), operation),
                    turns: createTurns
                )
            )
        } catch {
            if error.kind == .invalid || error.kind == .notFound { templates.forget(id: workspace.templateID) }
            throw error
        }
    }

    /// The owner's workspace of this name, in any case; nil where there is none, or it was deleted.
    public func workspace(named name: String) async throws(CoderError) -> Workspace? {
        do {
            return try await send(
                Call(
                    operation: "look for workspace \(name)",
                    path: "/users/\(owner.percentEncoded)/workspace/\(name.percentEncoded)"
                )
            )
        } catch {
            if error.kind == .notFound { return nil }
            throw error
        }
    }

    /// The workspace with this id.
    ///
    /// - Throws: ``CoderError``; ``CoderError/Kind/gone`` where it was deleted.
    public func workspace(id: String) async throws(CoderError) -> Workspace {
        try await send(Call(operation: "look at workspace \(id)", path: "/workspaces/\(id.percentEncoded)"))
    }

    /// The workspaces that a query finds, in one answer; deleted ones never are among them.
    ///
    /// A workspace of the answer that cannot be read is left out.
    ///
    /// - Parameters:
    ///   - query: In Coder's search language: `owner:me name:m-`.
    ///   - limit: How many at most; nil for all. Their order changes while workspaces start, so a page may repeat one of
    ///     the page before, or miss one.
    ///   - offset: How many are left out before them.
    /// - Returns: Those, and how many the query finds in all.
    /// - Throws: ``CoderError``; ``CoderError/Kind/tooLarge`` for an answer of more than 64 MiB.
    public func workspaces(
        matching query: String,
        limit: Int? = nil,
        offset: Int = 0
    ) async throws(CoderError) -> WorkspaceList {
        try await read(
            Call(
                operation: "list workspaces",
                path: "/workspaces?q=\(query.percentEncoded)" + (limit.map { "&limit=\($0)&offset=\(offset)" } ?? ""),
                maximumBodyBytes: Self.mostListBytes
            ),
            WorkspaceList.init(reading:)
        )
    }

    func body(_ content: some Encodable, _ operation: String) throws(CoderError) -> [UInt8] {
        do {
            return Array(try JSONEncoder().encode(content))
        } catch {
            throw CoderError(operation: operation, kind: .invalid, message: "the request cannot be written as JSON")
        }
    }
}

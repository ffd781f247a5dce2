import HTTPClient

/// What a build makes of its workspace.
public enum Transition: String, Sendable, Hashable, Codable {
    case start, stop, delete
}

/// The body of a new build (codersdk/workspaces.go CreateWorkspaceBuildRequest).
private struct BuildBody: Encodable {
    var transition: Transition
}

extension CoderClient {
    /// Starts, stops or deletes a workspace.
    ///
    /// - Throws: ``CoderError``; a conflict while another build of it is active.
    public func requestBuild(_ transition: Transition, of workspace: String) async throws(CoderError) -> Build {
        let operation = "\(transition.rawValue) workspace \(workspace)"
        return try await send(
            Call(
                operation: operation,
                method: .post,
                path: "/workspaces/\(workspace.percentEncoded)/builds",
                body: try body(BuildBody(transition: transition), operation)
            )
        )
    }

    /// Asks for the end of a build: one that waits ends at once, one that runs when Terraform has stopped.
    ///
    /// - Throws: ``CoderError``; invalid or a conflict where it has ended already, forbidden where the template does not
    ///   allow it.
    public func cancelBuild(_ build: String) async throws(CoderError) {
        let _: Anything = try await send(
            Call(
                operation: "cancel build \(build)",
                method: .patch,
                path: "/workspacebuilds/\(build.percentEncoded)/cancel"
            )
        )
    }

    /// The parameters that a build was given, the template's defaults included.
    public func parameters(ofBuild build: String) async throws(CoderError) -> [String: String] {
        let list: [Parameter] = try await send(
            Call(
                operation: "read the parameters of build \(build)",
                path: "/workspacebuilds/\(build.percentEncoded)/parameters"
            )
        )
        return Dictionary(list.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    /// How the scripts of a build ran, as far as their agents have reported it.
    public func scriptTimings(ofBuild build: String) async throws(CoderError) -> [ScriptTiming] {
        let timings: Timings = try await send(
            Call(
                operation: "read the timings of build \(build)",
                path: "/workspacebuilds/\(build.percentEncoded)/timings"
            )
        )
        return timings.scripts
    }
}

private struct Parameter: Decodable {
    var name: String
    var value: String
}

private struct Timings: Decodable {
    var scripts: [ScriptTiming]

    private enum CodingKeys: String, CodingKey {
        case scripts = "agent_script_timings"
    }
}

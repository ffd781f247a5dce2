/// How a provisioner works, beyond where Coder is.
public struct ProvisionerConfiguration: Sendable, Hashable {
    /// How people open a workspace; `{url}`, `{owner}`, `{workspace_name}` and `{workspace_id}` are filled in.
    public var workspaceURL: String
    /// How long a delivery waits while the session token is not valid, in seconds.
    public var tokenWaitSeconds: Int
    /// How many requests a sweep has open at once.
    public var sweepConcurrency: Int
    /// How many workspaces a sweep asks for at once; Coder has about 4 KB of each.
    public var sweepPage: Int

    /// A configuration; every value has a default.
    public init(
        workspaceURL: String = "{url}/@{owner}/{workspace_name}",
        tokenWaitSeconds: Int = 5,
        sweepConcurrency: Int = 8,
        sweepPage: Int = 1000
    ) {
        self.workspaceURL = workspaceURL
        self.tokenWaitSeconds = tokenWaitSeconds
        self.sweepConcurrency = sweepConcurrency
        self.sweepPage = sweepPage
    }
}

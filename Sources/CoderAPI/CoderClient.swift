public import HTTPClient

/// Coder's HTTP API (2.28), as far as a remediation needs it.
///
/// It keeps nothing but a small cache of template ids and the pace of creates, so copies share them and any number of calls may run at once. Every
/// call is one request: what to repeat, and when, is for the caller to decide by ``CoderError/Kind``.
public struct CoderClient: Sendable {
    /// Where Coder is and who we are to it.
    public struct Configuration: Sendable {
        /// Coder's own address without `/api/v2`: `https://coder.example.com`.
        public var baseURL: String
        /// The session token, asked for before each request, so that a replaced one counts at once.
        public var token: @Sendable () throws -> String
        /// Whose workspaces: `me`, a user's name or uuid.
        public var owner: String
        /// How long a request may take.
        public var timeouts: HTTPRequest.Timeouts

        /// A configuration; requests may take 5 s to connect and 30 s in all unless said otherwise.
        public init(
            baseURL: String,
            owner: String = "me",
            timeouts: HTTPRequest.Timeouts = HTTPRequest.Timeouts(),
            token: @escaping @Sendable () throws -> String
        ) {
            self.baseURL = baseURL
            self.owner = owner
            self.timeouts = timeouts
            self.token = token
        }
    }

    /// Coder's own address, without a slash at its end.
    public let baseURL: String
    /// Whose workspaces.
    public var owner: String { configuration.owner }
    /// The session token as it is now, for masking it in text that comes from outside.
    public var token: @Sendable () throws -> String { configuration.token }

    let http: HTTPClient
    let configuration: Configuration
    let templates = TemplateCache()
    /// When workspaces may be created.
    public let createTurns = CreateTurns()

    /// A client that sends by this HTTP client.
    public init(http: HTTPClient, configuration: Configuration) {
        self.http = http
        self.configuration = configuration
        var base = configuration.baseURL[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        if base.hasSuffix("/api/v2") { base = base.dropLast("/api/v2".count) }
        baseURL = String(base)
    }
}

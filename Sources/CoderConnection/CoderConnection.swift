public import CoderAPI
public import HTTPClient
public import Secrets
public import StageKit
import Topology

/// What a stage needs to talk to Coder, made from its flags, its environment and the topology file.
public struct CoderConnection: Sendable {
    /// Sends the calls; run it as a service.
    public let http: HTTPClient
    /// The calls.
    public let client: CoderClient
    /// Opens sealed tokens.
    public let openingKey: TokenSeal.PrivateKey?

    /// Resolves the settings and checks that the secrets can be read.
    ///
    /// - Parameters:
    ///   - process: the stage's process.
    ///   - options: its flags.
    ///   - environment: its environment.
    /// - Throws: `SettingsError` or `SecretError` with the remedy.
    public init(_ process: StageProcess, _ options: CoderOptions, environment: [String: String]) throws {
        let topology = process.topology
        let settings = Settings(
            flags: [
                "coder.url": options.coderURL, "coder.session.token.file": options.coderTokenFile,
                "coder.owner": options.coderOwner, "seal.private.key.file": options.openingKey,
            ],
            environment: environment,
            topology: [
                "coder.url": topology.coder.url, "coder.session.token.file": topology.coder.tokenFile,
                "coder.owner": topology.coder.owner, "seal.private.key.file": topology.seal.privateKeyFile,
            ]
        )
        let url = try settings.required(
            "coder.url",
            remedy: "set CODER_URL (or --coder-url, or coder.url in the topology file)"
        )
        guard let token = settings.secret("coder.session.token") else {
            throw SettingsError(
                what: "Coder's session token is not set: set CODER_SESSION_TOKEN or CODER_SESSION_TOKEN_FILE "
                    + "(or --coder-token-file, or coder.token_file in the topology file)"
            )
        }
        _ = try token.read()
        http = HTTPClient(configuration: .init())
        client = CoderClient(
            http: http,
            configuration: .init(baseURL: url, owner: settings.text("coder.owner") ?? "me", token: { try token.read() })
        )
        openingKey = try settings.text("seal.private.key.file").map {
            try TokenSeal.PrivateKey(base64: SecretFile(path: $0).read())
        }
    }
}

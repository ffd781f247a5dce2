public import ArgumentParser

/// The flags of a stage that talks to Coder.
public struct CoderOptions: ParsableArguments {
    /// What `--help` says of where settings come from.
    public static let discussion = """
        A flag beats the environment, the environment beats the topology file.

          flag                environment               topology file
          --coder-url         CODER_URL                 coder.url
          --coder-token-file  CODER_SESSION_TOKEN_FILE  coder.token_file   (or the token itself in CODER_SESSION_TOKEN)
          --coder-owner       CODER_OWNER               coder.owner
          --opening-key       SEAL_PRIVATE_KEY_FILE     seal.private_key_file

        Token files are read anew when they change; a token is never given as an argument.
        """

    /// Where Coder is.
    @Option(help: ArgumentHelp("Where Coder is, such as https://coder.example.", valueName: "url"))
    public var coderURL: String?
    /// The file with the session token.
    @Option(help: ArgumentHelp("A file with Coder's session token.", valueName: "file"))
    public var coderTokenFile: String?
    /// Whose workspaces they are.
    @Option(help: ArgumentHelp("Whose workspaces: me, a user's name or id.", valueName: "user"))
    public var coderOwner: String?
    /// The file with the key that opens sealed tokens.
    @Option(
        help: ArgumentHelp("A file with the private key that opens sealed target_service_tokens.", valueName: "file")
    )
    public var openingKey: String?

    /// Options that say nothing.
    public init() {}
}

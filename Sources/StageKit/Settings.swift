import Configuration
public import Secrets

/// Settings of one process: a flag beats the environment, the environment beats the topology file.
///
/// A key of dots is an environment name of underscores: `coder.session.token` is `CODER_SESSION_TOKEN`.
public struct Settings: Sendable {
    private let reader: ConfigReader

    /// Settings from these places.
    ///
    /// - Parameters:
    ///   - flags: by key, only those that were given.
    ///   - environment: the process's environment; the executable reads it.
    ///   - topology: by key, what the topology file says.
    public init(flags: [String: String?], environment: [String: String], topology: [String: String?]) {
        // A variable that is set to nothing is a variable that is not set: that is how shells unset in a hurry.
        let variables = environment.filter { !$0.value.isEmpty }
        reader = ConfigReader(providers: [
            InMemoryProvider(name: "flags", values: Self.values(flags)),
            EnvironmentVariablesProvider(environmentVariables: variables, secretsSpecifier: .all),
            InMemoryProvider(name: "topology", values: Self.values(topology)),
        ])
    }

    private static func values(_ texts: [String: String?]) -> [AbsoluteConfigKey: ConfigValue] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (key, text) in texts {
            guard let text else { continue }
            values[AbsoluteConfigKey(key.split(separator: ".").map(String.init))] = ConfigValue(
                .string(text),
                isSecret: false
            )
        }
        return values
    }

    /// The text of a key; nil where nobody says.
    public func text(_ key: String) -> String? { reader.string(forKey: ConfigKey(stringLiteral: key)) }

    /// The text of a key that must be there.
    ///
    /// - Parameters:
    ///   - key: the key.
    ///   - remedy: where to say it, for the error.
    /// - Returns: the text.
    /// - Throws: ``SettingsError`` where nobody says.
    public func required(_ key: String, remedy: String) throws(SettingsError) -> String {
        guard let text = text(key) else { throw SettingsError(what: "\(key) is not set: \(remedy)") }
        return text
    }

    /// A secret: its text from `key`, or the file that `key.file` names; nil where neither is said.
    ///
    /// - Parameters:
    ///   - key: the key.
    ///   - hasLines: whether the file may have more than one line.
    /// - Returns: where it comes from.
    public func secret(_ key: String, hasLines: Bool = false) -> SecretSource? {
        if let text = reader.string(forKey: ConfigKey(stringLiteral: key), isSecret: true) { return .fixed(text) }
        return text("\(key).file").map { .file(SecretFile(path: $0, hasLines: hasLines)) }
    }
}

/// Why a process cannot be set up.
public struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is missing or wrong, and where to say it.
    public var what: String

    /// An error that says this.
    public init(what: String) { self.what = what }

    /// What is missing or wrong.
    public var description: String { what }
}

import Secrets
public import Topology
public import ZeroMQ

/// How a process's sockets are protected: by CURVE with its own key and those of the servers, or not at all.
public struct LinkSecurity: Sendable {
    /// A process that others connect to.
    public enum Server: String, Sendable, CaseIterable {
        /// Deliveries and answers.
        case intake
        /// Samples.
        case metricsSink = "metrics-sink"
    }

    private let own: CurveKeyPair?
    private let servers: [Server: String]
    /// The addresses beyond this machine that are used without protection, because a flag says so.
    let exposed: [String]

    /// Resolves the settings and reads the keys.
    ///
    /// - Parameters:
    ///   - process: `intake`, `metrics-sink`, or the stage's name.
    ///   - topology: where the sockets are.
    ///   - options: the process's flags.
    ///   - environment: its environment.
    /// - Throws: `SettingsError` where a socket would leave the machine unprotected or a key is missing, `SecretError`
    ///   where a file cannot be read.
    public init(
        process: String,
        topology: Topology,
        options: CurveOptions,
        environment: [String: String]
    ) throws {
        let settings = Settings(
            flags: [
                "curve.key.file": options.curveKeyFile, "curve.intake.key.file": options.curveIntakeKeyFile,
                "curve.sink.key.file": options.curveSinkKeyFile,
                "insecure.plain.tcp": options.insecurePlainTCP ? "1" : nil,
            ],
            environment: environment,
            topology: [
                "curve.key.file": topology.curve?.secretFile(of: process),
                "curve.intake.key.file": topology.curve?.publicFile(of: Server.intake.rawValue),
                "curve.sink.key.file": topology.curve?.publicFile(of: Server.metricsSink.rawValue),
            ]
        )
        guard let keyFile = settings.text("curve.key.file") else {
            own = nil
            servers = [:]
            exposed = Self.sockets(of: process, topology).filter { !$0.isLocal }.map(\.description)
            guard exposed.isEmpty || settings.text("insecure.plain.tcp") == "1" else {
                throw Self.refusal(process, exposed)
            }
            return
        }
        let own = try Self.pair(keyFile)
        self.own = own
        exposed = []
        var servers: [Server: String] = [:]
        for server in Server.allCases {
            guard process != server.rawValue else {
                servers[server] = own.publicKey
                continue
            }
            guard process != Server.metricsSink.rawValue else { continue }
            let (setting, flag) =
                switch server {
                case .intake: ("curve.intake.key.file", "--curve-intake-key-file FILE")
                case .metricsSink: ("curve.sink.key.file", "--curve-sink-key-file FILE")
                }
            servers[server] = try Self.publicKey(settings.required(setting, remedy: "give \(flag)"))
        }
        self.servers = servers
    }

    /// Whether the sockets are encrypted.
    public var isEncrypted: Bool { own != nil }

    /// For a socket that connects to a server.
    ///
    /// - Throws: ``SettingsError`` where this process has no business there.
    public func connecting(to server: Server) throws -> SocketOptions.Security {
        guard let own else { return .null }
        guard let key = servers[server] else {
            throw SettingsError(
                what: "the public key of \(server.rawValue) is not set: give --curve-intake-key-file FILE"
            )
        }
        return .curve(try .client(own, serverKey: key))
    }

    /// For a socket that binds.
    public var binding: SocketOptions.Security { own.map { .curve(.server($0)) } ?? .null }

    /// The sockets that a process binds and connects.
    static func sockets(of process: String, _ topology: Topology) -> [SocketAddress] {
        switch process {
        case Server.metricsSink.rawValue: [topology.metrics.samples]
        case Server.intake.rawValue:
            [topology.intake.answers] + topology.stages.map(\.deliveries) + [topology.metrics.samples]
        default:
            [topology.intake.answers] + topology.stages.filter { $0.name == process }.map(\.deliveries)
                + [topology.metrics.samples]
        }
    }

    private static func refusal(_ process: String, _ exposed: [String]) -> SettingsError {
        SettingsError(
            what:
                "\(process) does not use \(exposed.joined(separator: ", ")) without keys, since whoever reaches it could "
                + "read incidents and settle deliveries: make keys with `mendline keys new` and add a `curve` section to "
                + "the topology file, or say --insecure-plain-tcp"
        )
    }

    private static func pair(_ file: String) throws -> CurveKeyPair {
        let text = try SecretFile(path: file).read()
        do {
            return try CurveKeyPair(secretKey: text)
        } catch {
            throw SettingsError(what: "\(file) holds no secret CURVE key: make one with `mendline keys new`")
        }
    }

    private static func publicKey(_ file: String) throws -> String {
        let text = try SecretFile(path: file).read()
        guard AdmittedKeys.isKey(text) else {
            throw SettingsError(
                what: "\(file) holds no public CURVE key: put the .public file of `mendline keys new` there"
            )
        }
        return text
    }
}

/// What runs where: the stages and what they take, addresses, limits, and the outside systems.
///
/// It is made from a YAML file by ``load(path:data:)``; every path and address in it is complete, every number in
/// range, and the routes make a pipeline that can end what it begins.
public struct Topology: Hashable, Sendable {
    /// Its name, told in logs and by `mendline up`.
    public var name: String
    /// The file it was read from.
    public var file: String
    /// The data folder that `{data}` stood for.
    public var data: String
    /// The process that owns the ledger.
    public var intake: IntakeConfiguration
    /// The process that exposes metrics.
    public var metrics: MetricsConfiguration
    /// The stages in the order of the file.
    public var stages: [StageConfiguration]
    /// Bounds of time and number.
    public var limits: Limits
    /// The Coder that runs the workspaces.
    public var coder: CoderConfiguration
    /// The incident system that is told.
    public var incidentAPI: IncidentAPIConfiguration
    /// Where log lines go too; nil for nowhere.
    public var loki: LokiConfiguration?
    /// The keys that seal a target service's token.
    public var seal: SealConfiguration
    /// The keys of the sockets; nil where they are plain.
    public var curve: CurveConfiguration?
    /// The policy file, an absolute path where the topology's is.
    public var policy: String
    /// Simulators to start beside the stages; nil where the outside systems are real.
    public var simulators: SimulatorConfiguration?
    /// What a person should look at, in the order of the file.
    public var warnings: [ConfigurationProblem]

    /// Which stages take an event, by the event's type; the names in the order of the file.
    public var routes: [String: [String]] {
        var routes: [String: [String]] = [:]
        for stage in stages {
            for type in stage.takes { routes[type, default: []].append(stage.name) }
        }
        return routes
    }

    /// The stage of a name.
    public func stage(_ name: String) -> StageConfiguration? {
        stages.first { $0.name == name }
    }
}

/// The `intake` section.
public struct IntakeConfiguration: Hashable, Sendable {
    /// Where the HTTP API listens.
    public var listen: ListenAddress
    /// Where stages push settlements, progress and heartbeats; intake binds it.
    public var answers: SocketAddress
    /// The ledger's SQLite file.
    public var database: String
    /// A file with the bearer tokens that callers must show, one a line; nil for none.
    ///
    /// With neither tokens nor signature keys intake listens on loopback only.
    public var tokenFile: String?
    /// A file with the keys that senders sign bodies with, one a line; nil for none.
    public var signatureKeysFile: String?
    /// What the HTTP API takes on at once, and how long it waits.
    public var http: HTTPBounds
    /// How long after its end an incident is kept in the ledger; at least ``Limits/hold``.
    public var keepIncidents: Duration

    /// The shortest and the longest time that incidents can be kept.
    public static let keepRange: ClosedRange<Duration> = .seconds(1) ... .seconds(3_650 * 86_400)
}

/// The `intake.http` section: beyond these bounds callers are put off or cut off.
public struct HTTPBounds: Hashable, Sendable {
    /// So many connections are open at once; for another one the longest idle one is closed.
    public var connections: Int
    /// So many requests are in progress at once; another one is answered 503.
    public var requests: Int
    /// How long a new connection may take to send the head of its first request.
    public var headerTime: Duration
    /// How long a body may take.
    public var bodyTime: Duration
    /// How long a connection may wait between requests, and an answer for a reader that does not read.
    public var idleTime: Duration

    /// The defaults.
    public static let standard = HTTPBounds(
        connections: 12_288,
        requests: 1_024,
        headerTime: .seconds(10),
        bodyTime: .seconds(30),
        idleTime: .seconds(60)
    )
    /// What numbers of connections there may be.
    public static let connectionRange = 16...1_000_000
    /// What numbers of requests there may be.
    public static let requestRange = 1...100_000
    /// What lengths of time there may be.
    public static let timeRange: ClosedRange<Duration> = .milliseconds(100) ... .seconds(3_600)

    /// Bounds of these sizes.
    public init(connections: Int, requests: Int, headerTime: Duration, bodyTime: Duration, idleTime: Duration) {
        self.connections = connections
        self.requests = requests
        self.headerTime = headerTime
        self.bodyTime = bodyTime
        self.idleTime = idleTime
    }
}

/// The `metrics` section.
public struct MetricsConfiguration: Hashable, Sendable {
    /// Where Prometheus scrapes.
    public var listen: ListenAddress
    /// Where every process pushes its samples; the metrics-sink binds it.
    public var samples: SocketAddress
}

/// One entry of the `stages` section.
public struct StageConfiguration: Hashable, Sendable {
    /// `^[a-z][a-z0-9-]{0,30}$`.
    public var name: String
    /// The types of event it is handed, in the order of the file; never empty.
    public var takes: [String]
    /// The types of event a replacement stage causes beyond those that Mendline's own cause.
    public var emits: [String]
    /// Where intake pushes its deliveries; intake binds it.
    public var deliveries: SocketAddress
    /// How many processes `mendline up` starts; 0 where others start them.
    public var processes: Int
    /// How many deliveries one process is willing to hold.
    public var capacity: Int
    /// How long a delivery stays with a holder that is silent.
    public var lease: Duration
    /// How failures that may be retried are.
    public var retry: RetryConfiguration
    /// A delivery that has been open longer is exhausted; nil for as long as the incident lives.
    public var giveUpAfter: Duration?
    /// Whether its deliveries carry the sealed token of the target service.
    public var secrets: Bool
    /// Program and arguments; nil for Mendline's own binary of this name.
    public var command: [String]?
    /// What only this stage understands.
    public var settings: [String: String]

    /// What capacities there may be.
    public static let capacityRange = 1...10_000
}

/// Back-off: waits double from `first` to `most`, each with jitter.
public struct RetryConfiguration: Hashable, Sendable {
    /// How often a delivery is tried in all.
    public var attempts: Int
    /// The wait after the first failure.
    public var first: Duration
    /// The longest wait.
    public var most: Duration

    /// A back-off.
    public init(attempts: Int, first: Duration, most: Duration) {
        self.attempts = attempts
        self.first = first
        self.most = most
    }
}

/// The `limits` section.
public struct Limits: Hashable, Sendable {
    /// An incident without a plan by then ends.
    public var decideWithin: Duration
    /// After a cancel or a deadline: how long the stop may take before the verdict is `unknown`.
    public var stopGrace: Duration
    /// How long a stopped workspace keeps its name.
    public var hold: Duration
    /// How long a report may wait for the incident system.
    public var reportWithin: Duration
    /// Beyond so many open incidents intake answers 503.
    public var openIncidents: Int
}

/// The `coder` section.
public struct CoderConfiguration: Hashable, Sendable {
    /// Without a slash at the end; nil where the environment gives it (`CODER_URL`).
    public var url: String?
    /// The template of playbooks that name none: a name or an id.
    public var template: String
    /// Whose workspaces: a user name, an id, or `me`.
    public var owner: String
    /// A file with the session token; nil where the environment gives it (`CODER_SESSION_TOKEN`).
    public var tokenFile: String?
    /// How people open a workspace; may hold `{url}`, `{owner}`, `{workspace_name}`, `{workspace_id}`.
    public var workspaceURL: String
}

/// The `incident_api` section.
public struct IncidentAPIConfiguration: Hashable, Sendable {
    /// What is done where the answer to a report was lost.
    public enum Duplicates: String, Hashable, Sendable, CaseIterable {
        /// Read the comments first.
        case look
        /// Repeat; the server knows `Idempotency-Key`.
        case key
        /// Never repeat.
        case atMostOnce = "at-most-once"
    }

    /// Without a slash at the end; nil where the environment gives it (`STREAM_A_URL`).
    public var url: String?
    /// A file with the API key; nil where the environment gives it (`STREAM_A_API_KEY`).
    public var keyFile: String?
    /// What is done where the answer to a report was lost.
    public var duplicates: Duplicates
}

/// The `loki` section.
public struct LokiConfiguration: Hashable, Sendable {
    /// Without a slash at the end.
    public var url: String
}

/// The `seal` section: the pair of keys (HPKE) that `target_service_token` is sealed with.
public struct SealConfiguration: Hashable, Sendable {
    /// Read by intake.
    public var publicKeyFile: String
    /// Read by the stages with `secrets: true`.
    public var privateKeyFile: String

    /// Keys in these files.
    public init(publicKeyFile: String, privateKeyFile: String) {
        self.publicKeyFile = publicKeyFile
        self.privateKeyFile = privateKeyFile
    }
}

/// The `curve` section: the keys by which the sockets know each other (CURVE).
public struct CurveConfiguration: Hashable, Sendable {
    /// The folder of the keys: a process NAME reads `NAME.secret`, those who connect `intake.public` and
    /// `metrics-sink.public`.
    public var keys: String
    /// The file of the public keys that are let in, each with whom it may speak for; read by intake and the metrics-sink.
    public var admittedFile: String

    /// Keys in this folder, and that file.
    public init(keys: String, admittedFile: String) {
        self.keys = keys
        self.admittedFile = admittedFile
    }

    /// The file of a process's secret key.
    public func secretFile(of process: String) -> String { "\(keys)/\(process).secret" }

    /// The file of a process's public key.
    public func publicFile(of process: String) -> String { "\(keys)/\(process).public" }
}

/// The `simulators` section.
public struct SimulatorConfiguration: Hashable, Sendable {
    /// How the simulator of Coder behaves.
    public enum Profile: String, Hashable, Sendable, CaseIterable {
        /// Fast builds, many builders, no rate limit.
        case fast
        /// Coder's own limits.
        case coder
    }

    /// The simulator of Coder.
    public struct Coder: Hashable, Sendable {
        /// Where it listens.
        public var listen: ListenAddress
        /// How it behaves.
        public var profile: Profile
        /// The folder of the scripts it really runs; nil to run none.
        public var scripts: String?

        /// A simulator that listens there.
        public init(listen: ListenAddress, profile: Profile, scripts: String?) {
            self.listen = listen
            self.profile = profile
            self.scripts = scripts
        }
    }

    /// The simulator of the incident system.
    public struct Incident: Hashable, Sendable {
        /// Where it listens.
        public var listen: ListenAddress

        /// A simulator that listens there.
        public init(listen: ListenAddress) { self.listen = listen }
    }

    /// Nil where Coder is real.
    public var coder: Coder?
    /// Nil where the incident system is real.
    public var incident: Incident?

    /// These simulators.
    public init(coder: Coder? = nil, incident: Incident? = nil) {
        self.coder = coder
        self.incident = incident
    }
}

/// What the environment of a stage's process tells it, whatever language it is written in.
///
/// `mendline up` and `mendline stage` set these variables for every stage; Mendline's own stages take them before what the
/// topology file says.
public struct StageEnvironment: Hashable, Sendable {
    /// The stage's name: `MENDLINE_STAGE`.
    public var stage: String
    /// Where its PULL socket connects to: `MENDLINE_DELIVERIES`.
    public var deliveries: SocketAddress
    /// Where its PUSH socket connects to: `MENDLINE_ANSWERS`.
    public var answers: SocketAddress
    /// Where its samples go: `MENDLINE_SAMPLES`.
    public var samples: SocketAddress
    /// How many deliveries one process should hold: `MENDLINE_CAPACITY`.
    public var capacity: Int
    /// The stage's `settings`, each as `MENDLINE_SETTING_NAME`.
    public var settings: [String: String]

    /// What a stage of a topology is told.
    public init(_ stage: StageConfiguration, in topology: Topology) {
        self.stage = stage.name
        deliveries = stage.deliveries
        answers = topology.intake.answers
        samples = topology.metrics.samples
        capacity = stage.capacity
        settings = stage.settings
    }

    /// The variables by name.
    public var variables: [String: String] {
        var variables = [
            Name.stage: stage, Name.deliveries: "\(deliveries)", Name.answers: "\(answers)",
            Name.samples: "\(samples)", Name.capacity: "\(capacity)",
        ]
        for (name, value) in settings { variables[Self.variable(ofSetting: name)] = value }
        return variables
    }

    /// `MENDLINE_SETTING_RETRY_LIMIT` of `retry-limit`: capitals, and an underscore for a dot or a dash.
    public static func variable(ofSetting name: String) -> String {
        Name.settings + name.uppercased().map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
    }

    fileprivate enum Name {
        static let stage = "MENDLINE_STAGE"
        static let deliveries = "MENDLINE_DELIVERIES"
        static let answers = "MENDLINE_ANSWERS"
        static let samples = "MENDLINE_SAMPLES"
        static let capacity = "MENDLINE_CAPACITY"
        static let settings = "MENDLINE_SETTING_"
    }
}

extension Topology {
    /// The topology as a process of the stage sees it: what its environment says beats the file.
    ///
    /// The variables count only where `MENDLINE_STAGE` names the stage: else they are meant for another process.
    ///
    /// - Parameters:
    ///   - environment: The process's environment.
    ///   - name: The stage that the process is of.
    /// - Returns: The topology with the addresses and the capacity of the environment.
    /// - Throws: ``ConfigurationProblems`` that name the variable that cannot be used.
    public func told(
        by environment: [String: String],
        stage name: String
    ) throws(ConfigurationProblems) -> Topology {
        typealias Name = StageEnvironment.Name
        guard environment[Name.stage] == name else { return self }
        var topology = self
        if let address = try Self.address(Name.answers, environment) { topology.intake.answers = address }
        if let address = try Self.address(Name.samples, environment) { topology.metrics.samples = address }
        // The metrics-sink takes no deliveries.
        guard let index = stages.firstIndex(where: { $0.name == name }) else { return topology }
        if let address = try Self.address(Name.deliveries, environment) { topology.stages[index].deliveries = address }
        if let text = environment[Name.capacity], !text.isEmpty {
            guard let capacity = Int(text), StageConfiguration.capacityRange.contains(capacity) else {
                throw Self.problem(Name.capacity, text, "write a number from 1 to 10000")
            }
            topology.stages[index].capacity = capacity
        }
        return topology
    }

    private static func address(
        _ name: String,
        _ environment: [String: String]
    ) throws(ConfigurationProblems) -> SocketAddress? {
        guard let text = environment[name], !text.isEmpty else { return nil }
        guard let address = SocketAddress(text) else {
            throw problem(name, text, "write ipc:// and an absolute path, or tcp://HOST:PORT")
        }
        return address
    }

    private static func problem(_ name: String, _ text: String, _ remedy: String) -> ConfigurationProblems {
        ConfigurationProblems([
            ConfigurationProblem(
                file: "the environment",
                line: 0,
                column: 0,
                message: "\(name) is \"\(text.prefix(200))\"",
                remedy: remedy
            )
        ])
    }
}

public import ArgumentParser
public import Logging

/// The flags that every process of a topology has.
public struct StageOptions: ParsableArguments {
    /// The topology file.
    @Option(help: "The topology file: which stages there are, and where intake and the metrics-sink are.")
    public var topology = "topology/local.yaml"

    /// The data folder.
    @Option(help: "The data folder, which {data} stands for in the topology file.")
    public var data = "var"

    /// The name of the process.
    @Option(
        help: ArgumentHelp(
            "The name of this process, unique among all; by default host and process id.",
            valueName: "name"
        )
    )
    public var instance: String?

    /// The least severe level that is logged.
    @Option(
        help: ArgumentHelp("Log this level and above: trace, debug, info, notice, warning, error.", valueName: "level")
    )
    public var logLevel: Logger.Level = .info

    /// Whether to end before the work begins.
    @Flag(help: "Read and check the configuration, say what is wrong with it, and end.")
    public var check = false

    /// How the sockets are protected.
    @OptionGroup(title: "Encrypted sockets")
    public var curve: CurveOptions

    /// Options as their defaults say.
    public init() {}
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

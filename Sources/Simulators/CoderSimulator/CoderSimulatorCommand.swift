public import ArgumentParser
import Foundation
import Logging
import SimulatorKit

/// Written as `coder-simulator`.
public struct CoderSimulatorCommand: AsyncParsableCommand {
    enum Profile: String, ExpressibleByArgument, CaseIterable {
        case fast, coder
    }

    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "coder-simulator",
        abstract: "A Coder for one machine, whose workspaces really run the remediation scripts.",
        discussion: """
            Serves the part of Coder's API (2.28) that a remediation needs and behaves like it: builds wait for a \
            builder, agents connect later, logs have limits, what is deleted is gone. On the start of an agent it runs \
            SCRIPTS/run.sh with the workspace's parameters in upper case as environment variables, and takes the \
            script's output as agent logs and its exit code as the outcome.

            When it is ready it prints one line, "listening on http://HOST:PORT"; its log goes to standard error. \
            SIGTERM and SIGINT end it, with every script that it runs.

            Without a token, for tests: GET and PATCH /_simulator/faults show and change all delays and faults while it \
            runs; GET /_simulator/counts tells requests and effects apart, per incident; POST \
            /_simulator/workspaces/ID/vanish, /restart-agent and /lose-agent do what they say.

            example: coder-simulator --listen 127.0.0.1:8080 --token-file token --scripts deploy/template/scripts
            """
    )

    @Option(help: ArgumentHelp("Where to listen; port 0 lets the system choose.", valueName: "host:port"))
    var listen = ListenAddress(host: "127.0.0.1", port: 8080)
    @Option(
        help: ArgumentHelp(
            "A file with the session token to accept; without it CODER_SIMULATOR_TOKEN.",
            valueName: "file"
        )
    )
    var tokenFile: String?
    @Option(
        help:
            "fast: build 0.2 s, agent 0.1 s, 16 builders, no rate limit. coder: build 5 s, agent 1 s, 3 builders, 512 requests a minute and path."
    )
    var profile = Profile.fast
    @Option(
        help: ArgumentHelp(
            "The folder with run.sh; none runs nothing, and every script ends with 0.",
            valueName: "dir|none"
        )
    )
    var scripts: String
    @Option(help: ArgumentHelp("Where the folders of workspaces are made.", valueName: "dir"))
    var work: String?
    @Option(help: ArgumentHelp("A template's name; may be given more than once.", valueName: "name"))
    var template: [String] = ["remediation"]
    @Option(
        help: ArgumentHelp(
            "A parameter that the templates declare beside their own; may be given more than once.",
            valueName: "name"
        )
    )
    var extra: [String] = []
    @Option(help: "How long a build takes: 200ms, 5s, or never.")
    var buildTime: Delay?
    @Option(help: "How long an agent takes to connect: 100ms, 1s, or never.")
    var agentTime: Delay?
    @Option(help: "How many builds run at once.")
    var builders: Int?
    @Option(help: "How long a script seems to run, with --scripts none only: 60s, or never. Default: it ends at once.")
    var scriptTime: Delay?
    @Option(help: "How many scripts run at once; agents beyond that connect later. 0 is no limit.")
    var scriptsAtOnce: Int?
    @Option(help: "Requests a minute for each client address and path; 0 is no limit.")
    var rateLimit: Int?
    @Flag(help: "Start builds end with a Terraform error.")
    var failBuild = false
    @Flag(help: "Agents never connect.")
    var noAgent = false
    @Flag(help: "Each agent restarts once and runs its script again.")
    var restartAgent = false
    @Option(help: "How long after the agent's first connection --restart-agent comes.")
    var restartAfter: Delay?
    @Option(help: "When exit codes can be read: now, late (--timings-delay), or never.")
    var timings = TimingsMode.now
    @Option(help: "How late is late.")
    var timingsDelay: Delay?
    @Option(help: "Seconds until an agent that has not connected counts as timed out.")
    var connectionTimeout: Int?
    @Option(help: "How often the lines of a script are sent.")
    var logInterval: Delay?
    @Option(help: "Lines of noise in every build's log.")
    var buildLogLines: Int?
    @OptionGroup(title: "Faults of answers") var faultOptions: FaultOptions
    @Option(help: "debug, info, warning or error.")
    var logLevel = "warning"

    /// For the parser.
    public init() {}

    /// Refuses what cannot work before anything is started.
    public func validate() throws {
        let problems = faults.problems
        guard problems.isEmpty else { throw ValidationError(problems.joined(separator: "; ")) }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level \(logLevel) is none of debug, info, warning, error")
        }
        for name in template where !isValidName(name) {
            throw ValidationError("--template \(name) is no name that Coder allows: letters, digits and single dashes")
        }
        if scriptTime != nil, scripts != "none" {
            throw ValidationError("--script-time is for --scripts none: what is really run takes its own time")
        }
        if scripts != "none", !FileManager.default.isExecutableFile(atPath: "\(scripts)/run.sh") {
            throw ValidationError(
                "--scripts \(scripts) has no executable run.sh; give the folder of the template's scripts, or none"
            )
        }
    }

    /// Runs until SIGTERM or SIGINT.
    public func run() async throws {
        let token = try secretText(
            file: tokenFile,
            variable: "CODER_SIMULATOR_TOKEN",
            environment: ProcessInfo.processInfo.environment,
            flag: "--token-file"
        )
        let work = absolute(work ?? FileManager.default.temporaryDirectory.path)
        var configuration = CoderSimulator.Configuration(
            token: token,
            scripts: scripts == "none" ? nil : absolute(scripts),
            work: work
        )
        configuration.listen = listen
        configuration.templates = template
        configuration.extraParameters = extra
        configuration.faults = faults
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "coder-simulator")
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .warning
        try await runSimulator(
            CoderSimulator(configuration: configuration, logger: logger, onReady: announce),
            logger: logger
        )
    }

    private var faults: CoderFaults {
        var faults = profile == .fast ? CoderFaults.fast : .coder
        faults.buildTime = buildTime ?? faults.buildTime
        faults.agentTime = agentTime ?? faults.agentTime
        faults.builders = builders ?? faults.builders
        faults.scriptTime = scriptTime ?? faults.scriptTime
        faults.scriptsAtOnce = scriptsAtOnce ?? faults.scriptsAtOnce
        faults.rateLimit = rateLimit ?? faults.rateLimit
        faults.logInterval = logInterval ?? faults.logInterval
        faults.failBuild = failBuild
        faults.noAgent = noAgent
        faults.restartAgent = restartAgent
        faults.restartAfter = restartAfter ?? faults.restartAfter
        faults.timings = timings
        faults.timingsDelay = timingsDelay ?? faults.timingsDelay
        faults.connectionTimeout = connectionTimeout ?? faults.connectionTimeout
        faults.buildLogLines = buildLogLines ?? faults.buildLogLines
        faults.answers = faultOptions.faults
        return faults
    }

    /// Scripts start in their workspace's folder, so that a relative path would not lead anywhere.
    private func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).path
    }
}

extension TimingsMode: ExpressibleByArgument {}

// swift-tools-version: 6.3
import PackageDescription

/// Which targets there are and what each may import.
///
/// Arrows point down only: executables → stages → StageKit, Ledger → outside APIs → Messages → C libraries. A stage
/// never imports another one.
let package = Package(
    name: "mendline",
    products: [
        .executable(name: "intake", targets: ["IntakeMain"]),
        .executable(name: "validator", targets: ["ValidatorMain"]),
        .executable(name: "provisioner", targets: ["ProvisionerMain"]),
        .executable(name: "log-collector", targets: ["LogCollectorMain"]),
        .executable(name: "reporter", targets: ["ReporterMain"]),
        .executable(name: "metrics-sink", targets: ["MetricsSinkMain"]),
        .executable(name: "mendline", targets: ["MendlineMain"]),
        .executable(name: "coder-simulator", targets: ["CoderSimulatorMain"]),
        .executable(name: "incident-simulator", targets: ["IncidentSimulatorMain"]),
        // Loaded into a program under test, which is why it is a library of its own
        .library(name: "DiskRecorder", type: .dynamic, targets: ["DiskRecorder"]),
        // What benchmarks/micro measures by itself.
        .library(name: "MendlineParts", targets: ["HTTPClient", "Ledger", "Messages", "MetricsCore", "ZeroMQ"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        // C libraries
        .systemLibrary(name: "CZeroMQ", path: "Sources/CZeroMQ"),
        .systemLibrary(name: "CCurl", path: "Sources/CCurl"),
        // Wrappers, the wire contract, configuration
        .target(name: "ZeroMQ", dependencies: ["CZeroMQ", .deque, .serviceLifecycle]),
        .target(name: "HTTPClient", dependencies: ["CCurl", .serviceLifecycle]),
        .target(name: "Messages", dependencies: [.crypto]),
        .target(name: "Topology", dependencies: [.yams]),
        .target(name: "MetricsCore", dependencies: [.metrics], path: "Sources/Metrics"),
        .target(name: "Secrets", dependencies: [.crypto]),
        // Outside systems
        .target(name: "CoderAPI", dependencies: ["HTTPClient"]),
        .target(name: "IncidentAPI", dependencies: ["HTTPClient", "Messages"]),
        // The ledger and the worker
        .target(name: "Ledger", dependencies: ["Messages", .grdb, .heap, .logging]),
        .target(
            name: "StageKit",
            dependencies: [
                "Messages", "MetricsCore", "Secrets", "Topology", "ZeroMQ", .argumentParser, .configuration, .logging,
                .metrics, .serviceLifecycle,
            ]
        ),
        // Stages
        .target(
            name: "Intake",
            dependencies: [
                "HTTPClient", "Ledger", "Messages", "MetricsCore", "Secrets", "StageKit", "Topology", "ZeroMQ",
                .crypto, .deque, .hummingbird, .logging, .metrics, .serviceLifecycle,
            ]
        ),
        .target(name: "Validator", dependencies: ["Messages", "StageKit", "Topology", .logging]),
        .target(
            name: "Provisioner",
            dependencies: ["CoderAPI", "HTTPClient", "Messages", "Secrets", "StageKit", .logging]
        ),
        .target(
            name: "LogCollector",
            dependencies: ["CoderAPI", "HTTPClient", "Messages", "Secrets", "StageKit", .logging, .serviceLifecycle]
        ),
        .target(
            name: "CoderConnection",
            dependencies: ["CoderAPI", "HTTPClient", "Secrets", "StageKit", "Topology", .argumentParser]
        ),
        .target(
            name: "Reporter",
            dependencies: ["HTTPClient", "IncidentAPI", "Messages", "Secrets", "StageKit", .logging]
        ),
        .target(
            name: "MetricsSink",
            dependencies: [
                "Messages", "MetricsCore", "StageKit", "ZeroMQ", .hummingbird, .logging, .serviceLifecycle,
            ]
        ),
        // The command line
        .target(
            name: "CommandLineTool",
            dependencies: [
                "CoderAPI", "HTTPClient", "Ledger", "Messages", "Secrets", "Topology", "ZeroMQ", .argumentParser,
                .hdrHistogram, .logging, .subprocess,
            ]
        ),
        // Simulators of the outside systems: they share nothing with the clients they test
        .target(
            name: "SimulatorKit",
            dependencies: [.hummingbird, .logging, .serviceLifecycle, .argumentParser],
            path: "Sources/Simulators/SimulatorKit"
        ),
        .target(
            name: "CoderSimulator",
            dependencies: [
                "SimulatorKit", .argumentParser, .hummingbird, .logging, .nioCore, .nioPosix, .serviceLifecycle,
                .subprocess,
            ],
            path: "Sources/Simulators/CoderSimulator"
        ),
        .target(
            name: "IncidentSimulator",
            dependencies: ["SimulatorKit", .argumentParser, .hummingbird, .logging, .serviceLifecycle],
            path: "Sources/Simulators/IncidentSimulator"
        ),
        // Executables
        .main("IntakeMain", "intake", ["Intake", "Messages", "Secrets", "StageKit", "Topology", .argumentParser]),
        .main("ValidatorMain", "validator", ["Messages", "StageKit", "Topology", "Validator", .argumentParser]),
        .main(
            "ProvisionerMain",
            "provisioner",
            [
                "CoderAPI", "CoderConnection", "HTTPClient", "Messages", "Provisioner", "Secrets", "StageKit",
                "Topology", .argumentParser,
            ]
        ),
        .main(
            "LogCollectorMain",
            "log-collector",
            [
                "CoderAPI", "CoderConnection", "HTTPClient", "LogCollector", "Messages", "Secrets", "StageKit",
                .argumentParser,
            ]
        ),
        .main(
            "ReporterMain",
            "reporter",
            ["HTTPClient", "Messages", "Reporter", "Secrets", "StageKit", "Topology", .argumentParser]
        ),
        .main("MetricsSinkMain", "metrics-sink", ["Messages", "MetricsSink", "StageKit", "Topology", .argumentParser]),
        .main("MendlineMain", "mendline", ["CommandLineTool"]),
        .executableTarget(
            name: "CoderSimulatorMain",
            dependencies: ["CoderSimulator", .argumentParser],
            path: "Sources/Simulators/coder-simulator-main"
        ),
        .executableTarget(
            name: "IncidentSimulatorMain",
            dependencies: ["IncidentSimulator", .argumentParser],
            path: "Sources/Simulators/incident-simulator-main"
        ),
        // Programs that measure
        .executableTarget(
            name: "CurveThroughput",
            dependencies: ["ZeroMQ"],
            path: "benchmarks/CurveThroughput"
        ),
        .executableTarget(
            name: "ledger-open",
            dependencies: ["Ledger", "Messages", .logging],
            path: "benchmarks/ledger-open"
        ),
        .executableTarget(name: "hop", dependencies: ["ZeroMQ"], path: "benchmarks/Hop"),
        .executableTarget(name: "hop-c", path: "benchmarks/HopC", linkerSettings: [.linkedLibrary("zmq")]),
        .executableTarget(name: "message-loop", dependencies: ["Messages"], path: "benchmarks/MessageLoop"),
        .executableTarget(
            name: "noop-stage",
            dependencies: ["Messages", "StageKit", .argumentParser],
            path: "benchmarks/NoopStage"
        ),
        // The outside systems, and a server that stores nothing, to measure against
        .executableTarget(
            name: "outside-stub",
            dependencies: [.argumentParser, .nioCore, .nioHTTP1, .nioPosix],
            path: "benchmarks/OutsideStub"
        ),
        .executableTarget(
            name: "accept-only",
            dependencies: ["Messages", .argumentParser, .hummingbird, .logging, .nioCore],
            path: "benchmarks/AcceptOnly"
        ),
        // Tests
        .testTarget(name: "MessagesTests", dependencies: ["Messages", "MetricsCore"]),
        // Gives back what the types make of a message, to hold them to the published schemas
        .executableTarget(
            name: "contract-echo",
            dependencies: ["Messages", "MetricsCore"],
            path: "Tests/ContractEcho"
        ),
        .testTarget(
            name: "LedgerTests",
            dependencies: ["Ledger", "LedgerAtWork", "Messages", "TestSupport", .grdb, .logging]
        ),
        .target(name: "DiskRecorder", path: "Tests/DiskRecorder", linkerSettings: [.linkedLibrary("dl")]),
        .executableTarget(
            name: "LedgerAtWork",
            dependencies: ["Ledger", "Messages", .logging],
            path: "Tests/LedgerAtWork"
        ),
        // The ledger and its surroundings on virtual time
        .target(name: "Simulation", dependencies: ["Ledger", "Messages", "StageKit"], path: "Tests/Simulation"),
        .executableTarget(name: "simulate", dependencies: ["Simulation", .argumentParser], path: "Tests/Simulate"),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Simulation", "simulate", "TestSupport"],
            exclude: ["failed-seeds.txt"]
        ),
        .testTarget(name: "TopologyTests", dependencies: ["Topology"]),
        .testTarget(name: "MetricsTests", dependencies: ["MetricsCore", "TestSupport", .metrics]),
        .testTarget(
            name: "ZeroMQTests",
            dependencies: ["CZeroMQ", "TestSupport", "ZeroMQ", .serviceLifecycle, .lifecycleTestKit]
        ),
        .testTarget(name: "HTTPClientTests", dependencies: ["CCurl", "HTTPClient", "TestSupport", .lifecycleTestKit]),
        .systemLibrary(name: "CSpawn", path: "Tests/CSpawn"),
        .target(name: "TestSupport", dependencies: ["CSpawn", .logging], path: "Tests/TestSupport"),
        .target(
            name: "CoderTestSupport",
            dependencies: ["CoderAPI", "HTTPClient", "Messages", "StageKit", "TestSupport", .logging],
            path: "Tests/CoderTestSupport"
        ),
        .testTarget(
            name: "CoderAPITests",
            dependencies: ["CoderAPI", "CoderTestSupport", "HTTPClient", "CoderSimulatorMain", "TestSupport"]
        ),
        .testTarget(
            name: "ProvisionerTests",
            dependencies: [
                "CoderAPI", "CoderSimulatorMain", "CoderTestSupport", "HTTPClient", "Messages", "Provisioner",
                "Secrets",
                "StageKit", "TestSupport",
            ]
        ),
        .testTarget(
            name: "LogCollectorTests",
            dependencies: [
                "CoderAPI", "CoderSimulatorMain", "CoderTestSupport", "HTTPClient", "LogCollector", "Messages",
                "Secrets", "StageKit", "TestSupport", .logging, .serviceLifecycle,
            ]
        ),
        .testTarget(name: "IncidentAPITests", dependencies: ["HTTPClient", "IncidentAPI", "IncidentSimulatorMain"]),
        .testTarget(
            name: "ReporterTests",
            dependencies: [
                "HTTPClient", "IncidentAPI", "IncidentSimulatorMain", "Messages", "Reporter", "Secrets", "StageKit",
                "TestSupport",
                .logging,
            ]
        ),
        .testTarget(name: "ValidatorTests", dependencies: ["Messages", "StageKit", "Topology", "Validator", .logging]),
        .testTarget(
            name: "CommandLineToolTests",
            dependencies: [
                "CommandLineTool", "HTTPClient", "Ledger", "MendlineMain", "Messages", "Secrets", "Topology",
                "TestSupport", "ZeroMQ", .argumentParser, .logging,
            ]
        ),
        .testTarget(
            name: "SimulatorsTests",
            dependencies: [
                "CoderSimulator", "CoderSimulatorMain", "IncidentSimulator", "IncidentSimulatorMain", "SimulatorKit",
                "TestSupport",
            ],
            exclude: ["Fixtures", "check_schema.py"]
        ),
        .testTarget(name: "SecretsTests", dependencies: ["Secrets"]),
        .testTarget(
            name: "StageKitTests",
            dependencies: [
                "Messages", "MetricsCore", "StageKit", "TestSupport", "Topology", "ZeroMQ", .argumentParser,
                .lifecycleTestKit, .logging, .serviceLifecycle,
            ]
        ),
        .testTarget(
            name: "IntakeTests",
            dependencies: [
                "HTTPClient", "Intake", "Ledger", "Messages", "Secrets", "StageKit", "TestSupport", "Topology",
                "ZeroMQ",
                .crypto, .hummingbird, .logging, .yams,
            ]
        ),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "CoderAPI", "HTTPClient", "IncidentAPI", "Intake", "Messages", "MetricsCore", "TestSupport", "Topology",
                .hummingbird,
            ]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "CoderSimulatorMain", "HTTPClient", "IncidentSimulatorMain", "IntakeMain", "LogCollectorMain",
                "MendlineMain", "Messages", "MetricsSinkMain", "ProvisionerMain", "ReporterMain", "Secrets",
                "TestSupport", "ValidatorMain", "ZeroMQ", "contract-echo", .grdb,
            ],
            path: "Tests/EndToEnd",
            exclude: ["versioned_stage.py"]
        ),
        .testTarget(
            name: "StageCheckTests",
            dependencies: [
                "CoderSimulatorMain", "IncidentSimulatorMain", "LogCollectorMain", "MendlineMain", "MetricsSinkMain",
                "ProvisionerMain", "ReporterMain", "TestSupport", "ValidatorMain",
            ],
            path: "Tests/StageCheck",
            exclude: ["flawed_stage.py"]
        ),
        .target(
            name: "ChaosKit",
            dependencies: ["HTTPClient", "Messages", "Secrets", "TestSupport", .argumentParser],
            path: "Tests/Chaos/Kit"
        ),
        .executableTarget(name: "chaos", dependencies: ["ChaosKit", .argumentParser], path: "Tests/Chaos/Main"),
        .testTarget(
            name: "ChaosTests",
            dependencies: [
                "ChaosKit", "CoderSimulatorMain", "IncidentSimulatorMain", "IntakeMain", "LogCollectorMain",
                "MendlineMain", "Messages", "MetricsSinkMain", "ProvisionerMain", "ReporterMain", "TestSupport",
                "Topology", "ValidatorMain", "chaos",
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

extension Target {
    /// A thin executable under `Sources/Executables`.
    static func main(_ name: String, _ folder: String, _ dependencies: [Target.Dependency]) -> Target {
        .executableTarget(name: name, dependencies: dependencies, path: "Sources/Executables/\(folder)")
    }
}

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let deque = product(name: "DequeModule", package: "swift-collections")
    static let configuration = product(name: "Configuration", package: "swift-configuration")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let hdrHistogram = product(name: "Histogram", package: "hdrhistogram-swift")
    static let heap = product(name: "HeapModule", package: "swift-collections")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let lifecycleTestKit = product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle")
    static let logging = product(name: "Logging", package: "swift-log")
    static let metrics = product(name: "Metrics", package: "swift-metrics")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let subprocess = product(name: "Subprocess", package: "swift-subprocess")
    static let yams = product(name: "Yams", package: "Yams")
}

/// In CI a warning is an error; elsewhere a newer compiler's new warnings stop nobody.
let strictness: [SwiftSetting] = Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    target.swiftSettings =
        (target.swiftSettings ?? []) + strictness + [
            .enableUpcomingFeature("ExistentialAny"),  // SE-0335
            .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
            .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
            .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
            .enableUpcomingFeature("ImmutableWeakCaptures"),  // SE-0481
        ]
}

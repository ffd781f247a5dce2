public import Logging
public import ServiceLifecycle
import UnixSignals

/// Runs a simulator as a process: until SIGTERM or SIGINT, then to an orderly end.
///
/// - Throws: What the service throws.
public func runSimulator(_ service: any Service, logger: Logger) async throws {
    var configuration = ServiceGroupConfiguration(
        services: [service],
        gracefulShutdownSignals: [.sigterm, .sigint],
        logger: logger
    )
    // A client that keeps a connection open must not keep the process.
    configuration.maximumGracefulShutdownDuration = .seconds(5)
    try await ServiceGroup(configuration: configuration).run()
}

import Hummingbird
import Logging
import Topology

@testable import Intake

/// The server of a ``LiveIntake``, in a file of its own: Hummingbird and our HTTP client have words in common.
enum LiveServer {
    /// Runs until it is cancelled.
    static func run(
        _ api: IntakeAPI,
        _ edge: Edge,
        _ logger: Logger,
        onRunning: @escaping @Sendable (Int) -> Void
    ) async throws {
        let listen = ListenAddress(host: "127.0.0.1", port: 0)
        try await IntakeServer.application(api, listen: listen, edge: edge, logger: logger, onRunning: onRunning).run()
    }
}

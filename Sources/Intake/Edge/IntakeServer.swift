import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Topology

/// The HTTP server within its bounds.
enum IntakeServer {
    /// The most bytes of a request's line and headers.
    static let headBytes = 32 << 10
    /// The most headers of a request.
    static let headFields = 100
    /// Connections over the bound that exist for the moment in which another is closed for them.
    static let connectionSlack = 64

    /// The server of an API.
    ///
    /// - Parameters:
    ///   - api: what it serves.
    ///   - listen: where.
    ///   - edge: its bounds.
    ///   - logger: for its trouble.
    ///   - onRunning: is told the port once it listens.
    /// - Returns: what is to be run.
    static func application(
        _ api: IntakeAPI,
        listen: ListenAddress,
        edge: Edge,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) -> Void
    ) -> Application<RouterResponder<IntakeContext>> {
        var configuration = HTTP1Channel.Configuration(additionalChannelHandlers: [ConnectionGuard(edge)])
        configuration.httpDecoder = .init(
            maxHeaderFieldSize: headBytes,
            maxHeaderListSize: headBytes,
            maxHeaderFieldCount: headFields
        )
        return Application(
            router: api.router(edge),
            server: .http1(configuration: configuration),
            configuration: .init(
                address: .hostname(listen.host, port: listen.port),
                serverName: "mendline",
                backlog: 1024,
                availableConnectionsDelegate: .maximum(edge.bounds.connections + connectionSlack, logger: logger)
            ),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { onRunning(port) }
            },
            logger: logger
        )
    }
}

public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle
import Foundation

/// The HTTP server of a simulator: it serves a router until it is told to end.
public struct SimulatorServer: Service {
    private let application: Application<RouterResponder<SimulatorContext>>
    private let address: ListenAddress

    /// - Parameters:
    ///   - address: Where to listen.
    ///   - router: The routes.
    ///   - services: What must run while requests are served; ended after the last of them.
    ///   - logger: Where the server logs.
    ///   - onReady: Called once with the URL that clients use, such as `http://127.0.0.1:40123`.
    public init(
        address: ListenAddress,
        router: Router<SimulatorContext>,
        services: [any Service],
        logger: Logger,
        onReady: @escaping @Sendable (String) async -> Void
    ) {
        self.address = address
        application = Application(
            responder: router.buildResponder(),
            configuration: .init(address: .hostname(address.host, port: address.port), backlog: 1024),
            services: services,
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                await onReady("http://\(ListenAddress(host: address.host, port: port).defaultValueDescription)")
            },
            logger: logger
        )
    }

    /// Serves until a graceful shutdown.
    ///
    /// - Throws: `ListenError` where the address cannot be listened on.
    public func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListenError(
                description:
                    "cannot listen on \(address.defaultValueDescription): \(String(cString: strerror(error.errnoCode)))"
                    + "; choose another address with --listen HOST:PORT (ss -ltnp shows who has the port)"
            )
        }
    }
}

/// Why a simulator cannot listen.
public struct ListenError: Error, CustomStringConvertible, Sendable {
    /// One sentence that names the address and the remedy.
    public let description: String
}

/// Says on standard output, in one line, that a simulator is ready.
///
/// Written past the buffering of `print`, so that a reader of a pipe has the line at once.
public func announce(_ url: String) {
    FileHandle.standardOutput.write(Data("listening on \(url)\n".utf8))
}

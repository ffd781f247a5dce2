import ArgumentParser
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import Messages
import NIOCore

/// Written as `accept-only`.
///
/// The yardstick of durable accepts: intake's HTTP server and its reading of JSON, with nothing behind them.
@main
struct AcceptOnly: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept-only",
        abstract: "Reads incidents from POST /remediate and answers 202, as intake does, but stores nothing.",
        discussion: """
            When it is ready it prints one line, "listening on http://127.0.0.1:PORT"; SIGTERM and SIGINT end it.

            example: accept-only --port 8000
            """
    )

    /// The most bytes that a body may have.
    private static let maximumBody = 1 << 20

    @Option(help: "The port on 127.0.0.1; 0 lets the system choose.")
    var port = 0

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port \(port) is not one of 0 to 65535") }
    }

    func run() async throws {
        let router = Router()
        router.post("/remediate") { request, _ in try await Self.accept(request) }
        var logger = Logger(label: "accept-only")
        logger.logLevel = .warning
        let port = port
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port), backlog: 1024),
            onServerRunning: { channel in
                let bound = channel.localAddress?.port ?? port
                FileHandle.standardOutput.write(Data("listening on http://127.0.0.1:\(bound)\n".utf8))
            },
            logger: logger
        )
        try await application.runService()
    }

    private static func accept(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: maximumBody)
        let incident: Incident
        do throws(MessageError) {
            incident = try MessageCoding.decode(Incident.self, from: Array(body.readableBytesView))
        } catch {
            throw HTTPError(.badRequest, message: error.what)
        }
        let bytes = try MessageCoding.encode(Accepted(incidentID: incident.incidentID))
        return Response(
            status: .accepted,
            headers: [.contentType: "application/json; charset=utf-8", .contentLength: "\(bytes.count)"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}

/// What intake answers of an incident that it has just stored.
private struct Accepted: Encodable {
    let incidentID: String
    let status = "waiting"
    let state = "waiting"

    private enum CodingKeys: String, CodingKey {
        case status, state
        case incidentID = "incident_id"
    }
}

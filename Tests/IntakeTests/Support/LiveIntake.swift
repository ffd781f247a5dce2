import Foundation
import HTTPClient
import Ledger
import Logging
import Messages
import Secrets
import TestSupport
import Topology

@testable import Intake

/// Intake's API on a port of its own, with a ledger on disk and no stages: what is accepted waits.
struct LiveIntake {
    let port: Int
    let edge: Edge
    let ledger: LedgerService
    let http: HTTPClient

    struct Answer {
        var status: Int
        var headers: HTTPHeaders
        var json: JSONValue
    }

    static func with(
        tokens: String? = nil,
        keys: String? = nil,
        bounds: HTTPBounds = .standard,
        _ body: (LiveIntake) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try LedgerStore(path: folder.appending(path: "ledger.sqlite").path)
        let began = ContinuousClock.now
        let ledger = LedgerService(
            store: store,
            loaded: try await store.load(),
            rules: Rules(
                stages: ["validator": .init(role: .decides, takes: [.incidentAccepted])],
                decideWithin: 900_000,
                stopGrace: 300_000,
                hold: 3_600_000,
                openIncidents: 1000
            ),
            clock: {
                Moment(
                    wall: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)),
                    monotonic: Int64((ContinuousClock.now - began) / .milliseconds(1))
                )
            },
            logger: logger,
            send: { _, _ in }
        )
        let http = HTTPClient()
        let edge = Edge(bounds)
        let api = IntakeAPI(
            ledger: ledger,
            sealingKey: nil,
            metrics: MetricsRelay(client: http, url: "http://127.0.0.1:1/metrics"),
            access: try AccessStore(tokens: tokens.map { .fixed($0) }, keys: keys.map { .fixed($0) }),
            logger: logger
        )
        let (ports, told) = AsyncStream<Int>.makeStream()
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await ledger.run() }
                    group.addTask { try await LiveServer.run(api, edge, logger) { told.yield($0) } }
                    var iterator = ports.makeAsyncIterator()
                    guard let port = await iterator.next() else { throw TestFailure("it does not listen") }
                    try await body(LiveIntake(port: port, edge: edge, ledger: ledger, http: http))
                    group.cancelAll()
                }
            )
        } catch {
            result = .failure(error)
        }
        await http.close()
        try store.close()
        try result.get()
    }

    func call(
        _ method: HTTPRequest.Method,
        _ path: String,
        headers: [String: String] = [:],
        body: String? = nil
    ) async throws -> Answer {
        var fields = headers.map { HTTPHeader(name: $0.key, value: $0.value) }
        if body != nil { fields.append(HTTPHeader(name: "Content-Type", value: "application/json")) }
        let response = try await http.send(
            HTTPRequest(
                method: method,
                url: "http://127.0.0.1:\(port)" + path,
                headers: fields,
                body: body.map { Array($0.utf8) }
            )
        )
        return Answer(
            status: response.status,
            headers: response.headers,
            json: (try? MessageCoding.decode(JSONValue.self, from: response.body)) ?? .null
        )
    }

    /// An incident that is answered at once.
    func post(_ id: String, headers: [String: String] = [:]) async throws -> Answer {
        try await call(
            .post,
            "/remediate",
            headers: headers.merging(["Prefer": "respond-async"]) { $1 },
            body: Self.incident(id)
        )
    }

    static func incident(_ id: String) -> String {
        CompactText.of([
            "incident_id": .string(id), "service_name": "payment-api", "severity": "high", "description": "High CPU",
        ])
    }
}

enum CompactText {
    static func of(_ value: JSONValue) -> String {
        // A value of JSON always encodes.
        String(decoding: (try? MessageCoding.encode(value)) ?? [], as: UTF8.self)
    }
}

import Foundation
import HTTPClient
import Hummingbird
import Ledger
import Logging
import Messages
import Testing
import Yams

@testable import Intake

/// `/openapi.yaml` names what there is: nothing less, nothing more.
@Suite("The description of the API")
struct DescriptionTests {
    @Test func describesEveryCallAndNoOther() async throws {
        let document = try #require(try Yams.load(yaml: OpenAPIDocument.text) as? [String: Any])
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let methods: Set = ["get", "put", "post", "delete", "patch"]
        let described = paths.flatMap { path, operations in
            operations.keys.filter(methods.contains).map { "\($0.uppercased()) \(path)" }
        }
        #expect(described.sorted() == (try await calls()).sorted())
    }

    @Test func theStatesAndVerdictsAreThoseThatThereAre() throws {
        let document = try #require(try Yams.load(yaml: OpenAPIDocument.text) as? [String: Any])
        let components = document["components"] as? [String: Any]
        let schemas = try #require(components?["schemas"] as? [String: [String: Any]])
        #expect(schemas["State"]?["enum"] as? [String] == IncidentState.allCases.map(\.rawValue))
        #expect(schemas["Verdict"]?["enum"] as? [String] == Verdict.allCases.map(\.rawValue))
    }

    /// The calls of a router, written as a description does: `GET /incidents/{id}`.
    private func calls() async throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "description-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try LedgerStore(path: folder.appending(path: "ledger.sqlite").path)
        let ledger = LedgerService(
            store: store,
            loaded: try await store.load(),
            rules: Rules(stages: [:]),
            clock: { Moment(wall: Timestamp(milliseconds: 0), monotonic: 0) },
            logger: logger,
            send: { _, _ in }
        )
        let api = IntakeAPI(
            ledger: ledger,
            sealingKey: nil,
            metrics: MetricsRelay(client: HTTPClient(configuration: .init()), url: ""),
            access: try AccessStore(tokens: nil, keys: nil),
            logger: logger
        )
        return api.calls.map { "\($0.method) \($0.path.replacing(/:([a-z]+)/) { "{\($0.output.1)}" })" }
    }
}

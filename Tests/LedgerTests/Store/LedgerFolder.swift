import Foundation
import GRDB
import Logging
import Messages

@testable import Ledger

/// A folder with a ledger's file, gone at the end of the test.
struct LedgerFolder {
    let folder: URL

    var path: String { folder.appending(path: "ledger.sqlite").path }

    static func with(_ body: (LedgerFolder) async throws -> Void) async throws {
        let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(LedgerFolder(folder: folder))
    }

    func open() throws -> LedgerStore { try LedgerStore(path: path) }

    /// All bytes of all files.
    func bytes() throws -> Data {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .reduce(into: Data()) { $0 += try Data(contentsOf: $1) }
    }

    /// A service on this store that runs while `body` does, on the machine's clock where no other is given.
    func serve(
        _ store: LedgerStore,
        queueLimit: Int = 1000,
        retention: Retention = Retention(),
        clock: LedgerService.Clock? = nil,
        _ body: (LedgerService) async throws -> Void
    ) async throws {
        let start = ContinuousClock.now
        let machineClock: LedgerService.Clock = {
            let (seconds, attoseconds) = (ContinuousClock.now - start).components
            return Moment(
                wall: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)),
                monotonic: seconds * 1000 + attoseconds / 1_000_000_000_000_000
            )
        }
        let service = LedgerService(
            store: store,
            loaded: try await store.load(),
            rules: CoreFixture.rules,
            retention: retention,
            queueLimit: queueLimit,
            clock: clock ?? machineClock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            send: { _, _ in }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            defer { service.stop() }
            try await body(service)
        }
    }

    static func request(_ id: String, description: String = "High CPU") -> AcceptRequest {
        AcceptRequest(
            incident: Incident(incidentID: id, serviceName: "api", severity: "critical", description: description),
            sender: "api",
            sealedToken: nil,
            traceparent: "00"
        )
    }
}

extension LedgerStore {
    /// Commits these changes.
    func commit(_ changes: [Change]) async throws {
        _ = try await commit(
            LedgerCore.Batch(changes: changes, orders: []),
            installation: "test",
            rules: CoreFixture.rules
        )
    }

    /// The ids of all incidents, newest first.
    func ids() async throws -> [String] {
        try await list(Filter(state: nil, service: nil, verdict: nil, limit: 1000, before: nil)).records.map(\.id)
    }
}

import Benchmark
import Foundation
import Ledger

/// The ledger's commits: 100 incidents accepted, and 100 settlements, each synced to the disk.
///
/// A commit reads what it hands out, too. Each iteration has a new file, so that the log grows the same each time.
func ledgerStore() {
    let configuration = Benchmark.Configuration(
        metrics: BenchmarkMetric.timed + [BenchmarkMetric.walBytes],
        // What a page of SQLite holds differs a little between its versions.
        thresholds: [.walBytes: BenchmarkThresholds(relative: [.p90: 10])]
    )

    Benchmark("Commit100Accepted", configuration: configuration) { benchmark in
        let ledger = try await TemporaryLedger()
        var core = try ledger.core()
        try await ledger.commit(core.acceptAll(), benchmark)
        try ledger.remove()
    }

    Benchmark("Commit100Settled", configuration: configuration) { benchmark in
        let ledger = try await TemporaryLedger()
        var core = try ledger.core()
        let accepted = core.acceptAll()
        try await ledger.commit(accepted)
        try await ledger.commit(core.settleAll(LedgerParts.approvals(of: accepted)), benchmark)
        try ledger.remove()
    }
}

/// A ledger in a folder of its own.
private struct TemporaryLedger {
    private let folder: URL
    private let store: LedgerStore
    private let loaded: LedgerStore.Loaded

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "mendline-micro-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try LedgerStore(path: folder.appending(path: "ledger.sqlite").path)
        loaded = try await store.load()
    }

    func core() throws -> LedgerCore {
        try LedgerParts.core(installation: loaded.installation, nextSequence: loaded.nextSequence)
    }

    /// Commits a batch; where a benchmark is given, this is what is measured.
    func commit(_ batch: LedgerCore.Batch, _ benchmark: Benchmark? = nil) async throws {
        let before = try logBytes()
        benchmark?.startMeasurement()
        let deliveries = try await store.commit(batch, installation: loaded.installation, rules: LedgerParts.rules)
        benchmark?.stopMeasurement()
        guard deliveries.count == LedgerParts.incidents else {
            throw BenchmarkFailure(description: "\(deliveries.count) deliveries are handed out")
        }
        benchmark?.measurement(.walBytes, (try logBytes() - before) / LedgerParts.incidents)
    }

    func remove() throws {
        try store.close()
        try FileManager.default.removeItem(at: folder)
    }

    /// How large the write-ahead log is: it only grows until its first checkpoint, which no iteration comes to.
    private func logBytes() throws -> Int {
        let log = try FileHandle(forReadingFrom: folder.appending(path: "ledger.sqlite-wal"))
        defer { try? log.close() }
        return Int(try log.seekToEnd())
    }
}

import Benchmark
import Ledger

/// The ledger's decisions alone, without its store: a batch of 100 incidents accepted, and of 100 settlements.
func ledgerCore() {
    let configuration = Benchmark.Configuration(
        metrics: BenchmarkMetric.timed + [BenchmarkMetric.changes, BenchmarkMetric.handOuts]
    )

    Benchmark("Accept100InCore", configuration: configuration) { benchmark in
        var core = try LedgerParts.core()
        benchmark.startMeasurement()
        let batch = core.acceptAll()
        benchmark.stopMeasurement()
        try count(batch, benchmark)
    }

    Benchmark("Settle100InCore", configuration: configuration) { benchmark in
        var core = try LedgerParts.core()
        let approvals = try LedgerParts.approvals(of: core.acceptAll())
        benchmark.startMeasurement()
        let batch = core.settleAll(approvals)
        benchmark.stopMeasurement()
        try count(batch, benchmark)
    }
}

/// Counts what a batch wants stored and sent; of each incident one delivery goes out, or nothing was measured.
private func count(_ batch: LedgerCore.Batch, _ benchmark: Benchmark) throws {
    guard batch.orders.count == LedgerParts.incidents else {
        throw BenchmarkFailure(description: "\(batch.orders.count) deliveries are handed out")
    }
    benchmark.measurement(.changes, batch.changes.count)
    benchmark.measurement(.handOuts, batch.orders.count)
}

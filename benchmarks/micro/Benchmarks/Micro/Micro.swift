import Benchmark

/// All benchmarks, a file for each subject.
///
/// Each runs in a process of its own. Times say something on one machine only; what `Thresholds` holds is counted, and
/// the same on every machine.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(metrics: BenchmarkMetric.timed, maxDuration: .seconds(3))
    coding()
    hop()
    ledgerCore()
    ledgerStore()
    exposition()
    httpClient()
}

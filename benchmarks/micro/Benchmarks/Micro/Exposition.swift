import Benchmark
import MetricsCore

/// Prometheus's text of 1,000 series: 900 counters and 100 histograms, with four labels each.
func exposition() {
    let configuration = Benchmark.Configuration(
        metrics: BenchmarkMetric.timed + [BenchmarkMetric.expositionBytes]
    )
    let families = (0..<10).map(family)
    Benchmark("Render1000Series", configuration: configuration) { benchmark in
        benchmark.startMeasurement()
        let text = Exposition.render(families)
        benchmark.stopMeasurement()
        benchmark.measurement(.expositionBytes, text.utf8.count)
    }
}

private func family(_ number: Int) -> MetricFamily {
    let isHistogram = number == 9
    return MetricFamily(
        name: isHistogram ? "mendline_example_seconds" : "mendline_example_\(number)_total",
        kind: isHistogram ? .histogram : .counter,
        help: "An example of a metric with a hundred series.",
        series: (0..<100).map { series in
            MetricFamily.Series(
                labels: [
                    "stage": "provisioner", "instance": "host-7/\(4000 + series)", "template": "remediation",
                    "incident_type": "payment-api",
                ],
                value: isHistogram ? .histogram(observations) : .number(Double(1000 + series))
            )
        }
    )
}

private let observations = Histogram(
    bounds: MetricDescription.secondsBounds,
    counts: [UInt64](repeating: 10, count: MetricDescription.secondsBounds.count + 1),
    sum: 1234.5
)

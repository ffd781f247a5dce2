import Metrics
import Testing

@testable import MetricsCore

/// The backend of swift-metrics, through the API that everybody records with.
@Suite(.timeLimit(.minutes(3)))
struct SampleRegistryTests {
    @Test func everyKind() {
        let registry = SampleRegistry(descriptions: [
            MetricDescription("stage.held", help: "Held now.", aggregate: .sum),
            MetricDescription("stage.hand", help: "In hand.", bounds: [0.1, 1]),
            MetricDescription("batch.size", help: "Sizes.", bounds: [10, 100]),
        ])
        let counter = Counter(label: "stage.taken", dimensions: [("stage", "validator")], factory: registry)
        counter.increment(by: 3)
        counter.increment()
        let fractions = FloatingPointCounter(label: "cpu.seconds", factory: registry)
        fractions.increment(by: 0.25)
        fractions.increment(by: 0.5)
        let meter = Meter(label: "stage.held", factory: registry)
        meter.set(5)
        meter.decrement(by: 2)
        Gauge(label: "stage.capacity", factory: registry).record(64)
        let timer = Timer(label: "stage.hand", factory: registry)
        timer.recordMilliseconds(50)
        timer.recordSeconds(2)
        let recorder = Recorder(label: "batch.size", factory: registry)
        recorder.record(10)
        recorder.record(11)
        #expect(
            registry.samples() == [
                .histogram("batch_size", help: "Sizes.", Histogram(bounds: [10, 100], counts: [1, 1, 0], sum: 21)),
                .counter("cpu_seconds_total", 0.75),
                .gauge("stage_capacity", 64),
                .histogram(
                    "stage_hand_seconds",
                    help: "In hand.",
                    Histogram(bounds: [0.1, 1], counts: [1, 0, 1], sum: 2.05)
                ),
                .gauge("stage_held", help: "Held now.", aggregate: .sum, 3),
                .counter("stage_taken_total", labels: ["stage": "validator"], 4),
            ]
        )
    }

    @Test func sameLabelAndDimensionsAreOneSeries() {
        let registry = SampleRegistry()
        Counter(label: "a", dimensions: [("x", "1"), ("y", "2")], factory: registry).increment()
        Counter(label: "a", dimensions: [("y", "2"), ("x", "1")], factory: registry).increment()
        Counter(label: "a.total", factory: registry).increment()
        FloatingPointCounter(label: "a", factory: registry).increment(by: 0.5)
        #expect(
            registry.samples() == [.counter("a_total", 1.5), .counter("a_total", labels: ["x": "1", "y": "2"], 2)]
        )
    }

    @Test func whatIsNoValueIsIgnored() {
        let registry = SampleRegistry()
        Counter(label: "c", factory: registry).increment(by: -5)
        FloatingPointCounter(label: "c", factory: registry).increment(by: Double.nan)
        let meter = Meter(label: "never.set", factory: registry)
        meter.set(Double.nan)
        Meter(label: "set", factory: registry).set(1)
        Meter(label: "set", factory: registry).set(Double.infinity)
        Timer(label: "t", factory: registry).recordNanoseconds(0)
        #expect(registry.samples().map(\.name) == ["c_total", "set", "t_seconds"])
        #expect(registry.samples()[0].value == 0)
        #expect(registry.samples()[1].value == 1)
    }

    @Test func totalsNeverGoDown() {
        let registry = SampleRegistry()
        let counter = Counter(label: "c", factory: registry)
        counter.increment(by: 2)
        counter.reset()
        counter.destroy()
        Counter(label: "c", factory: registry).increment()
        let gauge = Gauge(label: "g", factory: registry)
        gauge.record(1)
        #expect(registry.samples().count == 2)
        gauge.destroy()
        #expect(registry.samples() == [.counter("c_total", 3)])
    }

    @Test func anotherKindUnderTheSameNameIsRefused() {
        let registry = SampleRegistry()
        Meter(label: "x", factory: registry).set(1)
        Recorder(label: "x", factory: registry).record(5)
        let samples = registry.samples()
        #expect(samples.map(\.name) == ["metrics_refused_total", "x"])
        #expect(samples.map(\.value) == [1, 1])
    }

    @Test func seriesAreBounded() {
        let registry = SampleRegistry()
        for index in 0..<(SampleRegistry.mostSeries + 10) {
            Counter(label: "c", dimensions: [("id", "\(index)")], factory: registry).increment()
        }
        let samples = registry.samples()
        #expect(samples.count == SampleRegistry.mostSeries + 1)
        #expect(samples.last?.name == "metrics_refused_total")
        #expect(samples.last?.value == 10)
    }

    @Test func nothingIsLostBetweenThreads() async {
        let registry = SampleRegistry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { @concurrent in
                    for _ in 0..<5_000 {
                        Counter(label: "c", factory: registry).increment()
                        FloatingPointCounter(label: "f", factory: registry).increment(by: 0.5)
                        Meter(label: "m", factory: registry).increment(by: 1)
                        Recorder(label: "r", factory: registry).record(1)
                    }
                }
            }
        }
        let samples = registry.samples()
        #expect(samples.map(\.name) == ["c_total", "f_total", "m", "r"])
        #expect(samples[0].value == 40_000 && samples[1].value == 20_000 && samples[2].value == 40_000)
        #expect(samples[3].histogram?.count == 40_000)
    }
}

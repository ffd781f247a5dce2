import TestSupport
import Testing

@testable import MetricsCore

/// Adding up processes that come, go, restart, freeze and repeat themselves.
@Suite(.timeLimit(.minutes(3)))
struct AggregatorTests {
    static func batch(
        _ instance: String,
        _ sequence: UInt64,
        started: String = "t0",
        stage: String = "validator",
        _ samples: Sample...
    ) -> SampleBatch {
        SampleBatch(instance: instance, stage: stage, started: started, sequence: sequence, samples: samples)
    }

    /// The value of one series; nil where it is not shown.
    static func value(
        _ aggregator: Aggregator,
        _ name: String,
        _ labels: [String: String] = [:],
        at now: Duration = .zero
    ) -> MetricFamily.Value? {
        aggregator.families(at: now).first { $0.name == name }?.series.first { $0.labels == labels }?.value
    }

    @Test func countersAndHistogramsAreSummed() {
        var aggregator = Aggregator()
        let histogram = Histogram(bounds: [1], counts: [2, 1], sum: 5)
        for instance in ["a", "b"] {
            #expect(
                aggregator.take(
                    Self.batch(
                        instance,
                        1,
                        .counter("c_total", labels: ["x": "y"], 3),
                        .histogram("h", histogram)
                    ),
                    at: .zero
                ) == [:]
            )
        }
        #expect(Self.value(aggregator, "c_total", ["x": "y"]) == .number(6))
        #expect(Self.value(aggregator, "h") == .histogram(Histogram(bounds: [1], counts: [4, 2], sum: 10)))
    }

    @Test func gaugesAreShownForEachOrSummed() {
        var aggregator = Aggregator()
        aggregator.take(Self.batch("a", 1, .gauge("g", 1), .gauge("s", aggregate: .sum, 10)), at: .zero)
        aggregator.take(Self.batch("b", 1, .gauge("g", 2), .gauge("s", aggregate: .sum, 20)), at: .zero)
        #expect(Self.value(aggregator, "g", ["instance": "a", "stage": "validator"]) == .number(1))
        #expect(Self.value(aggregator, "g", ["instance": "b", "stage": "validator"]) == .number(2))
        #expect(Self.value(aggregator, "s") == .number(30))
        // A gauge that is no longer sent is gone.
        aggregator.take(Self.batch("b", 2, .gauge("g", 3)), at: .zero)
        #expect(Self.value(aggregator, "s") == .number(10))
    }

    @Test func olderBatchesAreIgnored() {
        var aggregator = Aggregator()
        aggregator.take(Self.batch("a", 5, .counter("c_total", 10), .gauge("g", 1)), at: .zero)
        #expect(aggregator.take(Self.batch("a", 4, .counter("c_total", 8)), at: .zero) == [.stale: 1])
        #expect(aggregator.take(Self.batch("a", 5, .counter("c_total", 10)), at: .zero) == [.stale: 1])
        #expect(Self.value(aggregator, "c_total") == .number(10))
        #expect(Self.value(aggregator, "g", ["instance": "a", "stage": "validator"]) == .number(1))
        #expect(Self.value(aggregator, "mendline_metrics_refused_total", ["reason": "stale"]) == .number(2))
    }

    @Test func aRestartUnderTheSameNameAddsUp() {
        var aggregator = Aggregator()
        aggregator.take(Self.batch("a", 9, started: "t0", .counter("c_total", 10), .gauge("g", 1)), at: .zero)
        aggregator.take(Self.batch("a", 1, started: "t1", .counter("c_total", 2), .gauge("g", 7)), at: .seconds(1))
        #expect(Self.value(aggregator, "c_total", at: .seconds(1)) == .number(12))
        let gauge = Self.value(aggregator, "g", ["instance": "a", "stage": "validator"], at: .seconds(1))
        #expect(gauge == .number(7))
        #expect(Self.value(aggregator, "mendline_metrics_instances", at: .seconds(1)) == .number(2))
    }

    @Test func aSilentProcessLosesItsGaugesAndKeepsItsCounts() {
        var aggregator = Aggregator()
        aggregator.take(Self.batch("a", 1, .counter("c_total", 10), .gauge("g", 1)), at: .zero)
        let labels = ["instance": "a", "stage": "validator"]
        #expect(Self.value(aggregator, "g", labels, at: .seconds(29)) != nil)
        #expect(Self.value(aggregator, "g", labels, at: .seconds(30)) == nil)
        aggregator.advance(to: .seconds(301))
        #expect(Self.value(aggregator, "c_total", at: .seconds(301)) == .number(10))
        // It was frozen: what it counted before is not added again.
        aggregator.take(Self.batch("a", 2, .counter("c_total", 11), .gauge("g", 2)), at: .seconds(302))
        #expect(Self.value(aggregator, "c_total", at: .seconds(302)) == .number(11))
        #expect(Self.value(aggregator, "g", labels, at: .seconds(302)) == .number(2))
    }

    @Test func aForgottenProcessThatSpeaksAgainIsNotCountedTwice() {
        var aggregator = Aggregator()
        aggregator.take(Self.batch("a", 1, .counter("c_total", 10)), at: .zero)
        aggregator.advance(to: .seconds(4_000))
        #expect(Self.value(aggregator, "c_total") == .number(10))
        aggregator.take(Self.batch("a", 2, .counter("c_total", 12)), at: .seconds(4_001))
        #expect(Self.value(aggregator, "c_total") == .number(10))
        aggregator.take(Self.batch("a", 3, .counter("c_total", 15)), at: .seconds(4_002))
        #expect(Self.value(aggregator, "c_total") == .number(13))
    }

    /// A batch from before it was forgotten must not become the mark that later ones are measured from.
    @Test func aLateBatchOfAForgottenProcessIsIgnored() {
        var aggregator = Aggregator()
        aggregator.take(Self.batch("a", 1, .counter("c_total", 1)), at: .zero)
        aggregator.take(Self.batch("a", 2, .counter("c_total", 10)), at: .zero)
        #expect(aggregator.take(Self.batch("a", 1, .counter("c_total", 1)), at: .seconds(4_000)) == [.stale: 1])
        aggregator.take(Self.batch("a", 3, .counter("c_total", 10)), at: .seconds(4_001))
        #expect(Self.value(aggregator, "c_total") == .number(10))
    }

    @Test func aBoundedMapLetsGoOfTheOldest() {
        var map = BoundedMap<Int, Int>(most: 3)
        for key in 1...3 { map[key] = key }
        map[1] = nil
        map[1] = 10
        map[4] = 4
        #expect([1, 2, 3, 4].map { map[$0] } == [10, nil, 3, 4])
        for key in 0..<1_000 { map[key % 7] = key }
        #expect(map.count == 3)
        #expect([3, 4, 5].map { map[$0] } == [997, 998, 999])
    }

    @Test func processesAreBounded() {
        var bounds = Aggregator.Bounds()
        bounds.instances = 3
        var aggregator = Aggregator(bounds: bounds)
        for name in ["a", "b", "c"] { aggregator.take(Self.batch(name, 1, .counter("c_total", 1)), at: .zero) }
        #expect(
            aggregator.take(Self.batch("d", 1, .counter("c_total", 1)), at: .seconds(299)) == [.tooManyProcesses: 1]
        )
        aggregator.take(Self.batch("b", 2, .counter("c_total", 1)), at: .seconds(299))
        #expect(aggregator.take(Self.batch("d", 1, .counter("c_total", 1)), at: .seconds(300)) == [:])
        #expect(Self.value(aggregator, "c_total") == .number(4))
        // One of the silent two gave way; it comes back in the place of the other.
        aggregator.take(Self.batch("a", 2, .counter("c_total", 2)), at: .seconds(301))
        aggregator.take(Self.batch("a", 3, .counter("c_total", 3)), at: .seconds(302))
        aggregator.take(Self.batch("c", 2, .counter("c_total", 1)), at: .seconds(303))
        guard case .number(let total)? = Self.value(aggregator, "c_total") else {
            Issue.record("no total")
            return
        }
        #expect((5...6).contains(total))
    }

    @Test func seriesAreBounded() {
        var bounds = Aggregator.Bounds()
        bounds.series = 10
        var aggregator = Aggregator(bounds: bounds)
        let histogram = Histogram(bounds: [1, 2], counts: [0, 0, 0], sum: 0)
        #expect(
            aggregator.take(Self.batch("a", 1, .histogram("h", histogram), .histogram("i", histogram)), at: .zero)
                == [:]
        )
        #expect(
            aggregator.take(Self.batch("b", 1, .counter("c_total", 1), .gauge("g", 1)), at: .zero)
                == [.tooManySeries: 2]
        )
        #expect(Exposition.render(aggregator.families(at: .zero)).split(separator: "\n").count < 40)
        // What is known already goes on.
        #expect(aggregator.take(Self.batch("b", 2, .histogram("h", histogram)), at: .zero) == [:])
    }

    @Test func gaugesThatGoMakeRoom() {
        var bounds = Aggregator.Bounds()
        bounds.series = 2
        var aggregator = Aggregator(bounds: bounds)
        for sequence in 1...100 as ClosedRange<UInt64> {
            let result = aggregator.take(
                Self.batch("a", sequence, .gauge("g", labels: ["n": "\(sequence)"], 1), .gauge("g", 1)),
                at: .zero
            )
            #expect(result == [:])
        }
        aggregator.advance(to: .seconds(300))
        #expect(aggregator.take(Self.batch("b", 1, .gauge("g", 1), .gauge("f", 1)), at: .seconds(300)) == [:])
    }

    @Test func rememberedSamplesAreBounded() {
        var bounds = Aggregator.Bounds()
        bounds.samples = 3
        var aggregator = Aggregator(bounds: bounds)
        func take(_ name: String, at now: Duration) -> [Refusal: Int] {
            aggregator.take(Self.batch(name, 1, .counter("c_total", 1), .counter("d_total", 1)), at: now)
        }
        #expect(take("a", at: .zero) == [:])
        #expect(take("b", at: .zero) == [.tooManySamples: 1])
        aggregator.advance(to: .seconds(3_600))
        #expect(take("c", at: .seconds(3_600)) == [:])
    }

    @Test(
        arguments: [
            (.counter("1c", 1), .name), (.counter("c-d", 1), .name), (.counter("", 1), .name),
            (.counter(String(repeating: "x", count: 201), 1), .name), (.counter("c", labels: ["a-b": ""], 1), .name),
            (.counter("c", labels: ["__a": ""], 1), .name), (.counter("c", labels: ["le": ""], 1), .name),
            (.counter("c", labels: ["a:b": ""], 1), .name), (.counter("mendline_metrics_batches_total", 1), .name),
            (.counter("c", labels: Dictionary(uniqueKeysWithValues: (0..<17).map { ("l\($0)", "") }), 1), .name),
            (.counter("c", -1), .value), (.counter("c", .nan), .value), (.gauge("g", .infinity), .value),
            (Sample(name: "c", help: nil, kind: .counter, labels: [:]), .value),
            (Sample(name: "h", help: nil, kind: .histogram, labels: [:], value: 1), .value),
            (.histogram("h", Histogram(bounds: [], counts: [1], sum: 0)), .value),
            (.histogram("h", Histogram(bounds: [1], counts: [1], sum: 0)), .value),
            (.histogram("h", Histogram(bounds: [2, 1], counts: [1, 1, 1], sum: 0)), .value),
            (.histogram("h", Histogram(bounds: [.infinity], counts: [1, 1], sum: 0)), .value),
            (.histogram("h", Histogram(bounds: [1], counts: [.max, 1], sum: 0)), .value),
            (.histogram("h", Histogram(bounds: [1], counts: [1, 1], sum: .nan)), .value),
            (.gauge("known_total", 1), .conflict), (.counter("known_total", 1), .backwards),
            (.histogram("known", Histogram(bounds: [1], counts: [1, 1], sum: 0)), .conflict),
            (.histogram("buckets", Histogram(bounds: [1], counts: [0, 0], sum: 0)), .backwards),
            (.gauge("buckets_sum", 1), .conflict), (.histogram("seen", Histogram(bounds: [1])), .conflict),
        ] as [(Sample, Refusal)]
    )
    func refused(sample: Sample, reason: Refusal) {
        var aggregator = Aggregator()
        let known = Self.batch(
            "a",
            1,
            .counter("known_total", 2),
            .gauge("known", 1),
            .gauge("seen_count", 1),
            .histogram("buckets", Histogram(bounds: [1], counts: [1, 1], sum: 3))
        )
        #expect(aggregator.take(known, at: .zero) == [:])
        let before = aggregator.families(at: .zero).filter { !$0.name.hasPrefix("mendline_") && $0.kind != .gauge }
        #expect(aggregator.take(Self.batch("a", 2, sample), at: .zero) == [reason: 1])
        let after = aggregator.families(at: .zero).filter { !$0.name.hasPrefix("mendline_") && $0.kind != .gauge }
        #expect(Set(before) == Set(after))
    }

    @Test(arguments: ["", " ", "a b", "a\n", String(repeating: "x", count: 201)])
    func noProcess(name: String) {
        var aggregator = Aggregator()
        #expect(aggregator.take(Self.batch(name, 1, .counter("c_total", 1)), at: .zero) == [.process: 1])
    }

    @Test func longLabelValuesAreCut() {
        var aggregator = Aggregator()
        let long = String(repeating: "ä", count: 300)
        aggregator.take(Self.batch("a", 1, .counter("c_total", labels: ["x": long], 1)), at: .zero)
        #expect(Self.value(aggregator, "c_total", ["x": String(repeating: "ä", count: 200)]) == .number(1))
    }

    /// Processes that count, restart, freeze, repeat and reorder batches at random: the total never goes down, and once
    /// all have spoken it is what was counted.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func totalsNeverGoDown(seed: UInt64) {
        struct Living {
            var instance: String
            var started: Int
            var sequence: UInt64 = 0
            var count = 0.0
        }
        var random = SeededGenerator(seed: seed)
        var aggregator = Aggregator()
        var living = (0..<5).map { Living(instance: "p\($0)", started: 0) }
        var sent: [SampleBatch] = []
        var gone = 0.0
        var now = Duration.zero
        var last = 0.0
        func batch(_ process: inout Living) -> SampleBatch {
            process.sequence += 1
            return Self.batch(
                process.instance,
                process.sequence,
                started: "t\(process.started)",
                .counter("c_total", process.count)
            )
        }
        for _ in 0..<500 {
            let index = Int.random(in: 0..<living.count, using: &random)
            now += .seconds(Int.random(in: 0...40, using: &random))
            switch Int.random(in: 0..<10, using: &random) {
            case 0...5:
                living[index].count += Double(Int.random(in: 0...9, using: &random))
                sent.append(batch(&living[index]))
                aggregator.take(sent[sent.count - 1], at: now)
            case 6, 7:
                // An old one again, of a process that may be gone.
                if let old = sent.randomElement(using: &random) { aggregator.take(old, at: now) }
            case 8:
                // It tells its last count and restarts under its name.
                aggregator.take(batch(&living[index]), at: now)
                gone += living[index].count
                living[index] = Living(instance: living[index].instance, started: living[index].started + 1)
            default:
                now += .seconds(Int.random(in: 0...600, using: &random))
            }
            aggregator.advance(to: now)
            if case .number(let total)? = Self.value(aggregator, "c_total", at: now) {
                #expect(total >= last, "seed \(seed)")
                last = total
            }
        }
        for index in living.indices { aggregator.take(batch(&living[index]), at: now) }
        let counted = living.reduce(gone) { $0 + $1.count }
        let total = Self.value(aggregator, "c_total", at: now)
        guard case .number(let total)? = total else {
            Issue.record("no total")
            return
        }
        // A process that was forgotten while frozen may lose what it counted meanwhile, never add it twice.
        #expect(total <= counted, "seed \(seed)")
        #expect(total > 0)
    }
}

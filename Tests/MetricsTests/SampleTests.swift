import Foundation
import Testing

@testable import MetricsCore

/// The wire form of samples, histograms, and names.
@Suite(.timeLimit(.minutes(3)))
struct SampleTests {
    @Test func wireForm() throws {
        let json = """
            {"instance":"host-7/4121","samples":[\
            {"help":"Taken.","kind":"counter","labels":{"stage":"validator"},"name":"deliveries_taken_total","value":17},\
            {"aggregate":"sum","kind":"gauge","labels":{},"name":"held","value":2},\
            {"histogram":{"bounds":[0.5,1],"counts":[3,1,0],"sum":0.75},"kind":"histogram","labels":{},"name":"x_seconds"}],\
            "sequence":3,"stage":"validator","started":"2026-11-23T18:00:00.123Z"}
            """
        let batch = SampleBatch(
            instance: "host-7/4121",
            stage: "validator",
            started: "2026-11-23T18:00:00.123Z",
            sequence: 3,
            samples: [
                .counter("deliveries_taken_total", help: "Taken.", labels: ["stage": "validator"], 17),
                .gauge("held", aggregate: .sum, 2),
                .histogram("x_seconds", Histogram(bounds: [0.5, 1], counts: [3, 1, 0], sum: 0.75)),
            ]
        )
        #expect(try JSONDecoder().decode(SampleBatch.self, from: Data(json.utf8)) == batch)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(String(decoding: try encoder.encode(batch), as: UTF8.self) == json)
    }

    @Test(
        arguments: [
            (-1.0, [1, 0, 0, 0]), (0, [1, 0, 0, 0]), (1, [1, 0, 0, 0]), (1.5, [0, 1, 0, 0]), (2, [0, 1, 0, 0]),
            (5, [0, 0, 1, 0]), (5.1, [0, 0, 0, 1]), (.infinity, [0, 0, 0, 0]), (.nan, [0, 0, 0, 0]),
        ] as [(Double, [UInt64])]
    )
    func buckets(value: Double, counts: [UInt64]) {
        var histogram = Histogram(bounds: [1, 2, 5])
        histogram.observe(value)
        #expect(histogram.counts == counts)
        #expect(histogram.sum == (counts.contains(1) ? value : 0))
    }

    @Test(
        arguments: [
            ("stage.held", .gauge, "stage_held"), ("a-b c/d", .gauge, "a_b_c_d"), ("9lives", .gauge, "_9lives"),
            ("taken", .counter, "taken_total"), ("taken_total", .counter, "taken_total"), ("", .gauge, "_"),
            ("größe", .gauge, "gr__e"), ("a:b", .gauge, "a:b"),
        ] as [(String, Sample.Kind, String)]
    )
    func names(label: String, kind: Sample.Kind, name: String) {
        #expect(MetricText.name(label, kind) == name)
        #expect(MetricText.isName(name))
    }

    @Test func longNamesAndValues() {
        let long = String(repeating: "x", count: 1_000)
        #expect(MetricText.isName(MetricText.name(long, .counter)))
        #expect(MetricText.value(long).count == MetricText.longestValue)
        #expect(MetricText.value("a\nb\u{7F}") == "a b ")
        #expect(MetricText.labelName("__name__") == "x__name__")
    }
}

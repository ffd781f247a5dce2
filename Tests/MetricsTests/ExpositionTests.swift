import Foundation
import Metrics
import TestSupport
import Testing

@testable import MetricsCore

/// The text that Prometheus reads: exact, and as Prometheus's own checker sees it.
@Suite(.timeLimit(.minutes(3)))
struct ExpositionTests {
    static let families = [
        MetricFamily(
            name: "zeta",
            kind: .gauge,
            help: "",
            series: [MetricFamily.Series(labels: [:], value: .number(-2.5))]
        ),
        MetricFamily(
            name: "hand_seconds",
            kind: .histogram,
            help: "In hand.",
            series: [
                MetricFamily.Series(
                    labels: ["stage": "validator"],
                    value: .histogram(Histogram(bounds: [0.005, 1, 300], counts: [2, 0, 1, 4], sum: 1234.5))
                )
            ]
        ),
        MetricFamily(
            name: "taken_total",
            kind: .counter,
            help: "Back\\slash\nand line.",
            series: [
                MetricFamily.Series(labels: ["b": "2", "a": "quote\" back\\ line\n ä"], value: .number(1e20)),
                MetricFamily.Series(labels: ["b": "1", "a": ""], value: .number(3)),
            ]
        ),
        MetricFamily(name: "empty", kind: .gauge, help: "Nothing.", series: []),
    ]

    @Test func exact() {
        #expect(
            Exposition.render(Self.families) == #"""
                # HELP hand_seconds In hand.
                # TYPE hand_seconds histogram
                hand_seconds_bucket{stage="validator",le="0.005"} 2
                hand_seconds_bucket{stage="validator",le="1"} 2
                hand_seconds_bucket{stage="validator",le="300"} 3
                hand_seconds_bucket{stage="validator",le="+Inf"} 7
                hand_seconds_sum{stage="validator"} 1234.5
                hand_seconds_count{stage="validator"} 7
                # HELP taken_total Back\\slash\nand line.
                # TYPE taken_total counter
                taken_total{a="",b="1"} 3
                taken_total{a="quote\" back\\ line\n ä",b="2"} 1e+20
                # HELP zeta No description.
                # TYPE zeta gauge
                zeta -2.5

                """#
        )
    }

    @Test func theOrderOfTheFamiliesDoesNotMatter() {
        #expect(Exposition.render(Self.families.reversed()) == Exposition.render(Self.families))
    }

    @Test(
        arguments: [
            (0, "0"), (3, "3"), (-1, "-1"), (0.1, "0.1"), (1e15, "1000000000000000.0"), (1e20, "1e+20"),
            (1e-7, "1e-07"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"), (-0.0, "0"),
        ] as [(Double, String)]
    )
    func numbers(value: Double, text: String) {
        #expect(Exposition.number(value) == text)
    }

    @Test func theCheckerTakesIt() async throws {
        let answer = try await Promtool.check(Exposition.render(Self.families))
        #expect(answer == Promtool.Answer(end: .exit(0), output: ""))
    }

    /// The checker is not one that takes everything.
    @Test(arguments: ["taken_total{a=\"} 3\n", "# TYPE a counter\na 1\n# TYPE a counter\n", "1a 3\n", "a 1\na{} 2\n"])
    func theCheckerRefuses(text: String) async throws {
        #expect(try await Promtool.check(text).end != .exit(0))
    }

    /// From recording to exposition, with everything that can stand in a label.
    @Test func theCheckerTakesWhatAnAggregatorShows() async throws {
        var aggregator = Aggregator()
        for process in 0..<3 {
            let registry = SampleRegistry(descriptions: [
                MetricDescription("coder.workspace.created", help: "Workspaces \"made\"\\\nby us."),
                MetricDescription("coder.active.workspaces", help: "Workspaces now.", aggregate: .sum),
                MetricDescription("coder.remediation.duration", help: "How long remediations took."),
                MetricDescription("stage.held", help: "Deliveries in hand."),
                MetricDescription("batch.size", help: "Messages in a batch."),
            ])
            let texts = ["", "ä\"\\\n\r\t", String(repeating: "x", count: 500), "{a=\"b\"}", "\u{0}", "\u{1F4A5}"]
            for text in texts {
                registry.makeCounter(label: "coder.workspace.created", dimensions: [("incident_type", text)])
                    .increment(by: 2)
                registry.makeTimer(label: "coder.remediation.duration", dimensions: [("le", text), ("x", text)])
                    .recordNanoseconds(1_500_000_000)
                registry.makeTimer(label: "coder.remediation.duration", dimensions: [("incident-type", text)])
                    .recordNanoseconds(1_500_000_000)
            }
            registry.makeMeter(label: "coder.active.workspaces", dimensions: []).set(Int64(process))
            registry.makeMeter(label: "stage.held", dimensions: [("instance", "mine")]).set(0.5)
            registry.makeRecorder(label: "batch.size", dimensions: [], aggregate: true).record(Int64(64))
            let batch = SampleBatch(
                instance: "host/\(process)",
                stage: "validator",
                started: "t",
                sequence: 1,
                samples: registry.samples()
            )
            #expect(aggregator.take(batch, at: .zero) == [.name: 6])
        }
        let text = Exposition.render(aggregator.families(at: .zero))
        let answer = try await Promtool.check(text)
        #expect(answer == Promtool.Answer(end: .exit(0), output: ""))
        #expect(text.contains("coder_active_workspaces 3\n"))
        #expect(text.contains("batch_size_bucket{le=\"100\"} 3\n"))
        #expect(text.contains("coder_workspace_created_total{incident_type=\"{a=\\\"b\\\"}\"} 6\n"))
        #expect(text.contains("stage_held{instance=\"host/1\",stage=\"validator\"} 0.5\n"))
    }
}

/// Runs `promtool check metrics` of Prometheus.
///
/// Where it is not installed the tests that need it fail.
enum Promtool {
    struct Answer: Equatable {
        var end: Program.End
        /// What it said, errors and advice.
        var output: String
    }

    struct Missing: Error, CustomStringConvertible {
        var description: String {
            "promtool is not on the PATH: run `make tools`, or put the promtool of Debian's package prometheus there"
        }
    }

    static func check(_ text: String) async throws -> Answer {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard
            let tool = folders.map({ "\($0)/promtool" }).first(where: FileManager.default.isExecutableFile(atPath:))
        else { throw Missing() }
        let (end, output) = try await Program.run(path: tool, ["check", "metrics"], input: Data(text.utf8))
        return Answer(end: end, output: output)
    }
}

/// A series that is summed: name and labels.
struct SeriesKey: Hashable {
    var name: String
    var labels: [String: String]
}

/// One process: a name may be used again by a later one.
struct ProcessKey: Hashable {
    var instance: String
    var started: String

    static func isSound(_ batch: SampleBatch) -> Bool {
        isWord(batch.instance, 200) && isWord(batch.stage, 64) && isWord(batch.started, 64)
    }

    private static func isWord(_ text: String, _ most: Int) -> Bool {
        (1...most).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { $0.value > 32 && $0.value != 127 }
    }
}

/// What is remembered of a process.
struct Process {
    var stage: String
    var heard: Duration
    var sequence: UInt64?
    var isSilent = false
    /// Its counts at its latest batch.
    var counted: [SeriesKey: MetricFamily.Value] = [:]
    var gauges: [SeriesKey: Double] = [:]

    init(stage: String, heard: Duration) {
        self.stage = stage
        self.heard = heard
    }
}

/// Arithmetic of cumulative values.
enum Growth {
    /// What was added from one value to a later one; nil where that went down, or is of another kind.
    static func between(_ before: MetricFamily.Value?, _ after: MetricFamily.Value) -> MetricFamily.Value? {
        switch (before, after) {
        case (nil, _): return after
        case (.number(let old)?, .number(let new)): return new >= old ? .number(new - old) : nil
        case (.histogram(let old)?, .histogram(let new)):
            guard old.bounds == new.bounds, zip(old.counts, new.counts).allSatisfy({ $0 <= $1 }) else { return nil }
            return .histogram(
                Histogram(
                    bounds: new.bounds,
                    counts: zip(old.counts, new.counts).map { $1 - $0 },
                    sum: new.sum - old.sum
                )
            )
        default: return nil
        }
    }

    /// Both together; the kinds are the same, which the catalogue sees to.
    static func sum(_ total: MetricFamily.Value?, _ growth: MetricFamily.Value) -> MetricFamily.Value {
        switch (total, growth) {
        case (.number(let a)?, .number(let b)): .number(a + b)
        case (.histogram(let a)?, .histogram(let b)):
            .histogram(
                Histogram(
                    bounds: a.bounds,
                    counts: zip(a.counts, b.counts).map { a, b in
                        let (sum, overflow) = a.addingReportingOverflow(b)
                        return overflow ? .max : sum
                    },
                    sum: a.sum + b.sum
                )
            )
        default: growth
        }
    }

    static func nothing(like value: MetricFamily.Value) -> MetricFamily.Value {
        switch value {
        case .number: .number(0)
        case .histogram(let histogram): .histogram(Histogram(bounds: histogram.bounds))
        }
    }
}

/// What is known of each name: the first sample of a name decides what all of them are.
struct Catalogue {
    private struct Info {
        var kind: Sample.Kind
        var help: String
        var bounds: [Double]
        var isSummed: Bool
    }

    private let mostLabels: Int
    private let mostNames: Int
    private var infos: [String: Info] = [:]
    /// Names that the lines of families use, with the family: a histogram `x` uses `x_bucket`, `x_sum`, `x_count` too.
    private var used: [String: String] = [:]
    /// Lines of the totals.
    var lines = 0

    init(bounds: Aggregator.Bounds) {
        mostLabels = bounds.labels
        mostNames = bounds.series
    }

    /// Checks a sample from outside.
    ///
    /// - Returns: the series it belongs to, a counter's name with `_total`, and its value.
    mutating func check(_ sample: Sample) throws(Refusal) -> (SeriesKey, MetricFamily.Value) {
        guard MetricText.isName(sample.name), sample.labels.count <= mostLabels,
            sample.labels.keys.allSatisfy({ MetricText.isLabelName($0) && $0 != "le" && $0 != "quantile" }),
            !sample.name.hasPrefix("mendline_metrics_")
        else { throw .name }
        // A name is sanitized already, so this adds `_total` to a counter's where it lacks.
        let name = sample.kind == .counter && !sample.name.hasSuffix("_total") ? sample.name + "_total" : sample.name
        let value = try value(sample)
        try enter(name, sample, value)
        return (SeriesKey(name: name, labels: sample.labels.mapValues(MetricText.value)), value)
    }

    private func value(_ sample: Sample) throws(Refusal) -> MetricFamily.Value {
        switch sample.kind {
        case .histogram:
            guard let histogram = sample.histogram, HistogramRule.isSound(histogram) else { throw .value }
            return .histogram(histogram)
        case .counter, .gauge:
            guard let value = sample.value, value.isFinite, sample.kind == .gauge || value >= 0 else { throw .value }
            return .number(value)
        }
    }

    private mutating func enter(_ name: String, _ sample: Sample, _ value: MetricFamily.Value) throws(Refusal) {
        let bounds = if case .histogram(let histogram) = value { histogram.bounds } else { [Double]() }
        if let info = infos[name] {
            guard info.kind == sample.kind, info.bounds == bounds else { throw .conflict }
            if info.help.isEmpty, let help = sample.help { infos[name]?.help = Catalogue.help(help) }
            return
        }
        guard infos.count < mostNames else { throw .tooManySeries }
        let names = sample.kind == .histogram ? [name, name + "_bucket", name + "_sum", name + "_count"] : [name]
        guard names.allSatisfy({ used[$0] == nil }) else { throw .conflict }
        for used in names { self.used[used] = name }
        infos[name] = Info(
            kind: sample.kind,
            help: Catalogue.help(sample.help ?? ""),
            bounds: bounds,
            isSummed: sample.aggregate == .sum
        )
    }

    private static func help(_ text: String) -> String { String(text.prefix(500)) }

    func isSummed(_ name: String) -> Bool { infos[name]?.isSummed ?? false }

    func family(_ name: String, _ series: [MetricFamily.Series]) -> MetricFamily? {
        infos[name].map { MetricFamily(name: name, kind: $0.kind, help: $0.help, series: series) }
    }

    /// How many lines of the exposition a value takes.
    func linesOf(_ value: MetricFamily.Value) -> Int {
        if case .histogram(let histogram) = value { histogram.bounds.count + 3 } else { 1 }
    }
}

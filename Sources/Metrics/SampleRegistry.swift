public import Metrics
import Synchronization

/// The metrics of this process: a backend of swift-metrics that keeps cumulative values to be read as samples.
///
/// Counters become counters (`_total`), Meters and Gauges gauges, Timers histograms in seconds (`_seconds`), Recorders
/// histograms. The same label and dimensions always mean the same series. Destroying a counter or histogram keeps its
/// value, because totals must never go down; destroying a gauge removes it.
///
/// - Important: at most ``mostSeries`` series; what is made beyond, or under a name that has another kind already,
///   records nowhere and is counted in `metrics_refused_total`.
public final class SampleRegistry: MetricsFactory, Sendable {
    /// More series than any process of ours has.
    public static let mostSeries = 2_000

    private struct Key: Hashable {
        var name: String
        var labels: [String: String]
    }

    private enum Cell {
        case counter(CounterCell)
        case gauge(GaugeCell)
        case histogram(HistogramCell)

        var kind: Sample.Kind {
            switch self {
            case .counter: .counter
            case .gauge: .gauge
            case .histogram: .histogram
            }
        }
    }

    private struct Entry {
        var label: String
        var cell: Cell
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var kinds: [String: Sample.Kind] = [:]
        var refused: UInt64 = 0
    }

    private let descriptions: [String: MetricDescription]
    private let state = Mutex(State())

    /// A registry without series.
    ///
    /// - Parameter descriptions: of the metrics that there may be; a later one replaces an earlier one of its label.
    public init(descriptions: [MetricDescription] = []) {
        self.descriptions = Dictionary(descriptions.map { ($0.label, $0) }) { $1 }
    }

    /// The present values, in the order of names and labels; gauges that were never set are left out.
    public func samples() -> [Sample] {
        let (entries, refused) = state.withLock { ($0.entries, $0.refused) }
        var samples = entries.compactMap { sample($0.key, $0.value) }
        if refused > 0 {
            samples.append(
                .counter("metrics_refused_total", help: "Series that this process could not keep.", Double(refused))
            )
        }
        return samples.sorted { ($0.name, LabelOrder($0.labels)) < ($1.name, LabelOrder($1.labels)) }
    }

    private func sample(_ key: Key, _ entry: Entry) -> Sample? {
        let description = descriptions[entry.label]
        switch entry.cell {
        case .counter(let cell):
            return .counter(key.name, help: description?.help, labels: key.labels, cell.value)
        case .gauge(let cell):
            guard let value = cell.value else { return nil }
            let aggregate = description?.aggregate == .sum ? Sample.Aggregate.sum : nil
            return .gauge(key.name, help: description?.help, labels: key.labels, aggregate: aggregate, value)
        case .histogram(let cell):
            return .histogram(key.name, help: description?.help, labels: key.labels, cell.value)
        }
    }

    // MARK: MetricsFactory

    /// Makes a counter.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    /// Makes a counter of fractions.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    /// Makes a gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    /// Makes a histogram, or a gauge where nothing is to be aggregated.
    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        aggregate
            ? histogram(label, dimensions, suffix: "", MetricDescription.numberBounds) : gauge(label, dimensions)
    }

    /// Makes a histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, suffix: "_seconds", MetricDescription.secondsBounds)
    }

    /// Keeps the value: totals must never go down.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Keeps the value: totals must never go down.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Keeps the value: totals must never go down.
    public func destroyTimer(_ handler: any TimerHandler) {}
    /// Removes the gauge.
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    /// Removes it where it is a gauge.
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            let found = state.entries.first { entry in
                if case .gauge(let cell) = entry.value.cell { cell === handler } else { false }
            }
            if let found { state.entries[found.key] = nil }
        }
    }

    // MARK: Cells

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterCell {
        let made = CounterCell()
        let cell = cell(label, dimensions, MetricText.name(label, .counter), .counter(made))
        if case .counter(let kept) = cell { return kept }
        return made
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeCell {
        let made = GaugeCell()
        let cell = cell(label, dimensions, MetricText.name(label, .gauge), .gauge(made))
        if case .gauge(let kept) = cell { return kept }
        return made
    }

    private func histogram(
        _ label: String,
        _ dimensions: [(String, String)],
        suffix: String,
        _ fallback: [Double]
    ) -> HistogramCell {
        let plain = MetricText.name(label, .histogram)
        let bounds = descriptions[label]?.bounds.flatMap { HistogramRule.isBounds($0) ? $0 : nil } ?? fallback
        let made = HistogramCell(bounds: bounds)
        let cell = cell(label, dimensions, plain.hasSuffix(suffix) ? plain : plain + suffix, .histogram(made))
        if case .histogram(let kept) = cell { return kept }
        return made
    }

    /// The cell of a series: the one there is, or the new one; nil where it is refused.
    private func cell(_ label: String, _ dimensions: [(String, String)], _ name: String, _ new: Cell) -> Cell? {
        var labels: [String: String] = [:]
        for (name, value) in dimensions { labels[MetricText.labelName(name)] = MetricText.value(value) }
        let key = Key(name: name, labels: labels)
        return state.withLock { state in
            if let entry = state.entries[key], entry.cell.kind == new.kind { return entry.cell }
            guard state.kinds[name, default: new.kind] == new.kind, state.entries.count < Self.mostSeries else {
                state.refused += 1
                return nil
            }
            state.kinds[name] = new.kind
            state.entries[key] = Entry(label: label, cell: new)
            return new
        }
    }
}

/// Labels in an order that is the same each time.
struct LabelOrder: Comparable {
    private let pairs: [(key: String, value: String)]

    init(_ labels: [String: String]) {
        pairs = labels.sorted { $0.key < $1.key }
    }

    static func == (left: LabelOrder, right: LabelOrder) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0 == $1 }
    }

    static func < (left: LabelOrder, right: LabelOrder) -> Bool {
        left.pairs.lexicographicallyPrecedes(right.pairs) { $0 < $1 }
    }
}

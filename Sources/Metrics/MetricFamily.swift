/// All series of one name, ready to be shown.
public struct MetricFamily: Sendable, Hashable {
    /// One series.
    public struct Series: Sendable, Hashable {
        /// Its labels.
        public var labels: [String: String]
        /// Its value.
        public var value: Value

        /// A series.
        public init(labels: [String: String], value: Value) {
            self.labels = labels
            self.value = value
        }
    }

    /// The value of a series.
    public enum Value: Sendable, Hashable {
        /// Of a counter or gauge.
        case number(Double)
        /// Of a histogram.
        case histogram(Histogram)
    }

    /// The name, a counter's with `_total`.
    public var name: String
    /// How the series behave.
    public var kind: Sample.Kind
    /// One sentence; empty for none.
    public var help: String
    /// In any order; no two with the same labels.
    public var series: [Series]

    /// A family.
    public init(name: String, kind: Sample.Kind, help: String, series: [Series]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.series = series
    }
}

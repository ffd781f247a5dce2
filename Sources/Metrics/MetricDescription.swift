/// What swift-metrics cannot say of a metric: its help text, its buckets, and how processes are added up.
public struct MetricDescription: Sendable, Hashable {
    /// As the code that records names it, such as `coder.workspace.created`.
    public var label: String
    /// One sentence for whoever reads the exposition.
    public var help: String
    /// Upper bounds of the buckets of a Timer (in seconds) or Recorder, finite and rising; nil for the default.
    public var bounds: [Double]?
    /// What becomes of a gauge that several processes have.
    public var aggregate: Sample.Aggregate

    /// A description.
    public init(_ label: String, help: String, bounds: [Double]? = nil, aggregate: Sample.Aggregate = .none) {
        self.label = label
        self.help = help
        self.bounds = bounds
        self.aggregate = aggregate
    }

    /// Buckets for seconds, from a local call to a remediation.
    public static let secondsBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600,
    ]
    /// Buckets for numbers and sizes of any kind.
    public static let numberBounds: [Double] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000, 1_000_000,
    ]
}

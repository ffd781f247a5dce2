/// The present value of one series of one process, counted since the process started.
///
/// Because it is cumulative, a sample that is lost costs nothing: the next one says it all again.
///
/// ```json
/// {"name":"deliveries_taken_total","kind":"counter","labels":{"stage":"validator"},"value":17}
/// {"name":"held_seconds","kind":"histogram","labels":{},"histogram":{"bounds":[0.1,1],"counts":[3,1,0],"sum":0.8}}
/// ```
public struct Sample: Codable, Sendable, Hashable {
    /// How a series behaves.
    public enum Kind: String, Codable, Sendable, Hashable {
        /// Only grows while the process lives; its name ends with `_total`.
        case counter
        /// Goes up and down.
        case gauge
        /// Observations counted in buckets.
        case histogram
    }

    /// What becomes of a gauge that several processes have.
    public enum Aggregate: String, Codable, Sendable, Hashable {
        /// Shown for each process, with its `instance` and `stage` as labels.
        case none
        /// Added up.
        case sum
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`, at most 200 characters.
    public var name: String
    /// One sentence for whoever reads the exposition.
    public var help: String?
    /// How the series behaves.
    public var kind: Kind
    /// Names are `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with `__`; values any text, cut at 200 characters.
    public var labels: [String: String]
    /// Only for gauges; nil means ``Aggregate/none``.
    public var aggregate: Aggregate?
    /// Of a counter (not negative) or gauge; finite.
    public var value: Double?
    /// Of a histogram.
    public var histogram: Histogram?

    /// A sample; ``counter(_:help:labels:_:)`` and its neighbours say more clearly what it is.
    public init(
        name: String,
        help: String?,
        kind: Kind,
        labels: [String: String],
        aggregate: Aggregate? = nil,
        value: Double? = nil,
        histogram: Histogram? = nil
    ) {
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = labels
        self.aggregate = aggregate
        self.value = value
        self.histogram = histogram
    }

    /// A count since the process started.
    public static func counter(
        _ name: String,
        help: String? = nil,
        labels: [String: String] = [:],
        _ value: Double
    ) -> Sample {
        Sample(name: name, help: help, kind: .counter, labels: labels, value: value)
    }

    /// A present value.
    public static func gauge(
        _ name: String,
        help: String? = nil,
        labels: [String: String] = [:],
        aggregate: Aggregate? = nil,
        _ value: Double
    ) -> Sample {
        Sample(name: name, help: help, kind: .gauge, labels: labels, aggregate: aggregate, value: value)
    }

    /// Observations since the process started.
    public static func histogram(
        _ name: String,
        help: String? = nil,
        labels: [String: String] = [:],
        _ histogram: Histogram
    ) -> Sample {
        Sample(name: name, help: help, kind: .histogram, labels: labels, histogram: histogram)
    }
}

/// Observations counted in buckets.
public struct Histogram: Codable, Sendable, Hashable {
    /// The upper bounds of the buckets, inclusive, finite and rising, in the unit of the name; without +Inf.
    public var bounds: [Double]
    /// How many observations fell into each bucket, NOT cumulative: one for each bound, and one more for what was
    /// above the last bound.
    public var counts: [UInt64]
    /// The sum of all observations.
    public var sum: Double

    /// An empty histogram.
    public init(bounds: [Double]) {
        self.init(bounds: bounds, counts: Array(repeating: 0, count: bounds.count + 1), sum: 0)
    }

    /// A histogram of these parts.
    public init(bounds: [Double], counts: [UInt64], sum: Double) {
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
    }

    /// How many observations there are in all.
    public var count: UInt64 { counts.reduce(0, &+) }

    /// Counts one observation; what is not finite is no observation.
    public mutating func observe(_ value: Double) {
        guard value.isFinite else { return }
        // The first bound that is not below the value.
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        counts[low] &+= 1
        sum += value
    }
}

/// All samples of one process at one moment: what a `metrics.sample` message carries.
public struct SampleBatch: Codable, Sendable, Hashable {
    /// Names the process, such as `host-7/4121`; 1 to 200 characters.
    public var instance: String
    /// The stage it belongs to.
    public var stage: String
    /// When the process started, RFC 3339.
    ///
    /// The same instance with another start is another process, whose counts begin
    /// at zero.
    public var started: String
    /// Rises with every batch of the process, so that an older one that comes late is known as such.
    public var sequence: UInt64
    /// One for each series.
    public var samples: [Sample]

    /// A batch.
    public init(instance: String, stage: String, started: String, sequence: UInt64, samples: [Sample]) {
        self.instance = instance
        self.stage = stage
        self.started = started
        self.sequence = sequence
        self.samples = samples
    }
}

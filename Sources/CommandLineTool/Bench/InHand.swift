import Histogram

/// How long deliveries are in hand: from the moment at which each should have been handed out to its settlement.
///
/// The intended moment counts and not the real one, so that a stage which stands still is not measured less often while it
/// does (coordinated omission).
struct InHand: Sendable {
    /// In microseconds, up to an hour, three digits of it exact.
    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1,
        highestTrackableValue: 3_600_000_000,
        numberOfSignificantValueDigits: .three
    )

    mutating func record(_ duration: Duration) {
        histogram.record(UInt64(min(max(duration / .microseconds(1), 1), 3_600_000_000)))
    }

    var count: UInt64 { histogram.totalCount }

    /// In milliseconds; nil where nothing was recorded.
    var quantiles: Quantiles? {
        guard count > 0 else { return nil }
        func at(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1000 }
        return Quantiles(p50: at(50), p95: at(95), p99: at(99), p999: at(99.9), max: Double(histogram.max) / 1000)
    }
}

/// Quantiles of a time, in milliseconds.
struct Quantiles: Hashable, Sendable, Codable {
    var p50: Double
    var p95: Double
    var p99: Double
    var p999: Double
    var max: Double

    private enum CodingKeys: String, CodingKey {
        case p50, p95, p99, max
        case p999 = "p99_9"
    }
}

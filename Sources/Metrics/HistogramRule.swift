/// What a histogram from outside must be.
enum HistogramRule {
    static let mostBounds = 64
    /// Counts are shown as floating point numbers, which are exact up to here.
    private static let mostCount: UInt64 = 1 << 53

    static func isBounds(_ bounds: [Double]) -> Bool {
        (1...mostBounds).contains(bounds.count) && bounds.allSatisfy(\.isFinite)
            && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
    }

    static func isSound(_ histogram: Histogram) -> Bool {
        isBounds(histogram.bounds) && histogram.counts.count == histogram.bounds.count + 1
            && histogram.sum.isFinite && histogram.counts.allSatisfy { $0 <= mostCount }
    }
}

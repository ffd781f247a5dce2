/// How many frames a socket's buffer may hold, and when work goes on after it was full.
///
/// The producer stops at `high` and goes on at `low`, so that a nearly full buffer does not cost one wake-up per frame.
public struct Watermarks: Hashable, Sendable {
    /// At or below this the producer goes on.
    public let low: Int
    /// At this the producer stops.
    ///
    /// It is the most that the buffer holds.
    public let high: Int

    /// Marks with `0 <= low <= high` and `high >= 1`; anything else is a programming error and traps.
    public init(low: Int, high: Int) {
        precondition(low >= 0 && high >= 1 && low <= high, "watermarks need 0 <= low <= high and high >= 1")
        self.low = low
        self.high = high
    }

    /// 256 and 1024 frames.
    public static let standard = Watermarks(low: 256, high: 1024)
}

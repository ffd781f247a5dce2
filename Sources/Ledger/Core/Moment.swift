public import Messages

/// The time as the core is told it: it has no clock of its own.
public struct Moment: Sendable, Hashable {
    /// Wall-clock time: for people, for what is due, for expiry across processes.
    public var wall: Timestamp
    /// Milliseconds of a clock that never jumps: for leases and for who is alive.
    public var monotonic: Int64

    /// A moment.
    public init(wall: Timestamp, monotonic: Int64) {
        self.wall = wall
        self.monotonic = monotonic
    }
}

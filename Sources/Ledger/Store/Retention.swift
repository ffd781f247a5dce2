/// How long ended incidents are kept, and in what steps they are removed.
public struct Retention: Sendable, Hashable {
    /// How long after its end an incident is kept, in milliseconds.
    public var keep: Int64
    /// How many rows one commit touches at most, so that nobody waits long for it.
    public var rowsPerCommit: Int
    /// How long after one commit the next comes, in milliseconds.
    public var pause: Int64
    /// How long after all ended incidents were looked at they are looked at again, in milliseconds.
    public var lookEvery: Int64

    /// A retention; without arguments 30 days.
    public init(
        keep: Int64 = 30 * 86_400_000,
        rowsPerCommit: Int = 500,
        pause: Int64 = 100,
        lookEvery: Int64 = 60_000
    ) {
        self.keep = keep
        self.rowsPerCommit = rowsPerCommit
        self.pause = pause
        self.lookEvery = lookEvery
    }
}

/// When the next step of removing is due.
struct RemovalPace: Sendable {
    private let retention: Retention
    private var due: Int64 = .min
    /// Where the look through the ended incidents goes on; nil at its beginning.
    private(set) var place: LedgerStore.RemovalPlace?

    init(_ retention: Retention) { self.retention = retention }

    func isDue(at monotonic: Int64) -> Bool { monotonic >= due }

    /// A step is done: the next comes after the pause, or a new look when this one is over.
    mutating func took(_ removal: LedgerStore.Removal, at monotonic: Int64) {
        place = removal.next
        due = monotonic + (removal.next == nil ? retention.lookEvery : retention.pause)
    }

    /// A step could not be done: nothing of it is stored.
    mutating func failed(at monotonic: Int64) { due = monotonic + retention.lookEvery }
}

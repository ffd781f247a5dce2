/// Which signed requests were taken lately: an exact copy of one is not taken again.
///
/// A copy is known by id, time and body together, so a sender that repeats with a new time is let through. An entry is
/// kept as long as its time is within the window; then the time itself refuses the copy. Bounded: where it is full the
/// request is put off, since what cannot be remembered cannot be told from its copy.
struct ReplayMemory {
    enum Admission: Hashable {
        case new
        case copy
        case full
    }

    private var entries: [Int64: Set<[UInt8]>] = [:]
    private(set) var count = 0
    private let most: Int

    /// 200,000 entries are 650 a second for the whole window, and some 20 MiB.
    init(most: Int = 200_000) { self.most = most }

    /// Remembers a request, unless it is there already.
    mutating func admit(_ mark: SignatureCheck.Mark, now: Int64) -> Admission {
        for second in entries.keys where second < now { count -= entries.removeValue(forKey: second)?.count ?? 0 }
        if entries[mark.until]?.contains(mark.code) == true { return .copy }
        guard count < most else { return .full }
        entries[mark.until, default: []].insert(mark.code)
        count += 1
        return .new
    }

    /// Forgets a request that was not taken after all, so that it may come again.
    mutating func forget(_ mark: SignatureCheck.Mark) {
        if entries[mark.until]?.remove(mark.code) != nil { count -= 1 }
    }
}

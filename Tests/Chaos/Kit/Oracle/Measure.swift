/// A few lengths of time in one line; in milliseconds.
struct Spread: Hashable, Sendable {
    var count: Int
    var p50: Int64
    var p99: Int64
    var most: Int64

    /// Nil where there is nothing to tell of.
    init?(_ values: [Int64]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        func rank(_ percent: Int) -> Int64 {
            sorted[max(1, (sorted.count * percent + 99) / 100) - 1]
        }
        count = sorted.count
        p50 = rank(50)
        p99 = rank(99)
        most = rank(100)
    }
}

enum Measure {
    /// How long incidents took to their end from the end of a fault that they were under way in.
    ///
    /// By the sender's clock, so it has in it what the sender waits between two attempts.
    ///
    /// - Parameters:
    ///   - faults: when each ended, in milliseconds of wall time.
    ///   - sender: what it was told.
    /// - Returns: each incident's, in milliseconds, once for each fault.
    static func recoveries(after faults: [Int64], _ sender: some Collection<SenderRecord>) -> [Int64] {
        sender.filter { $0.isAccepted }.flatMap { record in
            faults.filter { record.began <= $0 && $0 < record.ended }.map { record.ended - $0 }
        }
    }

    /// When an incident of the ledger was accepted and when its outcome had been told; nil where it was not.
    static func span(of ledger: LedgerRecord) -> (began: Int64, ended: Int64)? {
        guard let accepted = ledger.timeline.first(where: { $0.type == "incident.accepted" }),
            let told = ledger.timeline.first(where: {
                $0.type == "incident.reported" && $0.told == "remediation.finished"
            })
        else { return nil }
        return (accepted.time, told.time)
    }

    /// By how much a fault has delayed the incidents that were under way, or came, while it worked.
    ///
    /// - Parameters:
    ///   - ledger: the incidents.
    ///   - window: from the fault to when all is as before, in milliseconds of wall time.
    ///   - usual: how long an incident takes undisturbed, in milliseconds.
    /// - Returns: the longest delay; nil where no incident was there.
    static func delay(
        of ledger: some Collection<LedgerRecord>,
        in window: ClosedRange<Int64>,
        usual: Int64
    ) -> Int64? {
        ledger.compactMap(span).filter { $0.began <= window.upperBound && window.lowerBound <= $0.ended }
            .map { max(0, $0.ended - $0.began - usual) }.max()
    }

    /// How long incidents took that came and went within a time of peace: the median.
    static func usual(_ ledger: some Collection<LedgerRecord>, in window: ClosedRange<Int64>) -> Int64? {
        Spread(
            ledger.compactMap(span).filter { window.contains($0.began) && window.contains($0.ended) }
                .map { $0.ended - $0.began }
        )?.p50
    }
}

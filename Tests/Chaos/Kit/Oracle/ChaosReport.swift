/// What a run has come to: the table, and whether all promises were kept.
struct ChaosReport: Sendable {
    /// How one process's death delayed incidents.
    struct Single: Sendable {
        var member: String
        /// Milliseconds; nil where no incident was under way.
        var delay: Int64?
        /// What it may be: a lease and a second; for intake its restart and a lease.
        var bound: Int64
        var restart: Int64?
    }

    /// What a delay may be beyond its bound before it counts as broken: machines are shared, and processes that are
    /// built for debugging start slowly.
    static let allowance: Int64 = 10_000

    var seed: UInt64
    var seconds: Int
    var reporting: Schedule.Reporting
    var histories: Histories
    var violations: [Oracle.Violation]
    var kills: [String: Int]
    /// How many faults were done, by kind.
    var faults: [String: Int]
    /// How many met no process, by kind.
    var missed: [String: Int]
    /// Why those of a kind were not done.
    var notTried: [String: String]
    var failed: [String]
    var recoveries: Spread?
    var usual: Int64?
    var singles: [Single]
    var settled: Int64
    var surprises: [String]
    /// How often intake ended by itself that had lived while its disk took nothing.
    var excusedEnds: Int

    /// Whether nothing is wrong.
    var isClean: Bool { violations.isEmpty && failed.isEmpty && surprises.isEmpty && lateSingles.isEmpty }

    private var lateSingles: [Single] {
        singles.filter { single in single.delay.map { $0 > single.bound + Self.allowance } ?? false }
    }

    var lines: [String] {
        var rows: [(String, String)] = []
        let sent = histories.sender.values
        let accepted = sent.count(where: \.isAccepted)
        let not = sent.count(where: \.isCertainlyNotAccepted)
        rows.append(
            (
                "incidents",
                "\(sent.count) sent, \(accepted) accepted, \(not) not, "
                    + "\(sent.count - accepted - not) of which the sender could not know"
            )
        )
        var ends: [String: Int] = [:]
        for record in histories.ledger.values { ends[record.verdict ?? record.state, default: 0] += 1 }
        rows.append(("in the ledger", Self.list(ends)))
        rows.append(("kills", "\(kills.values.reduce(0, +)): \(Self.list(kills))"))
        for kind in Set(faults.keys).union(missed.keys).sorted() {
            let others = missed[kind].map { ", and \($0) that met no process" } ?? ""
            rows.append(("  \(kind)", "\(faults[kind, default: 0])\(others)"))
        }
        for (kind, why) in notTried.sorted(by: { $0.key < $1.key }) { rows.append(("  \(kind)", "not tried: \(why)")) }
        rows.append(("faults in all", "\(faults.values.reduce(0, +))"))
        rows.append(("recovery", recoveries.map(Self.text) ?? "nothing was under way"))
        rows.append(
            ("undisturbed", usual.map { "\(Self.seconds($0)) from accepted to told, the median" } ?? "not measured")
        )
        if singles.isEmpty {
            rows.append(("delay by one kill", "not measured: runs of two minutes and more do"))
        }
        for single in singles {
            let restart = single.restart.map { ", restart \(Self.seconds($0))" } ?? ""
            let delay = single.delay.map(Self.seconds) ?? "nothing was under way"
            rows.append(("  delay, \(single.member)", "\(delay) of \(Self.seconds(single.bound))\(restart)"))
        }
        rows.append(("settled", "\(Self.seconds(settled)) after the last fault"))
        rows.append(("unexpected ends", "\(surprises.count)"))
        rows.append(("excused ends", "\(excusedEnds) of intake that had lived without a disk to write to"))
        rows.append(("faults that failed", "\(failed.count)"))
        rows.append(("violations", "\(violations.count + lateSingles.count)"))
        let width = rows.map(\.0.count).max() ?? 0
        var lines = ["chaos: seed \(seed), \(seconds) s of faults, duplicates: \(reporting.rawValue)", ""]
        lines += rows.map { "  " + $0.0 + String(repeating: " ", count: width - $0.0.count + 2) + $0.1 }
        let complaints =
            violations.map(\.description) + lateSingles.map { "\($0.member): its death delayed too long" }
            + failed.map { "fault failed: \($0)" } + surprises
        if !complaints.isEmpty { lines += [""] + complaints.prefix(60).map { "  ! \($0)" } }
        if complaints.count > 60 { lines.append("  ! and \(complaints.count - 60) more") }
        return lines
    }

    private static func list(_ counts: [String: Int]) -> String {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            .joined(separator: ", ")
    }

    private static func text(_ spread: Spread) -> String {
        "p50 \(seconds(spread.p50))  p99 \(seconds(spread.p99))  max \(seconds(spread.most)), of \(spread.count)"
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        "\(milliseconds / 1000).\((milliseconds % 1000) / 100) s"
    }
}

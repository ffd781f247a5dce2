import Foundation
import Ledger

/// What a ledger costs whose incidents have all ended: they must cost nothing but their room on the disk.
enum FinishedIncidents {
    /// How many further incidents show what working on such a ledger is like.
    private static let further = 20_000
    /// How many of those that have ended are read.
    private static let reads = 1000

    /// Brings incidents to their end, 500 a commit.
    static func finish(_ path: String, _ count: Int) async throws {
        let start = ContinuousClock.now
        try await work(path) { ledger in try await bring("INC", count, perCommit: 500, &ledger) }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print("\(count) finished incidents, made in \(Int(seconds)) s")
    }

    /// Opens a ledger that ``finish(_:_:)`` has made, reads some of its incidents, and brings further ones to an end.
    ///
    /// Prints one line of figures, each `name=number`. Since it adds to the file, give it a fresh copy each time.
    static func load(_ path: String) async throws {
        let start = ContinuousClock.now
        try await work(path) { ledger in
            let ready = (ContinuousClock.now - start) / .milliseconds(1)
            let resident = ResidentMemory.now
            let count = try await finishedCount(in: ledger.store)
            let read = try await meanRead(ledger.store, of: count)
            let began = ContinuousClock.now
            try await bring("LOAD", further, perCommit: 100, &ledger)
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            let rate = Int(Double(further) / seconds)
            print(
                "finished=\(count) in_memory=\(ledger.loadedIncidents) ready_ms=\(rounded(ready)) "
                    + "resident_mib=\(resident) read_us=\(rounded(read)) incidents_per_s=\(rate) "
                    + "resident_after_mib=\(ResidentMemory.now) peak_mib=\(ResidentMemory.peak)"
            )
        }
    }

    private static func work(_ path: String, _ body: (inout BusyLedger) async throws -> Void) async throws {
        var ledger = try await BusyLedger(path: path, living: Array(Samples.rules.stages.keys))
        try await body(&ledger)
        guard ledger.openIncidents == 0 else {
            throw BenchmarkFailure(description: "\(ledger.openIncidents) incidents have not come to their end")
        }
        try ledger.close()
    }

    /// Of ten incidents one is remediated and nine are declined, which makes a million of them in minutes.
    private static func bring(
        _ name: String,
        _ count: Int,
        perCommit: Int,
        _ ledger: inout BusyLedger
    ) async throws {
        for first in stride(from: 0, to: count, by: perCommit) {
            let numbers = first..<min(first + perCommit, count)
            let requests = numbers.map { number in
                Samples.request(name, number, severity: number % 10 == 0 ? "critical" : "low", sentences: 4)
            }
            try await ledger.work(off: requests)
        }
    }

    /// How many incidents `finish` has made: the last of them tells.
    private static func finishedCount(in store: LedgerStore) async throws -> Int {
        let filter = LedgerStore.Filter(state: nil, service: nil, verdict: nil, limit: 1, before: nil)
        guard let last = try await store.list(filter).records.first?.id, last.hasPrefix("INC-"),
            let number = Int(last.dropFirst(4))
        else {
            throw BenchmarkFailure(description: "the file is not as `ledger-open finish` makes it: make it anew")
        }
        return number + 1
    }

    /// The mean time in microseconds of reading an incident by its id, as GET of an incident does.
    private static func meanRead(_ store: LedgerStore, of count: Int) async throws -> Double {
        let ids = (0..<reads).map { _ in "INC-\(Int.random(in: 0..<count))" }
        let start = ContinuousClock.now
        for id in ids {
            guard try await store.detail(of: id)?.record.state.isTerminal == true else {
                throw BenchmarkFailure(description: "incident \(id) is not there, or has not ended")
            }
        }
        let microseconds = (ContinuousClock.now - start) / .microseconds(1)
        return microseconds / Double(reads)
    }

    private static func rounded(_ number: Double) -> String { String(format: "%.1f", number) }
}

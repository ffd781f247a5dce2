import Foundation
import Ledger
import Testing

/// What was answered is there after a power loss, whatever the disk has made of what was not synced (I1).
///
/// A ledger at work in a process of its own (`Tests/LedgerAtWork`) has its writes and syncs recorded. For the moment of
/// each answer, and for moments between, the files are made again as a power loss could have left them, and opened; for
/// hand-outs, as they are with nothing beyond what was synced.
///
/// `POWER_LOSS_SEED` makes the same choice of what was not synced, which is the same run only with the same record:
/// `POWER_LOSS_TRACE`. What fails tells both.
@Suite("After a power loss", .timeLimit(.minutes(5)))
struct PowerLossTests {
    @Test func nothingAnsweredIsMissing() async throws {
        let seed = try Self.seed()
        try await LedgerFolder.with { folder in
            let trace = try await PowerLossTrace.givenOrRecorded(.full, incidents: 40, in: folder)
            var inspection = PowerLossInspection(folder: folder.folder, seed: seed)
            let wrong: [String]
            do {
                let report = try await inspection.run(
                    try trace.events(),
                    tornImages: 2,
                    pointsBetween: 40,
                    continuesEvery: 10
                )
                print("power loss: seed \(seed), \(report)")
                // Two rounds of 40 incidents; it ends at the first losses, and then has gaps for that alone.
                wrong = report.losses.isEmpty ? report.gaps(answers: 80) : report.losses
            } catch {
                wrong = ["\(error)"]
            }
            guard !wrong.isEmpty else { return }
            let kept = try trace.kept()
            Issue.record(
                """
                \(wrong.prefix(20).joined(separator: "\n"))
                again: POWER_LOSS_TRACE=\(kept) POWER_LOSS_SEED=\(seed) swift test --filter PowerLossTests.nothing
                """
            )
        }
    }

    @Test(arguments: [LedgerStore.Syncing.off, .normal])
    func aStoreThatDoesNotSyncIsCaught(_ syncing: LedgerStore.Syncing) async throws {
        try await LedgerFolder.with { folder in
            let trace = try await PowerLossTrace.recorded(syncing, incidents: 10, in: folder)
            var inspection = PowerLossInspection(folder: folder.folder, seed: 1)
            let wanted = ["was answered and is missing", "was handed out and is missing"]
            // Either check must bite, whichever comes first in the record: so it goes on until both have.
            let report = try await inspection.run(
                try trace.events(),
                tornImages: 0,
                pointsBetween: 0,
                continuesEvery: 10,
                until: { report in wanted.allSatisfy { text in report.losses.contains { $0.contains(text) } } }
            )
            for text in wanted {
                #expect(report.losses.contains { $0.contains(text) }, "\(text): \(report.losses.prefix(10))")
            }
        }
    }

    /// The seed that is asked for, or any.
    private static func seed() throws -> UInt64 {
        guard let text = ProcessInfo.processInfo.environment["POWER_LOSS_SEED"], !text.isEmpty else {
            return .random(in: 0...999_999)
        }
        return try #require(UInt64(text), "POWER_LOSS_SEED=\(text) is no number")
    }
}

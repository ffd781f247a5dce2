import Foundation
import Ledger
import TestSupport

/// The file with what `Tests/LedgerAtWork` has asked of the disk.
///
/// It comes from a program at work, so no seed makes the same one again: what was found in it is found again only while
/// it is kept.
struct PowerLossTrace {
    let file: URL
    /// Whether it stays when the test's folder goes.
    private let isKept: Bool

    /// The one that `POWER_LOSS_TRACE` names; a new one where it names none.
    static func givenOrRecorded(
        _ syncing: LedgerStore.Syncing,
        incidents: Int,
        in folder: LedgerFolder
    ) async throws -> PowerLossTrace {
        if let path = ProcessInfo.processInfo.environment["POWER_LOSS_TRACE"], !path.isEmpty {
            return PowerLossTrace(file: URL(filePath: path), isKept: true)
        }
        return try await recorded(syncing, incidents: incidents, in: folder)
    }

    /// Lets a ledger work and records what it asks of the disk.
    static func recorded(
        _ syncing: LedgerStore.Syncing,
        incidents: Int,
        in folder: LedgerFolder
    ) async throws -> PowerLossTrace {
        let data = folder.folder.appending(path: "data")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        let trace = folder.folder.appending(path: "trace")
        let program = try Program(
            "LedgerAtWork",
            [data.path, syncing.rawValue, "\(incidents)"],
            environment: [
                "LD_PRELOAD": try Program.path(of: "libDiskRecorder.so"), "RECORD_FOLDER": data.path,
                "RECORD_TRACE": trace.path,
            ],
            output: folder.folder.appending(path: "output").path
        )
        let code = try await program.exitCode()
        guard code == 0 else { throw TestFailure("LedgerAtWork has ended with \(code): \(program.output)") }
        return PowerLossTrace(file: trace, isKept: false)
    }

    /// What it holds.
    func events() throws -> [DiskEvent] { try DiskEvent.read(Data(contentsOf: file)) }

    /// Keeps it beyond the test.
    ///
    /// - Returns: where.
    func kept() throws -> String {
        guard !isKept else { return file.path }
        let place = FileManager.default.temporaryDirectory.appending(path: "power-loss-\(UUID().uuidString).trace")
        try FileManager.default.copyItem(at: file, to: place)
        return place.path
    }
}

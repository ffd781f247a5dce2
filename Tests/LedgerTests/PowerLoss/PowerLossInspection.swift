import Foundation
import GRDB
import Messages
import TestSupport

@testable import Ledger

/// Goes through a record, makes the files again as a power loss could have left them, and opens the ledger.
struct PowerLossInspection {
    /// What was seen.
    struct Report: CustomStringConvertible {
        /// What was answered and is not there, or what is there and is wrong.
        var losses: [String] = []
        /// Incidents whose acceptance was answered.
        var answers = 0
        /// Events that were handed out.
        var handOuts = 0
        /// Hand-outs that were looked at in the moment when they happened.
        var handOutLooks = 0
        /// How often the files were made again.
        var images = 0
        /// How often a ledger went on from them.
        var continued = 0
        /// Answers that no other sync of the log came before.
        var groupCommits = 0
        var checkpointsWhileOpen = 0
        var hasClosed = false

        var description: String {
            "\(answers) answers and \(handOuts) hand-outs (\(handOutLooks) looked at), "
                + "\(groupCommits) answers in a shared commit, \(checkpointsWhileOpen) checkpoints at work, \(images) images, went on from \(continued), "
                + "\(losses.count) losses"
        }

        /// What a run that has so many answers must come across to mean anything, and this one has not.
        func gaps(answers expected: Int) -> [String] {
            var gaps: [String] = []
            func need(_ isThere: Bool, _ what: String) {
                if !isThere { gaps.append("it did not come about that \(what): \(self)") }
            }
            need(answers == expected, "\(expected) incidents were answered")
            need(handOuts >= answers, "each was handed out")
            need(handOutLooks * PowerLossInspection.handOutsPerLook >= handOuts, "hand-outs were looked at")
            need(images >= 3 * answers, "three images were made for each answer")
            need(continued > 10, "a ledger went on from some of them")
            need(groupCommits > 0, "several answers shared a sync")
            need(checkpointsWhileOpen > 0, "a checkpoint came in the middle of work")
            need(hasClosed, "the ledger was closed")
            return gaps
        }
    }

    /// How closely a moment is looked at.
    private enum Look {
        case nothing
        /// At what was synced, alone: there whatever has left the ledger must be.
        case synced
        /// At what was synced, and at choices of the rest.
        case all
    }

    /// One hand-out of so many is looked at: there are six to an answer, and each look makes all files again.
    private static let handOutsPerLook = 3

    private let folder: URL
    private let seed: UInt64
    private var disk = SimulatedDisk()
    private var report = Report()
    private var answered: [String] = []
    private var sent: [String] = []
    private var epoch = 0
    private var answers: UInt32?
    private var log: Set<UInt32> = []
    private var database: Set<UInt32> = []
    private var syncsSinceAnswer = 0
    /// Since the last answer; when more is answered after it, a checkpoint was made at work.
    private var checkpoints = 0

    init(folder: URL, seed: UInt64) {
        self.folder = folder
        self.seed = seed
    }

    /// Goes through the whole record.
    ///
    /// - Parameters:
    ///   - events: the record.
    ///   - tornImages: how many images with a choice of what was not synced are made at each moment.
    ///   - pointsBetween: at how many moments that are no answers.
    ///   - every: at every how many-th moment a ledger goes on from the image.
    ///   - isEnough: where to end before the end of the record; at the first losses unless said otherwise.
    /// - Returns: what was seen.
    /// - Throws: where the files cannot be made.
    mutating func run(
        _ events: [DiskEvent],
        tornImages: Int,
        pointsBetween: Int,
        continuesEvery every: Int,
        until isEnough: (Report) -> Bool = { !$0.losses.isEmpty }
    ) async throws -> Report {
        var generator = SeededGenerator(seed: seed)
        let between = Set((0..<pointsBetween).map { _ in Int.random(in: 0..<events.count, using: &generator) })
        var moments = 0
        for (index, event) in events.enumerated() {
            disk.apply(event)
            let noted = note(event)
            let look: Look = between.contains(index) ? .all : noted
            guard look != .nothing else { continue }
            let isAll = look == .all
            if isAll { moments += 1 }
            try await inspect(disk.synced, "synced, at event \(index)", continues: isAll && moments % every == 0)
            for number in 0..<(isAll ? tornImages : 0) {
                let image = disk.torn(by: &generator)
                let continues = (moments + number + 1) % every == 0
                try await inspect(image, "torn \(number), at event \(index), seed \(seed)", continues: continues)
            }
            if isEnough(report) { break }
        }
        report.answers = answered.count
        report.handOuts = sent.count
        return report
    }

    private mutating func note(_ event: DiskEvent) -> Look {
        switch event {
        case .open(let file, "answers", _): answers = file
        case .open(let file, let name, _) where name.hasSuffix("-wal"): log.insert(file)
        case .open(let file, "ledger.sqlite", _): database.insert(file)
        case .syncEnd(let file, _) where log.contains(file): syncsSinceAnswer += 1
        case .syncEnd(let file, _) where database.contains(file): checkpoints += 1
        case .write(let file, _, let bytes) where file == answers:
            return note(String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines))
        default: break
        }
        return .nothing
    }

    private mutating func note(_ line: String) -> Look {
        let words = line.split(separator: " ").map(String.init)
        switch words.first {
        case "accepted":
            report.checkpointsWhileOpen += checkpoints
            checkpoints = 0
            answered.append(words[1])
            if syncsSinceAnswer == 0 { report.groupCommits += 1 }
            syncsSinceAnswer = 0
            return .all
        case "sent":
            sent.append(words[1])
            report.checkpointsWhileOpen += checkpoints
            checkpoints = 0
            guard sent.count % Self.handOutsPerLook == 1 else { return .nothing }
            report.handOutLooks += 1
            return .synced
        case "epoch":
            epoch = Int(words[1]) ?? 0
            checkpoints = 0
        case "closed":
            checkpoints = 0
            report.hasClosed = true
            return .all
        default: break
        }
        return .nothing
    }

    private mutating func inspect(_ image: [String: Data], _ moment: String, continues: Bool) async throws {
        report.images += 1
        let place = folder.appending(path: "image")
        try? FileManager.default.removeItem(at: place)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for (name, bytes) in image { try bytes.write(to: place.appending(path: name)) }
        do {
            try await inspect(LedgerFolder(folder: place), moment, continues)
        } catch {
            report.losses.append("\(moment): \(error)")
        }
    }

    private mutating func inspect(_ folder: LedgerFolder, _ moment: String, _ continues: Bool) async throws {
        let store = try folder.open()
        let (incidents, events, contents) = try await store.database.read { db in
            (
                try String.fetchSet(db, sql: "SELECT id FROM incidents"),
                try String.fetchSet(db, sql: "SELECT id FROM events"),
                try String.fetchSet(db, sql: "SELECT incident FROM events WHERE type = 'incident.accepted'")
            )
        }
        for id in answered where !incidents.contains(id) || !contents.contains(id) {
            report.losses.append("\(moment): \(id) was answered and is missing")
        }
        for id in sent where !events.contains(id) {
            report.losses.append("\(moment): event \(id) was handed out and is missing")
        }
        let problem = try await store.database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
        if problem != "ok" { report.losses.append("\(moment): \(problem ?? "no answer of the integrity check")") }
        guard continues else { return try store.close() }
        try await goOn(from: store, folder, incidents, moment)
    }

    /// A ledger that is opened from there accepts, closes, and has it all when it is opened once more.
    private mutating func goOn(
        from store: LedgerStore,
        _ folder: LedgerFolder,
        _ incidents: Set<String>,
        _ moment: String
    ) async throws {
        report.continued += 1
        var acceptance: Acceptance?
        var known: Acceptance?
        try await folder.serve(store) { (service) async throws in
            acceptance = try await service.accept(LedgerFolder.request("AFTER"))
            if let last = answered.last { known = try await service.accept(LedgerFolder.request(last)) }
        }
        if acceptance != .accepted { report.losses.append("\(moment): it accepts no more") }
        if let known, known != .known { report.losses.append("\(moment): what was answered is accepted again") }
        try store.close()
        let again = try folder.open()
        let loaded = try await again.load()
        let ids = try await again.database.read { try String.fetchSet($0, sql: "SELECT id FROM incidents") }
        if !ids.isSuperset(of: incidents.union(["AFTER"])) { report.losses.append("\(moment): it loses what it had") }
        if loaded.epoch < epoch + 2 { report.losses.append("\(moment): the epoch comes again: \(loaded.epoch)") }
        try again.close()
    }
}

import Foundation
import TestSupport

/// The wall clocks of the run's members, which libfaketime shifts while they run; their monotonic clocks it leaves alone.
struct Clocks: Sendable {
    private let library: String
    private let folder: String

    /// Clocks that are set by files in this folder; nil where libfaketime is not installed.
    init?(folder: String) {
        guard let library = Self.findLibrary() else { return nil }
        self.library = library
        self.folder = folder
    }

    /// Shifts the clock of a member, running or not, by so many milliseconds.
    func shift(_ member: String, by offset: Int) throws {
        let sign = offset < 0 ? "-" : "+"
        let size = abs(offset)
        let fraction = "00\(size % 1000)".suffix(3)
        let text = "\(sign)\(size / 1000).\(fraction)\n"
        // Whole or not at all, since the member may read it at any moment.
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(of: member)), options: .atomic)
    }

    /// Asks date(1) under the clock of a member.
    ///
    /// - Throws: `TestFailure` where it does not say what it should by that shift.
    func check(_ member: String, by offset: Int) async throws {
        let before = Wrecker.wallTime
        let (end, output) = try await Program.run(
            path: "/usr/bin/date",
            ["+%s%N"],
            environment: environment(of: member)
        )
        let after = Wrecker.wallTime
        let nanoseconds = output.split(separator: "\n").first.flatMap { Int64($0) }
        // It was read between the two; a millisecond is for rounding.
        guard let seen = nanoseconds.map({ $0 / 1_000_000 - Int64(offset) }), seen >= before - 1, seen <= after + 1
        else {
            throw TestFailure(
                "date, shifted by \(offset) ms between \(before) and \(after) ms, said \(output) (\(end))"
            )
        }
    }

    /// What a member's command line begins with, so that its clock can be shifted.
    ///
    /// By way of another env(1), which the library has its variables added to: in a Swift program they would move the
    /// environment, from which Swift finds the program's arguments.
    func prefix(for member: String) -> [String] {
        ["/usr/bin/env"] + environment(of: member).map { "\($0)=\($1)" }.sorted() + ["/usr/bin/env"]
    }

    private func environment(of member: String) -> [String: String] {
        [
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file(of: member), "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]
    }

    private func file(of member: String) -> String { "\(folder)/\(member)" }

    private static func findLibrary() -> String? {
        let machines = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
        return machines.sorted().map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }
}

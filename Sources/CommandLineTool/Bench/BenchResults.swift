import Foundation
import Messages

/// What one measuring found, as `benchmarks/report` reads it.
struct BenchResults: Sendable, Encodable {
    enum Kind: String, Sendable, Encodable {
        case stage
        case endToEnd = "end-to-end"
        case ratio
    }

    var kind: Kind
    var name: String
    /// What was typed.
    var command: String
    var started: Timestamp
    var mendline = CommandLineTool.version
    var machine: BenchMachine
    var runs: [StageBench.Run]?
    /// The highest rate that a stage kept up with.
    var kneePerSecond: Double?
    var endToEnd: EndToEndResult?
    var ratio: RatioResult?

    private enum CodingKeys: String, CodingKey {
        case kind, name, command, started, mendline, machine, runs, ratio
        case kneePerSecond = "knee_per_second"
        case endToEnd = "end_to_end"
    }

    /// Writes them as JSON.
    ///
    /// - Throws: `CommandFailure` where the file cannot be written.
    func write(to path: String) throws(CommandFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(self).write(to: URL(fileURLWithPath: path))
        } catch {
            throw CommandFailure("the results cannot be written to \(path): \(error.localizedDescription)")
        }
    }
}

/// One thing beside its yardstick, measured in the same run.
struct RatioResult: Sendable, Encodable, Hashable {
    var what: String
    var value: Double
    var unit: String
    var against: String
    var againstValue: Double
    var ratio: Double
    /// `>= 0.8` or `<= 3`.
    var goal: String

    private enum CodingKeys: String, CodingKey {
        case what, value, unit, against, ratio, goal
        case againstValue = "against_value"
    }
}

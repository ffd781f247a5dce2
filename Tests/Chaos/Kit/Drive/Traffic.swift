import Foundation
import Messages
import TestSupport

/// The senders of a run: `mendline send`, as an alerting system would.
struct Traffic: Sendable {
    /// One `mendline send`.
    struct Sender: Sendable {
        var name: String
        /// Begun so many a second.
        var rate: Double
        var severity = "critical"
        var retryFor = "30m"
        var isForMachines = true
    }

    /// Most are for machines and are sent until they are taken; some are declined; some are given up after a second,
    /// so that there are incidents that were not accepted.
    static func senders(rate: Double) -> [Sender] {
        [
            Sender(name: "main", rate: rate),
            Sender(name: "low", rate: rate / 5, severity: "low", isForMachines: false),
            Sender(name: "hasty", rate: rate / 3, retryFor: "1s"),
        ]
    }

    private static let prefix = "CHAOS-"

    private let stand: Stand
    private let seconds: Double
    private let running: [(sender: Sender, program: Program)]

    /// Starts them; each sends for so long.
    init(_ stand: Stand, intake: String, rate: Double, seconds: Double) throws {
        self.stand = stand
        self.seconds = seconds
        running = try Self.senders(rate: rate).map { sender in
            let program = try stand.start(
                "mendline",
                [
                    "send", "--intake", intake, "--id", Self.prefix + sender.name, "--severity", sender.severity,
                    "--count", "\(Self.count(of: sender, seconds))", "--rate", "\(sender.rate)",
                    "--concurrency", "2000", "--wait", "--wait-for", "1h", "--retry-for", sender.retryFor,
                    "--json", "--each", "\(stand.folder)/sent-\(sender.name)",
                ],
                output: "\(stand.logs)/send-\(sender.name)"
            )
            return (sender, program)
        }
    }

    /// Whether some have not come to their end.
    var isRunning: Bool { running.contains { $0.program.isRunning } }

    /// How many a sender sends; more than one, so that each has a number in its id.
    private static func count(of sender: Sender, _ seconds: Double) -> Int { max(2, Int(sender.rate * seconds)) }

    private func count(of sender: Sender) -> Int { Self.count(of: sender, seconds) }

    /// What was told of each incident that was to be sent.
    func records() throws -> [String: SenderRecord] {
        var records: [String: SenderRecord] = [:]
        for (sender, _) in running {
            for number in 1...count(of: sender) {
                records["\(Self.prefix)\(sender.name)-\(number)"] =
                    SenderRecord(isForMachines: sender.isForMachines, end: .none, began: 0, ended: 0)
            }
            let path = "\(stand.folder)/sent-\(sender.name)"
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            for line in text.split(separator: "\n") {
                let json = try MessageCoding.decode(JSONValue.self, from: Array(line.utf8))
                guard let id = json["incident_id"]?.string, let record = Self.record(json, sender) else {
                    throw TestFailure("mendline send --each wrote what is not understood: \(line)")
                }
                records[id] = record
            }
        }
        return records
    }

    static func record(_ json: JSONValue, _ sender: Sender) -> SenderRecord? {
        let end: SenderRecord.End
        switch json["end"]?.string {
        case "finished": end = .finished(json["verdict"]?.string ?? "")
        case "declined": end = .declined
        case "accepted", "cancelled", "without_verdict": end = .stored
        case "refused": end = .refused(json["why"]?.string ?? "")
        case "lost": end = .lost(json["repeated"]?.elements.compactMap(\.string) ?? [])
        default: return nil
        }
        guard let ended = json["ended_at"]?.milliseconds, let took = json["took_ms"]?.integer else { return nil }
        return SenderRecord(
            isForMachines: sender.isForMachines,
            end: end,
            began: ended - Int64(took),
            ended: ended
        )
    }

    func end() async { for (_, program) in running { await program.end() } }
}

import Foundation
import GRDB
import Messages

/// What a check of a ledger has found.
public struct LedgerFindings: Sendable, Hashable, Encodable {
    /// How many incidents were looked at.
    public var incidents: Int
    /// How many events were looked at.
    public var events: Int
    /// How many open deliveries were looked at.
    public var deliveries: Int
    /// What is wrong, a sentence each; of one kind not more than ``most``.
    public var problems: [String]

    /// How many problems of one kind are told.
    public static let most = 20
}

extension LedgerFile {
    /// Checks the file, and that what is in it fits together.
    public func check() async throws(LedgerError) -> LedgerFindings {
        try await read("the content") { db in
            let pages = try String.fetchAll(db, sql: "PRAGMA integrity_check(\(LedgerFindings.most))")
            var problems = pages.filter { $0 != "ok" }.map { "the file is damaged: \($0)" }
            for rule in Self.rules {
                let offenders = try Row.fetchAll(db, sql: rule.query + " LIMIT \(LedgerFindings.most)")
                problems += offenders.map { row in rule.sentence((0..<row.count).map { Self.text(row[$0]) }) }
            }
            problems += try Self.badRecords(db)
            func count(_ table: String) throws -> Int {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
            }
            return LedgerFindings(
                incidents: try count("incidents") - (try Self.hasSweeps(db) ? 1 : 0),
                events: try count("events"),
                deliveries: try count("deliveries"),
                problems: problems
            )
        }
    }

    /// A query that finds what breaks a rule, and how that is told.
    private struct Rule: Sendable {
        var query: String
        var sentence: @Sendable ([String]) -> String
    }

    private static let rules = [
        Rule(
            query: """
                SELECT id FROM incidents WHERE id <> '\(LedgerCore.sweeps)' AND NOT EXISTS
                (SELECT 1 FROM events WHERE incident = incidents.id)
                """
        ) { "incident \($0[0]) has no timeline" },
        Rule(
            query: """
                SELECT incident, type FROM events WHERE incident <> '\(LedgerCore.sweeps)' AND sequence IN
                (SELECT min(sequence) FROM events GROUP BY incident) AND type <> 'incident.accepted'
                """
        ) { "the timeline of incident \($0[0]) begins with \($0[1]), not with incident.accepted" },
        Rule(
            query: """
                SELECT sequence, incident FROM events WHERE incident NOT IN (SELECT id FROM incidents)
                """
        ) { "event \($0[0]) is of incident \($0[1]), which is not there" },
        Rule(
            query: """
                SELECT id, incident, event_sequence FROM deliveries WHERE NOT EXISTS (SELECT 1 FROM events
                WHERE sequence = event_sequence AND incident = deliveries.incident AND type = event_type)
                """
        ) { "delivery \($0[0]) of incident \($0[1]) is of event \($0[2]), which is not in its timeline" },
        Rule(
            query: "SELECT id, incident FROM deliveries WHERE incident NOT IN (SELECT id FROM incidents)"
        ) { "delivery \($0[0]) is of incident \($0[1]), which is not there" },
        Rule(
            query: """
                SELECT incident FROM secrets WHERE incident NOT IN (SELECT id FROM incidents WHERE is_open)
                """
        ) { "the sealed token of incident \($0[0]) is still there although nobody needs it" },
    ]

    /// Records that cannot be read, say otherwise than their row, or are open without a deadline.
    private static func badRecords(_ db: Database) throws -> [String] {
        var problems: [String] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT id, state, is_open, record FROM incidents ORDER BY number")
        while let row = try rows.next(), problems.count < LedgerFindings.most {
            let id: String = row["id"]
            do {
                // A record without a deadline cannot be read.
                let record = try MessageCoding.decodeChecked(IncidentRecord.self, from: row["record"])
                let isOpen: Bool = row["is_open"]
                if record.id != id || record.state.rawValue != row["state"] || record.state.isTerminal == isOpen {
                    problems.append("the record of incident \(id) says otherwise than its row")
                }
                if !record.state.isTerminal, record.deadline <= record.acceptedAt {
                    problems.append("incident \(id) is open and its deadline lies before its beginning")
                }
                if record.state.isTerminal, record.finishedAt == nil {
                    problems.append("incident \(id) has ended, and when is not there")
                }
                if id != LedgerCore.sweeps, let difference = try replay(id, db).difference(from: record) {
                    problems.append("incident \(id) has \(difference)")
                }
            } catch {
                problems.append("the record of incident \(id) cannot be read: \(error)")
            }
        }
        return problems
    }

    private static func replay(_ incident: String, _ db: Database) throws -> TimelineReplay {
        let types = TimelineReplay.types.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let events = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT type, operator_attempt, data FROM events WHERE incident = ? AND type IN (\(types))
                    ORDER BY sequence
                    """
            ),
            arguments: [incident]
        )
        var replay = TimelineReplay()
        while let event = try events.next() {
            replay.take(
                EventType(rawValue: event["type"]),
                operatorAttempt: event["operator_attempt"],
                data: try MessageCoding.decodeChecked(JSONValue.self, from: event["data"])
            )
        }
        return replay
    }

    private static func hasSweeps(_ db: Database) throws -> Bool {
        try Int.fetchOne(db, sql: "SELECT 1 FROM incidents WHERE id = ?", arguments: [LedgerCore.sweeps]) != nil
    }

    private static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .int64(let number): "\(number)"
        case .string(let text): text
        default: "\(value)"
        }
    }
}

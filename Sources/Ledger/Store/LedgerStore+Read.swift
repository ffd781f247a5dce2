import Foundation
import GRDB
public import Messages

/// What the API asks the ledger. Reads never wait for writes: WAL mode gives each a snapshot.
extension LedgerStore {
    /// Which incidents to list.
    public struct Filter: Sendable {
        /// Only those in this state.
        public var state: IncidentState?
        /// Only those of this service.
        public var service: String?
        /// Only those with this verdict.
        public var verdict: Verdict?
        /// How many at most.
        public var limit: Int
        /// Only those accepted before the one of this number.
        public var before: Int64?

        /// A filter.
        public init(state: IncidentState?, service: String?, verdict: Verdict?, limit: Int, before: Int64?) {
            self.state = state
            self.service = service
            self.verdict = verdict
            self.limit = limit
            self.before = before
        }
    }

    /// Lists incidents, newest first, and the number to go on from where there are more.
    public func list(_ filter: Filter) async throws -> (records: [IncidentRecord], next: Int64?) {
        try await database.read { db in
            var conditions = ["number < ?", "id <> ?"]
            var arguments: [any DatabaseValueConvertible] = [filter.before ?? Int64.max, LedgerCore.sweeps]
            if let state = filter.state {
                conditions.append("state = ?")
                arguments.append(state.rawValue)
            }
            if let service = filter.service {
                conditions.append("service = ?")
                arguments.append(service)
            }
            if let verdict = filter.verdict {
                conditions.append("verdict = ?")
                arguments.append(verdict.rawValue)
            }
            arguments.append(filter.limit + 1)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT number, record FROM incidents WHERE \(conditions.joined(separator: " AND "))
                    ORDER BY number DESC LIMIT ?
                    """,
                arguments: StatementArguments(arguments)
            )
            let shown = rows.prefix(filter.limit)
            let records = try shown.map { try MessageCoding.decodeChecked(IncidentRecord.self, from: $0["record"]) }
            return (records, rows.count > filter.limit ? shown.last?["number"] : nil)
        }
    }

    /// One incident with everything that is known of it.
    public struct Detail: Sendable {
        /// Its record.
        public var record: IncidentRecord
        /// As it came in.
        public var incident: Incident
        /// Its timeline.
        public var timeline: [EventRecord]
        /// Its deliveries that are not settled.
        public var deliveries: [OpenDelivery.Record]
    }

    /// Reads one incident.
    public func detail(of incident: String) async throws -> Detail? {
        try await database.read { db in
            guard
                let row = try Row.fetchOne(
                    db,
                    sql: "SELECT record, incident FROM incidents WHERE id = ?",
                    arguments: [incident]
                )
            else { return nil }
            return Detail(
                record: try MessageCoding.decodeChecked(IncidentRecord.self, from: row["record"]),
                incident: try MessageCoding.decodeChecked(Incident.self, from: row["incident"]),
                timeline: try Row.fetchAll(
                    db,
                    sql: "SELECT * FROM events WHERE incident = ? ORDER BY sequence",
                    arguments: [incident]
                ).map(EventRecord.init(row:)),
                deliveries: try Row.fetchAll(
                    db,
                    sql: "SELECT * FROM deliveries WHERE incident = ? ORDER BY event_sequence",
                    arguments: [incident]
                ).map(OpenDelivery.Record.init(row:))
            )
        }
    }

    /// What came in at first; nil where there is no such incident.
    func content(of incident: String) async throws -> Incident? {
        try await database.read { db in
            try Data.fetchOne(db, sql: "SELECT incident FROM incidents WHERE id = ?", arguments: [incident])
                .map { try MessageCoding.decodeChecked(Incident.self, from: $0) }
        }
    }

    /// The reasons for which an incident was declined last.
    public func refusal(of incident: String) async throws -> IncidentDeclined? {
        try await database.read { db in
            try Data.fetchOne(
                db,
                sql: "SELECT data FROM events WHERE incident = ? AND type = ? ORDER BY sequence DESC LIMIT 1",
                arguments: [incident, EventType.incidentDeclined.rawValue]
            ).map { try MessageCoding.decodeChecked(IncidentDeclined.self, from: $0) }
        }
    }

    /// The record of an incident, by its id or by its workspace's.
    public func record(ofIncidentOrWorkspace id: String) async throws -> IncidentRecord? {
        try await database.read { db in
            try Data.fetchOne(
                db,
                sql: """
                    SELECT record FROM incidents WHERE id = ?1
                    UNION ALL SELECT record FROM incidents WHERE workspace_id = ?1 LIMIT 1
                    """,
                arguments: [id]
            ).map { try MessageCoding.decodeChecked(IncidentRecord.self, from: $0) }
        }
    }

    /// Lines of an incident's logs in the order they came, and the cursor to go on from.
    public func logs(
        of incident: String,
        after cursor: Int64,
        limit: Int
    ) async throws -> (
        lines: [LogLine], next: Int64
    ) {
        try await database.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT * FROM log_lines WHERE incident = ? AND number > ? ORDER BY number LIMIT ?",
                arguments: [incident, cursor, limit]
            )
            let lines = rows.map { row in
                LogLine(
                    log: row["log"],
                    line: row["line"],
                    time: Timestamp(milliseconds: row["time"]),
                    level: row["level"],
                    source: row["source"],
                    text: row["text"]
                )
            }
            return (lines, rows.last?["number"] ?? cursor)
        }
    }

    /// What has been counted about incidents since the ledger was made.
    public struct Counted: Sendable, Hashable {
        /// The metric.
        public var name: String
        /// Its labels.
        public var labels: [String: String]
        /// Of a counter: its value.
        public var value: Double
        /// Of a histogram: how many fell into each of ``DurationBuckets/bounds``, and beyond the last.
        public var buckets: [UInt64]?
        /// Of a histogram: the sum of all.
        public var sum: Double
    }

    /// Reads all counters.
    public func counted() async throws -> [Counted] {
        try await database.read { db in
            var result: [String: Counted] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT * FROM counters") {
                let name: String = row["name"]
                let labels: String = row["labels"]
                let part: String = row["part"]
                let value: Double = row["value"]
                let parsed = try MessageCoding.decodeChecked([String: String].self, from: Data(labels.utf8))
                var counted =
                    result[name + labels] ?? Counted(name: name, labels: parsed, value: 0, buckets: nil, sum: 0)
                if part.hasPrefix("bucket "), let index = Int(part.dropFirst(7)) {
                    var buckets = counted.buckets ?? [UInt64](repeating: 0, count: DurationBuckets.bounds.count + 1)
                    if buckets.indices.contains(index) { buckets[index] += UInt64(value) }
                    counted.buckets = buckets
                } else if part == "sum" {
                    counted.sum = value
                } else {
                    counted.value = value
                }
                result[name + labels] = counted
            }
            return result.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// Reads dead letters, newest first.
    public func deadLetters(limit: Int) async throws -> [DeadLetter] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT time, source, reason, bytes FROM dead_letters ORDER BY number DESC LIMIT ?",
                arguments: [limit]
            ).map { row in
                DeadLetter(
                    time: Timestamp(milliseconds: row["time"]),
                    source: row["source"],
                    reason: row["reason"],
                    bytes: Array(row["bytes"] as Data)
                )
            }
        }
    }

    /// How many dead letters are kept.
    public func deadLetterCount() async throws -> Int {
        try await database.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM dead_letters") ?? 0 }
    }
}

/// The buckets of durations of remediations.
public enum DurationBuckets {
    /// Upper bounds in seconds.
    public static let bounds: [Double] = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600]
}

extension EventRecord {
    init(row: Row) throws {
        self.init(
            sequence: row["sequence"],
            id: row["id"],
            incident: row["incident"],
            operatorAttempt: row["operator_attempt"],
            type: EventType(rawValue: row["type"]),
            source: row["source"],
            time: Timestamp(milliseconds: row["time"]),
            data: try MessageCoding.decodeChecked(JSONValue.self, from: row["data"])
        )
    }
}

import Foundation
import GRDB
public import Messages

extension LedgerStore {
    /// Stores the changes in one transaction and reads what the orders need; synced to disk when it returns.
    ///
    /// - Returns: the messages to send, stage by stage, in the order of the orders.
    /// - Throws: ``LedgerError`` with code `cannotWrite`; then nothing of it is stored.
    public func commit(
        _ batch: LedgerCore.Batch,
        installation: String,
        rules: Rules
    ) async throws(LedgerError) -> [(stage: String, message: Message)] {
        try await commit(knowing: [], installation: installation, rules: rules) { _ in (batch, ()) }.messages
    }

    /// Reads what is known of some incidents, and stores in the same transaction what is decided by it.
    ///
    /// - Parameters:
    ///   - incidents: their ids.
    ///   - installation: the mark of the ledger, for the messages.
    ///   - rules: for the messages.
    ///   - decide: what is to be stored, and what else is of use afterwards; called at most once.
    /// - Returns: the messages to send, stage by stage, in the order of the orders; and what else was decided.
    /// - Throws: ``LedgerError`` with code `cannotWrite`; then nothing of it is stored.
    func commit<Decision: Sendable>(
        knowing incidents: Set<String>,
        installation: String,
        rules: Rules,
        _ decide: @escaping @Sendable (Known) -> (LedgerCore.Batch, Decision)
    ) async throws(LedgerError) -> (messages: [(stage: String, message: Message)], decision: Decision) {
        do {
            return try await database.write { db in
                let (batch, decision) = decide(try Self.known(of: incidents, db))
                for change in batch.changes { try Self.apply(change, db) }
                let messages = try batch.orders.map { order in
                    (order.stage, try Self.message(for: order, installation: installation, rules: rules, db))
                }
                return (messages, decision)
            }
        } catch {
            throw LedgerError(
                code: .cannotWrite,
                message: "the ledger cannot be written: \(error); see that the disk has room and the folder is writable"
            )
        }
    }

    static func apply(_ change: Change, _ db: Database) throws {
        switch change {
        case .insertIncident(let record, let incident):
            try run(
                db,
                """
                INSERT INTO incidents (id, service, state, is_open, record, incident) VALUES (?, ?, ?, 1, ?, ?)
                """,
                [record.id, record.service, record.state.rawValue, try json(record), try json(incident)]
            )
        case .updateIncident(let record):
            try run(
                db,
                """
                UPDATE incidents SET state = ?, verdict = ?, workspace_id = ?, is_open = ?, finished_at = ?, record = ?
                WHERE id = ?
                """,
                [
                    record.state.rawValue, record.verdict?.rawValue, record.workspace?.workspaceID,
                    !record.state.isTerminal, record.state.isTerminal ? record.finishedAt?.milliseconds : nil,
                    try json(record), record.id,
                ]
            )
        case .storePlan(let incident, let plan):
            try run(db, "UPDATE incidents SET plan = ? WHERE id = ?", [try json(plan), incident])
        case .append(let event):
            try run(
                db,
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    event.sequence, event.id, event.incident, event.operatorAttempt, event.type.rawValue, event.source,
                    event.time.milliseconds, try json(event.data),
                ]
            )
        case .saveDelivery(let record):
            try run(
                db,
                "INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    record.id, record.incident, record.stage, record.eventSequence, record.eventType.rawValue,
                    record.operatorAttempt, record.openedAt.milliseconds, record.notBefore?.milliseconds,
                    record.isScheduled, record.failures, record.lastError,
                ]
            )
        case .removeDelivery(let id): try run(db, "DELETE FROM deliveries WHERE id = ?", [id])
        case .storeSecret(let incident, let sealed):
            try run(db, "INSERT OR REPLACE INTO secrets VALUES (?, ?)", [incident, sealed])
        case .eraseSecret(let incident): try run(db, "DELETE FROM secrets WHERE incident = ?", [incident])
        case .appendLog(let incident, let lines):
            for line in lines {
                try run(
                    db,
                    """
                    INSERT OR IGNORE INTO log_lines (incident, log, line, time, level, source, text)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                    [incident, line.log, line.line, line.time.milliseconds, line.level, line.source, line.text]
                )
            }
        case .deadLetter(let letter):
            try run(
                db,
                "INSERT INTO dead_letters (time, source, reason, bytes) VALUES (?, ?, ?, ?)",
                [letter.time.milliseconds, letter.source, letter.reason, Data(letter.bytes)]
            )
            try run(
                db,
                "DELETE FROM dead_letters WHERE number <= ?",
                [db.lastInsertedRowID - maximumDeadLetters]
            )
        case .measure(let measurement): try count(measurement, db)
        }
    }

    private static let maximumDeadLetters: Int64 = 10_000

    /// Senders choose the services' names: beyond so many combinations of labels of one metric, new services are counted
    /// together as `other`.
    static let maximumLabels = 1000

    private static func bounded(_ labels: [String: String], of name: String, _ db: Database) throws -> [String: String]
    {
        guard labels["incident_type"] != nil else { return labels }
        let text = String(decoding: try json(labels), as: UTF8.self)
        let isKnown = try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM counters WHERE name = ? AND labels = ?)"),
            arguments: [name, text]
        )
        if isKnown == true { return labels }
        let count = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT count(DISTINCT labels) FROM counters WHERE name = ?"),
            arguments: [name]
        )
        guard let count, count >= maximumLabels else { return labels }
        return labels.merging(["incident_type": "other"]) { _, other in other }
    }

    static func count(_ measurement: Measurement, _ db: Database) throws {
        func add(_ name: String, _ labels: [String: String], _ part: String, _ value: Double) throws {
            try run(
                db,
                """
                INSERT INTO counters VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET value = value + excluded.value
                """,
                [name, String(decoding: try json(labels), as: UTF8.self), part, value]
            )
        }
        switch measurement {
        case .count(let name, let labels): try add(name, bounded(labels, of: name, db), "", 1)
        case .seconds(let name, let labels, let seconds):
            let labels = try bounded(labels, of: name, db)
            let bucket = DurationBuckets.bounds.firstIndex { seconds <= $0 } ?? DurationBuckets.bounds.count
            try add(name, labels, "bucket \(bucket)", 1)
            try add(name, labels, "sum", seconds)
        }
    }

    /// Makes the delivery's message from the event and what is known of the incident now.
    private static func message(
        for order: HandOutOrder,
        installation: String,
        rules: Rules,
        _ db: Database
    ) throws -> Message {
        let event = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT id, type, source, time, data FROM events WHERE sequence = ?"),
            arguments: [order.eventSequence]
        )
        let incident = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT record, incident, plan FROM incidents WHERE id = ?"),
            arguments: [order.incident]
        )
        guard let event, let incident else {
            throw DatabaseError(message: "the event or the incident of delivery \(order.handle.deliveryID) is missing")
        }
        let record = try MessageCoding.decodeChecked(IncidentRecord.self, from: incident["record"])
        let sealed =
            order.withSecrets
            ? try String.fetchOne(
                db.cachedStatement(sql: "SELECT sealed FROM secrets WHERE incident = ?"),
                arguments: [order.incident]
            )
            : nil
        var message = Message(
            type: EventType(rawValue: event["type"]),
            source: event["source"],
            id: event["id"],
            subject: order.incident,
            time: Timestamp(milliseconds: event["time"]),
            traceparent: record.traceparent,
            data: try MessageCoding.decodeChecked(JSONValue.self, from: event["data"])
        )
        message.deliveryID = order.handle.deliveryID
        message.attempt = order.handle.attempt
        message.expiryTime = order.expiryTime
        message.context = DeliveryContext(
            incident: try MessageCoding.decodeChecked(Incident.self, from: incident["incident"]),
            installation: installation,
            operatorAttempt: order.operatorAttempt,
            cancelled: order.cancelled,
            plan: try plan(for: order, record, incident["plan"], db),
            workspace: order.workspace,
            acceptedAt: record.attemptBeganAt,
            holdSeconds: Int(rules.hold / 1000),
            isFirstHandOut: order.isFirst ? true : nil,
            sealedToken: sealed
        )
        return message
    }

    /// The plan of the attempt that the delivery belongs to: what is left of an earlier one goes by that one's plan.
    private static func plan(
        for order: HandOutOrder,
        _ record: IncidentRecord,
        _ latest: Data?,
        _ db: Database
    ) throws -> Plan? {
        if order.operatorAttempt == record.operatorAttempt {
            guard record.playbook != nil else { return nil }
            return try latest.map { try MessageCoding.decodeChecked(Plan.self, from: $0) }
        }
        let approval = try Data.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT data FROM events WHERE incident = ? AND type = 'incident.approved' AND operator_attempt = ?
                    ORDER BY sequence LIMIT 1
                    """
            ),
            arguments: [order.incident, order.operatorAttempt]
        )
        return try approval.map { try MessageCoding.decodeChecked(IncidentApproved.self, from: $0).plan }
    }

    private static func json(_ value: some Encodable) throws -> Data { Data(try MessageCoding.encode(value)) }

    static func run(_ db: Database, _ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws {
        try db.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }
}

import Messages
import TestSupport

/// Reads the ledgers of a run at its end.
struct Gathering: Sendable {
    let intake: Web
    let coder: Web
    let incidents: Web

    /// All that there is, of Mendline and of the systems outside.
    func histories(_ sender: [String: SenderRecord]) async throws -> Histories {
        Histories(
            sender: sender,
            ledger: try await ledger(),
            coder: try await coder.json("/_simulator/counts")["incidents"]?.members.mapValues {
                CoderRecord(
                    creates: $0["creates"]?.integer ?? 0,
                    scriptStarts: $0["script_starts"]?.integer ?? 0,
                    existing: $0["existing"]?.integer ?? 0
                )
            } ?? [:],
            reports: try await incidents.json("/_simulator/counts")["incidents"]?.members.mapValues {
                ReportRecord(
                    comments: $0["comments"]?.integer ?? 0,
                    patchesByStatus: $0["patches_by_status"]?.members.compactMapValues(\.integer) ?? [:]
                )
            } ?? [:]
        )
    }

    private func ledger() async throws -> [String: LedgerRecord] {
        let ids = try await ids()
        return try await withThrowingTaskGroup(of: (String, LedgerRecord).self) { group in
            var records: [String: LedgerRecord] = [:]
            for (index, id) in ids.enumerated() {
                if index >= 8, let (id, record) = try await group.next() { records[id] = record }
                group.addTask { (id, Self.record(try await intake.json("/incidents/\(id)"))) }
            }
            for try await (id, record) in group { records[id] = record }
            return records
        }
    }

    private func ids() async throws -> [String] {
        var ids: [String] = []
        var after: String?
        repeat {
            let page = try await intake.json("/incidents?limit=1000" + (after.map { "&after=\($0)" } ?? ""))
            ids += page["incidents"]?.elements.compactMap { $0["incident_id"]?.string } ?? []
            after = page["next"]?.string
        } while after != nil
        // The sweeps are no incident that anybody sent.
        return ids.filter { !$0.hasPrefix("mendline:") }
    }

    private static func record(_ json: JSONValue) -> LedgerRecord {
        LedgerRecord(
            state: json["state"]?.string ?? "",
            verdict: json["verdict"]?.string,
            isUnreported: json["unreported"]?.flag ?? false,
            openDeliveries: json["deliveries"]?.elements.count ?? 0,
            timeline: json["timeline"]?.elements.map { event in
                LedgerRecord.Event(
                    sequence: Int64(event["seq"]?.integer ?? 0),
                    id: event["id"]?.string ?? "",
                    type: event["type"]?.string ?? "",
                    told: event["data"]?["told"]?.string,
                    step: event["data"]?["step"]?.string,
                    deleted: event["data"]?["deleted"]?.flag,
                    time: event["time"]?.milliseconds ?? 0
                )
            } ?? []
        )
    }
}

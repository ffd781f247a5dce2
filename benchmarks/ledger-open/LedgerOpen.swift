import Foundation
import Glibc
import Ledger
import Logging
import Messages

/// Measures what opening a ledger takes: `ledger-open fill FILE COUNT` makes one with so many incidents that wait for
/// Coder, `ledger-open open FILE` opens it in a process of its own and says how long that took and what it needs.
@main
enum LedgerOpen {
    static func main() async throws {
        let arguments = CommandLine.arguments
        switch (arguments.dropFirst().first, arguments.count) {
        case ("fill", 4):
            guard let count = Int(arguments[3]) else { return usage() }
            try await fill(arguments[2], count)
        case ("open", 3): try await open(arguments[2])
        default: usage()
        }
    }

    private static func usage() {
        print("usage: ledger-open fill FILE COUNT\n       ledger-open open FILE")
        exit(64)
    }

    /// Accepts and approves incidents, 500 a commit; then the provisioner has none of them settled.
    private static func fill(_ path: String, _ count: Int) async throws {
        let store = try LedgerStore(path: path)
        let loaded = try await store.load()
        var now = Moment(wall: .now, monotonic: 0)
        var core = LedgerCore(
            rules: rules,
            installation: loaded.installation,
            epoch: loaded.epoch,
            nextSequence: loaded.nextSequence,
            incidents: loaded.incidents,
            deliveries: loaded.deliveries,
            ids: UniqueIDGenerator(),
            at: now
        )
        for start in stride(from: 0, to: count, by: 500) {
            now.monotonic += 1
            try take(StageHeartbeat(stage: "validator", instance: "1", clock: now.wall, capacity: 500, holds: []), nil)
            for number in start..<min(start + 500, count) { _ = core.accept(request(number), at: now) }
            let accepted = core.finishBatch(at: now)
            _ = try await store.commit(accepted, installation: loaded.installation, rules: rules)
            for order in accepted.orders {
                let approved = try CausedEvent(IncidentApproved(plan: plan(now.wall)))
                try take(DeliverySettled(handle: order.handle, outcome: .done([approved])), order.incident)
            }
            let approved = core.finishBatch(at: now)
            _ = try await store.commit(approved, installation: loaded.installation, rules: rules)
        }
        try store.close()

        func take(_ content: some EventData, _ incident: String?) throws {
            let message = Message(
                type: type(of: content).type,
                source: "/validator/1",
                id: "m",
                subject: incident,
                time: now.wall,
                data: try JSONValue(encoding: content)
            )
            core.take(message, bytes: [], at: now)
        }
    }

    private static func open(_ path: String) async throws {
        let clock = ContinuousClock()
        let before = residentMiB()
        let start = clock.now
        let store = try LedgerStore(path: path)
        let loaded = try await store.load()
        let isRead = clock.now
        let counts = (loaded.incidents.count, loaded.deliveries.count)
        let service = LedgerService(
            store: store,
            loaded: loaded,
            rules: rules,
            clock: { Moment(wall: .now, monotonic: 0) },
            logger: Logger(label: "ledger-open"),
            send: { _, _ in }
        )
        let isReady = clock.now
        print(
            "\(counts.0) incidents, \(counts.1) deliveries: read in \((isRead - start).milliseconds) ms, "
                + "ready after \((isReady - start).milliseconds) ms, \(before) MiB before, \(residentMiB()) MiB after, "
                + "\(residentMiB("VmHWM:")) MiB at most"
        )
        withExtendedLifetime(service) {}
        try store.close()
    }

    private static func residentMiB(_ field: String = "VmRSS:") -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
        return (line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) } ?? 0)
            / 1024
    }

    private static func request(_ number: Int) -> AcceptRequest {
        AcceptRequest(
            incident: Incident(
                incidentID: "INC-\(number)",
                serviceName: "service-\(number % 50)",
                severity: "critical",
                description: String(repeating: "CPU of the service is at 97 % for ten minutes. ", count: 30),
                labels: ["alertname": "HighCPU", "cluster": "c-1", "instance": "i-\(number)", "team": "payments"]
            ),
            sender: "api",
            sealedToken: String(repeating: "s", count: 200),
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        )
    }

    private static func plan(_ now: Timestamp) -> Plan {
        Plan(
            playbook: "high-cpu",
            template: "remediation",
            parameters: ["script": "high_cpu_fix.sh", "service_name": "payment-api", "incident_id": "INC"],
            timeoutSeconds: 600,
            deadline: now + .seconds(86_400),
            retentionSeconds: 60,
            provisionSeconds: 60
        )
    }

    private static let rules = Rules(
        stages: [
            "validator": .init(role: .decides, takes: [.incidentAccepted]),
            "provisioner": .init(role: .provisions, takes: [.incidentApproved, .remediationFinished], secrets: true),
            "log-collector": .init(role: .watches, takes: [.workspaceCreated]),
            "reporter": .init(role: .reports, takes: [.workspaceCreated, .remediationFinished]),
        ],
        openIncidents: 10_000_000
    )
}

extension Timestamp {
    fileprivate static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

import Ledger
import Logging
import Messages

/// What opening a ledger takes whose incidents are all open.
enum OpenIncidents {
    /// Accepts and approves incidents, 500 a commit; then the provisioner has none of them settled.
    static func fill(_ path: String, _ count: Int) async throws {
        var ledger = try await BusyLedger(path: path, living: ["validator"])
        for first in stride(from: 0, to: count, by: 500) {
            let numbers = first..<min(first + 500, count)
            let requests = numbers.map { Samples.request("INC", $0, severity: "critical", sentences: 30) }
            try await ledger.work(off: requests)
        }
        try ledger.close()
    }

    /// Opens it as intake does.
    static func open(_ path: String) async throws {
        let clock = ContinuousClock()
        let before = ResidentMemory.now
        let start = clock.now
        let store = try LedgerStore(path: path)
        let loaded = try await store.load()
        let isRead = clock.now
        let counts = (loaded.incidents.count, loaded.deliveries.count)
        let service = LedgerService(
            store: store,
            loaded: loaded,
            rules: Samples.rules,
            clock: { Moment(wall: .now, monotonic: 0) },
            logger: Logger(label: "ledger-open"),
            send: { _, _ in }
        )
        let isReady = clock.now
        print(
            "\(counts.0) incidents, \(counts.1) deliveries: read in \((isRead - start).milliseconds) ms, "
                + "ready after \((isReady - start).milliseconds) ms, \(before) MiB before, "
                + "\(ResidentMemory.now) MiB after, \(ResidentMemory.peak) MiB at most"
        )
        withExtendedLifetime(service) {}
        try store.close()
    }
}

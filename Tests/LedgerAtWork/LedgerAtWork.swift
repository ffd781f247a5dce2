import Foundation
import Glibc
import Ledger
import Logging
import Messages

/// A ledger at work for the test of what a power loss leaves: it accepts incidents from many senders at once and has
/// stages that settle everything, and writes down what it has answered to whom, in the moment it does.
///
///     LedgerAtWork FOLDER FULL|NORMAL|OFF COUNT
///
/// It works twice on the same file: after the first time it closes the ledger as intake does, after the second it is
/// gone as by a kill.
@main
enum LedgerAtWork {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let syncing = LedgerStore.Syncing(rawValue: arguments[2]),
            let count = Int(arguments[3])
        else {
            print("usage: LedgerAtWork FOLDER FULL|NORMAL|OFF COUNT")
            exit(64)
        }
        let answers = try Answers(path: arguments[1] + "/answers")
        for round in ["A", "B"] {
            let store = try LedgerStore(path: arguments[1] + "/ledger.sqlite", syncing: syncing)
            try await work(store, answers, (1...count).map { "\(round)-\($0)" })
            if round == "A" {
                try store.close()
                answers.add("closed")
            }
        }
        _exit(0)
    }

    private static func work(_ store: LedgerStore, _ answers: Answers, _ ids: [String]) async throws {
        let loaded = try await store.load()
        answers.add("epoch \(loaded.epoch)")
        let (deliveries, feed) = AsyncStream<(stage: String, frames: [[UInt8]])>.makeStream()
        let start = ContinuousClock.now
        let service = LedgerService(
            store: store,
            loaded: loaded,
            rules: rules,
            clock: { Moment(wall: .now, monotonic: (ContinuousClock.now - start).milliseconds) },
            logger: Logger(label: "ledger") { StreamLogHandler.standardError(label: $0) },
            send: { stage, frames in feed.yield((stage, frames)) }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            group.addTask { try await Stages(service: service, answers: answers).settle(deliveries) }
            try await withThrowingTaskGroup(of: Void.self) { senders in
                for sender in 0..<8 {
                    senders.addTask {
                        for (index, id) in ids.enumerated() where index % 8 == sender {
                            guard try await service.accept(request(id)) == .accepted else { exit(1) }
                            answers.add("accepted \(id)")
                            // Not all at once, so that answers, hand-outs and checkpoints come in any order.
                            while try await !hasEnded(id, store) { try await Task.sleep(for: .milliseconds(5)) }
                        }
                    }
                }
                try await senders.waitForAll()
            }
            service.stop()
            feed.finish()
            try await group.waitForAll()
        }
    }

    private static func hasEnded(_ id: String, _ store: LedgerStore) async throws -> Bool {
        try await store.record(ofIncidentOrWorkspace: id)?.state.isTerminal == true
    }

    private static func request(_ id: String) -> AcceptRequest {
        AcceptRequest(
            incident: Incident(
                incidentID: id,
                serviceName: "api",
                severity: "critical",
                description: String(repeating: "High CPU on \(id). ", count: 400)
            ),
            sender: "api",
            sealedToken: "sealed",
            traceparent: "00"
        )
    }

    private static let rules = Rules(
        stages: [
            "validator": .init(role: .decides, takes: [.incidentAccepted]),
            "provisioner": .init(role: .provisions, takes: [.incidentApproved, .remediationFinished], secrets: true),
            "log-collector": .init(role: .watches, takes: [.workspaceCreated]),
            "reporter": .init(role: .reports, takes: [.workspaceCreated, .remediationFinished]),
        ],
        // The stages are in this process: they are never silent.
        silence: 3_600_000
    )
}

extension Timestamp {
    static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

/// What was answered, a line each, in a file that is recorded beside the ledger's: so the record has the moment.
struct Answers: Sendable {
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    }

    func add(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else { exit(1) }
    }
}

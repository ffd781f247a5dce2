import Foundation
import Ledger
import Logging
import Messages
import StageKit
import Synchronization
import TestSupport
import Topology
import ZeroMQ

@testable import Intake

/// Intake's sockets, its ledger on a real file, and a validator that works; all is gone at the end of the test.
struct AnswersBench: Sendable {
    let folder: String
    let topology: Topology
    let ledger: LedgerService
    let log: RecordedLog
    /// Of the test's own sockets.
    let context: ZeroMQContext
    let keys: Keys?

    /// A key for each process, and one that nobody knows.
    struct Keys: Sendable {
        let intake: CurveKeyPair
        let validator: CurveKeyPair
        let reporter: CurveKeyPair
        let stranger: CurveKeyPair

        init() throws {
            intake = try .generate()
            validator = try .generate()
            reporter = try .generate()
            stranger = try .generate()
        }

        func client(_ pair: CurveKeyPair) throws -> SocketOptions.Security {
            .curve(try .client(pair, serverKey: intake.publicKey))
        }
    }

    static func with(encrypted: Bool = false, _ body: (AnswersBench) async throws -> Void) async throws {
        // Short, since the path of a Unix socket has 107 bytes at most.
        let folder = "/tmp/in-" + String(UUID().uuidString.prefix(8))
        try FileManager.default.createDirectory(atPath: folder + "/sockets", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await run(folder, encrypted ? try Keys() : nil, body)
    }

    private static func run(_ folder: String, _ keys: Keys?, _ body: (AnswersBench) async throws -> Void) async throws {
        let topology = try topology(folder)
        let log = RecordedLog()
        var doorkeeper: Doorkeeper?
        if let keys {
            try """
            validator \(keys.validator.publicKey)
            reporter \(keys.reporter.publicKey)

            """.write(toFile: folder + "/admitted", atomically: true, encoding: .utf8)
            let stages = Set(topology.stages.map(\.name))
            doorkeeper = try Doorkeeper(file: folder + "/admitted", stages: stages, logger: log.logger)
        }
        let sockets = try IntakeSockets(
            topology,
            security: keys.map { .curve(.server($0.intake)) } ?? .null,
            doorkeeper: doorkeeper
        )
        let store = try LedgerStore(path: folder + "/ledger.sqlite")
        let began = ContinuousClock.now
        let refusals = RefusalLog(log.logger)
        let ledger = LedgerService(
            store: store,
            loaded: try await store.load(),
            rules: Rules(topology),
            clock: { Moment(wall: .now, monotonic: (ContinuousClock.now - began).milliseconds) },
            logger: log.logger,
            refused: { refusals.note($0) },
            send: { stage, frames in sockets.send(frames, to: stage, log.logger) }
        )
        try await sockets.start()
        let bench = AnswersBench(
            folder: folder,
            topology: topology,
            ledger: ledger,
            log: log,
            context: try ZeroMQContext(),
            keys: keys
        )
        try await doing {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await ledger.run() }
                group.addTask { try await sockets.takeAnswers { await ledger.receive($0) } }
                try await doing {
                    try await body(bench)
                } finally: {
                    ledger.stop()
                    await sockets.close()
                }
                try await group.waitForAll()
            }
        } finally: {
            await bench.context.terminate()
        }
        try store.close()
    }

    private static func topology(_ folder: String) throws -> Topology {
        try Topology.parse(
            text: """
                version: 1
                intake: { answers: "ipc://\(folder)/a" }
                stages:
                  validator: { takes: [incident.accepted], deliveries: "ipc://\(folder)/v", lease: 30s }
                  provisioner:
                    takes: [incident.approved, remediation.finished, workspace.expiring, workspace.dispose,
                            delivery.exhausted, sweep.due]
                  log-collector: { takes: [workspace.created] }
                  reporter:
                    takes: [incident.declined, workspace.created, remediation.finished, incident.cancelled]
                    deliveries: "ipc://\(folder)/r"
                """,
            file: folder + "/t.yaml",
            data: folder
        )
    }

    // MARK: - Working

    /// Declines everything.
    private struct Decliner: StageHandler {
        func handle(_ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] {
            [try CausedEvent(IncidentDeclined(reasons: [Reason(code: "test", message: "no")]))]
        }
    }

    /// Runs a real validator while `body` does.
    func withValidator(_ body: () async throws -> Void) async throws {
        let worker = StageWorker(
            StageWorker.Configuration(
                stage: "validator",
                instance: "good",
                capacity: 8,
                deliveries: "ipc://\(folder)/v",
                answers: "ipc://\(folder)/a",
                security: try keys.map { try $0.client($0.validator) } ?? .null
            ),
            handler: Decliner(),
            trouble: Trouble(),
            logger: Logger(label: "worker") { _ in SwiftLogNoOpLogHandler() },
            now: { .now }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Has an incident accepted.
    func accept(_ id: String) async throws {
        let incident = Incident(incidentID: id, serviceName: "api", severity: "critical", description: "High CPU")
        let request = AcceptRequest(incident: incident, sender: "api", sealedToken: nil, traceparent: "00")
        guard try await ledger.accept(request) == .accepted else { throw TestFailure("\(id) was not accepted") }
    }

    /// Waits until the validator's answers about these have been taken.
    func areDeclined(_ ids: [String]) async throws {
        for id in ids {
            try await eventually("\(id) is declined") {
                try await ledger.reader.record(ofIncidentOrWorkspace: id)?.state == .declined
            }
        }
    }

    /// A started PUSH to the socket of answers.
    func push(_ security: SocketOptions.Security = .null, linger: Duration = .zero) async throws -> PushSocket {
        var options = SocketOptions()
        options.security = security
        options.linger = linger
        let socket = PushSocket(
            context: context,
            endpoints: [.connect("ipc://\(folder)/a")],
            options: options,
            name: "test-push"
        )
        try await socket.start()
        return socket
    }

    /// How many dead letters are told of now.
    func deadLetters() async throws -> Int { try await ledger.reader.deadLetterCount() }
}

/// A control message of a stage, as JSON that a test can get wrong.
func frame(_ type: String, from source: String, _ data: JSONValue, subject: JSONValue = "I-1") throws -> [UInt8] {
    try MessageCoding.encode(
        [
            "specversion": "1.0", "type": .string(type), "source": .string(source), "id": "m", "subject": subject,
            "time": "2026-11-23T18:00:00.123Z", "datacontenttype": "application/json", "data": data,
        ] as JSONValue
    )
}

import Foundation
import Logging
import Messages
import ServiceLifecycle
import ServiceLifecycleTestKit
import StageKit
import Synchronization
import ZeroMQ

/// A worker with real sockets, the test playing intake.
final class Bench: Sendable {
    let folder: URL
    let intake: IntakeSide

    private init(folder: URL) async throws {
        self.folder = folder
        intake = try await IntakeSide(folder: folder)
    }

    /// Where intake's sockets are.
    static func deliveries(_ folder: URL) -> String { "ipc://\(folder.path)/d" }
    static func answers(_ folder: URL) -> String { "ipc://\(folder.path)/a" }

    /// Runs a worker with this handler while `body` plays intake; then tells it to stop and waits until it has ended.
    static func run(
        capacity: Int = 4,
        drainGrace: Duration = .milliseconds(200),
        clock: MovableClock = MovableClock(),
        handler: any StageHandler,
        trouble: Trouble = Trouble(),
        _ body: @Sendable (Bench, GracefulShutdownTestTrigger) async throws -> Void
    ) async throws {
        // Short, since the path of a Unix socket has 107 bytes at most.
        let folder = URL(filePath: "/tmp/sk-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let result: Result<Void, any Error>
        do {
            let bench = try await Bench(folder: folder)
            let worker = StageWorker(
                StageWorker.Configuration(
                    stage: "tester",
                    instance: "one",
                    capacity: capacity,
                    deliveries: deliveries(folder),
                    answers: answers(folder),
                    drainGrace: drainGrace
                ),
                handler: handler,
                trouble: trouble,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                now: { clock.now }
            )
            let played = try await testGracefulShutdown { trigger in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await worker.run() }
                    let played: Result<Void, any Error>
                    do { played = .success(try await body(bench, trigger)) } catch { played = .failure(error) }
                    trigger.triggerGracefulShutdown()
                    try await group.waitForAll()
                    return played
                }
            }
            await bench.intake.close()
            result = played
        } catch {
            result = .failure(error)
        }
        try FileManager.default.removeItem(at: folder)
        try result.get()
    }
}

/// The machine's clock, moved.
final class MovableClock: Sendable {
    private let ahead: Mutex<Duration>

    init(ahead: Duration = .zero) { self.ahead = Mutex(ahead) }

    var now: Timestamp { Timestamp.now + ahead.withLock { $0 } }

    func move(by duration: Duration) { ahead.withLock { $0 += duration } }
}

/// Intake's two sockets, and what came in.
final class IntakeSide: Sendable {
    private let context: ZeroMQContext
    private let deliveries: PushSocket
    private let answers: PullSocket

    init(folder: URL) async throws {
        context = try ZeroMQContext()
        var options = SocketOptions()
        options.maximumFrameBytes = 4 << 20
        deliveries = PushSocket(
            context: context,
            endpoints: [.bind(Bench.deliveries(folder))],
            options: options,
            name: "deliveries"
        )
        answers = PullSocket(context: context, endpoints: [.bind(Bench.answers(folder))], name: "answers")
        try await answers.start()
        try await deliveries.start()
    }

    func close() async {
        await answers.close()
        _ = await deliveries.close()
        await context.terminate()
    }

    func send(_ message: Message) async throws { try await deliveries.send(try message.frame()) }

    func send(_ frame: [UInt8]) async throws { try await deliveries.send(frame) }

    /// Reads what the worker sends, one message after the other, until the condition is met.
    ///
    /// - Returns: all messages that were read; the time limit of the test bounds the waiting.
    @discardableResult
    func read(until isEnough: ([Message]) throws -> Bool) async throws -> [Message] {
        var messages: [Message] = []
        for try await batch in answers.messages {
            for frame in batch { messages.append(try Message(frame: frame)) }
            if try isEnough(messages) { return messages }
        }
        throw CancellationError()
    }

    /// The next settlements, in the order they came.
    func settlements(_ count: Int) async throws -> [DeliverySettled] {
        try await read { try $0.settlements.count >= count }.settlements
    }
}

extension [Message] {
    var settlements: [DeliverySettled] {
        get throws { try filter { $0.type == .deliverySettled }.map { try $0.content() } }
    }

    var heartbeats: [StageHeartbeat] {
        get throws { try filter { $0.type == .stageHeartbeat }.map { try $0.content() } }
    }
}

/// A delivery as intake sends it.
func delivery(
    _ id: String,
    attempt: Int = 1,
    expiresIn: Duration = .seconds(30),
    sentAt: Timestamp = .now
) -> Message {
    let incident = Incident(incidentID: "I-\(id)", serviceName: "api", severity: "critical", description: "ill")
    var message = Message(
        type: .incidentAccepted,
        source: "/intake",
        id: "event-\(id)",
        subject: incident.incidentID,
        time: sentAt,
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data: [:]
    )
    message.deliveryID = id
    message.attempt = Attempt(epoch: 1, number: attempt)
    message.expiryTime = .now + expiresIn
    message.context = DeliveryContext(
        incident: incident,
        installation: "test",
        operatorAttempt: 1,
        cancelled: false,
        plan: nil,
        workspace: nil,
        acceptedAt: .now,
        holdSeconds: 60,
        sealedToken: nil
    )
    return message
}

import Foundation
import Logging
public import Messages
public import StageKit
import Synchronization

/// The hand of a delivery that a test holds: keeps what is sent by it.
public final class TestHand: Sendable {
    private let sent = Mutex<[CausedEvent]>([])
    private let isInTime: Bool

    /// A hand whose right to act has or has not passed.
    public init(isInTime: Bool = true) { self.isInTime = isInTime }

    /// What was sent as progress.
    public var progress: [CausedEvent] { sent.withLock { $0 } }

    /// The contents of one type that were sent as progress.
    public func progress<Content: EventData>(_: Content.Type) throws -> [Content] {
        try progress.filter { $0.type == Content.type }.map { try $0.data.decoded() }
    }

    /// All log lines that were sent as progress.
    public func lines() throws -> [LogLine] { try progress(LogAppended.self).flatMap(\.lines) }

    /// What a handler is given.
    public var hand: Hand {
        Hand(
            progress: { events in self.sent.withLock { $0 += events } },
            checkInTime: { () throws(StageError) in
                guard self.isInTime else { throw .returned(reason: "out of time") }
            },
            now: { TestHand.now() },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    /// Wall-clock time.
    public static func now() -> Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }
}

/// Deliveries as the ledger hands them out.
public enum TestDelivery {
    /// A plan whose deadline is a quarter of an hour away.
    public static func plan(
        template: String = "remediation",
        timeout: Int = 600,
        provision: Int = 300,
        parameters: [String: String] = [:]
    ) -> Plan {
        Plan(
            playbook: "high-cpu",
            template: template,
            parameters: parameters,
            timeoutSeconds: timeout,
            deadline: TestHand.now() + .seconds(900),
            retentionSeconds: 600,
            provisionSeconds: provision
        )
    }

    /// A context of the incident.
    public static func context(
        _ incident: String,
        plan: Plan? = plan(),
        cancelled: Bool = false,
        workspace: WorkspaceReference? = nil,
        sealedToken: String? = nil,
        description: String = "High CPU",
        operatorAttempt: Int = 1
    ) -> DeliveryContext {
        DeliveryContext(
            incident: Incident(
                incidentID: incident,
                serviceName: "payment-api",
                severity: "critical",
                description: description
            ),
            installation: "test-installation",
            operatorAttempt: operatorAttempt,
            cancelled: cancelled,
            plan: plan,
            workspace: workspace,
            acceptedAt: TestHand.now(),
            holdSeconds: 3600,
            sealedToken: sealedToken
        )
    }

    /// A delivery of an event with that content.
    public static func make(_ content: some EventData, _ context: DeliveryContext) throws -> Delivery {
        make(type(of: content).type, try JSONValue(encoding: content), context)
    }

    /// A delivery of an event of any type.
    public static func make(_ type: EventType, _ data: JSONValue, _ context: DeliveryContext) -> Delivery {
        Delivery(
            handle: DeliveryHandle(deliveryID: "d1", attempt: Attempt(epoch: 1, number: 1)),
            event: Message(
                type: type,
                source: "/test",
                id: "e1",
                subject: context.incident.incidentID,
                time: TestHand.now(),
                data: data
            ),
            context: context,
            expiryTime: TestHand.now() + .seconds(8)
        )
    }
}

import Foundation
import Logging
import Messages
import StageKit

/// A delivery of an event to the reporter.
func delivery(
    _ type: EventType,
    _ data: JSONValue,
    incident: String = "INC-1042",
    eventID: String = "01JD0000000000000000000001",
    attempt: Attempt = Attempt(epoch: 1, number: 1),
    isFirst: Bool? = nil
) -> Delivery {
    let event = Message(
        type: type,
        source: "/log-collector/1",
        id: eventID,
        subject: incident,
        time: Timestamp(milliseconds: 0),
        data: data
    )
    let plan = Plan(
        playbook: "high-cpu",
        template: "remediation",
        timeoutSeconds: 600,
        deadline: Timestamp(milliseconds: 900_000),
        retentionSeconds: 600,
        provisionSeconds: 300
    )
    let context = DeliveryContext(
        incident: Incident(
            incidentID: incident,
            serviceName: "payment-api",
            severity: "critical",
            description: "High CPU"
        ),
        installation: "test",
        operatorAttempt: 1,
        cancelled: false,
        plan: plan,
        workspace: nil,
        acceptedAt: Timestamp(milliseconds: 0),
        holdSeconds: 3600,
        isFirstHandOut: isFirst,
        sealedToken: nil
    )
    return Delivery(
        handle: DeliveryHandle(deliveryID: "d", attempt: attempt),
        event: event,
        context: context,
        expiryTime: Timestamp(milliseconds: 8000)
    )
}

func delivery(
    _ content: some EventData,
    incident: String = "INC-1042",
    eventID: String = "01JD0000000000000000000001",
    isFirst: Bool? = nil
) throws -> Delivery {
    delivery(
        type(of: content).type,
        try JSONValue(encoding: content),
        incident: incident,
        eventID: eventID,
        isFirst: isFirst
    )
}

let workspace = WorkspaceReference(
    workspaceID: "0f2c",
    workspaceName: "m-inc-1042-1-7f3kq2m9x0ab",
    url: "http://127.0.0.1:8080/@me/m-inc-1042-1-7f3kq2m9x0ab"
)

let created = WorkspaceCreated(
    workspaceID: "0f2c",
    workspaceName: "m-inc-1042-1-7f3kq2m9x0ab",
    url: "http://127.0.0.1:8080/@me/m-inc-1042-1-7f3kq2m9x0ab",
    buildID: "b",
    template: "remediation",
    adopted: false
)

let succeeded = RemediationFinished(
    verdict: .succeeded,
    exitCode: 0,
    provisionSeconds: 0.42,
    runSeconds: 64,
    lastLines: ["load is 0.3", "done"],
    workspace: workspace
)

/// A hand at a fixed time, whose right to act can be over.
func hand(isInTime: Bool = true, now: Timestamp = Timestamp(milliseconds: 1000)) -> Hand {
    Hand(
        progress: { _ in },
        checkInTime: { () throws(StageError) in if !isInTime { throw .returned(reason: "out of time") } },
        now: { now },
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    )
}

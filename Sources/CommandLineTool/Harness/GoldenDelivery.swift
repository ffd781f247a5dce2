import Foundation
import Messages
import Secrets
import Topology

/// A delivery whose event and context are as they are in a real run.
struct GoldenDelivery: Sendable {
    /// For people: the type of the event, and which variant of it.
    var name: String
    var type: EventType
    var data: JSONValue
    var context: DeliveryContext
    /// Names the delivery in all its hand-outs.
    var id: String

    var incidentID: String { context.incident.incidentID }

    /// The message of one hand-out.
    ///
    /// - Parameters:
    ///   - attempt: which hand-out.
    ///   - now: our clock.
    ///   - right: how long an effect may begin from now on; negative for a message that comes too late.
    /// - Returns: the message.
    func message(_ attempt: Attempt, now: Timestamp, right: Duration) -> Message {
        var message = Message(
            type: type,
            source: "/ledger",
            id: "\(id)-event",
            subject: incidentID,
            time: now,
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            data: data
        )
        message.deliveryID = id
        message.attempt = attempt
        message.expiryTime = now + right
        message.context = context
        return message
    }
}

/// Makes golden deliveries for the types of event that a stage takes.
struct GoldenDeliveries: Sendable {
    let topology: Topology
    let stage: StageConfiguration
    let outside: OutsideSystems
    /// Keeps the ids of one run apart from those of others.
    let run: String
    /// Seals a target service's token, for a stage that is handed it.
    let sealingKey: TokenSeal.PublicKey?

    /// How many variants of one type are worth trying.
    static let variants = 3

    /// One delivery of each type and variant that the stage takes.
    func all() async throws -> [GoldenDelivery] {
        var deliveries: [GoldenDelivery] = []
        for type in stage.takes {
            for variant in 0..<Self.variants {
                deliveries.append(try await make(EventType(rawValue: type), "golden-\(variant)", variant: variant))
            }
        }
        return deliveries
    }

    /// A delivery of the type that shows the stage at its work.
    func typical(_ name: String) async throws -> GoldenDelivery {
        try await make(EventType(rawValue: stage.takes.first ?? ""), name, variant: 0)
    }

    /// A delivery with an incident of its own.
    ///
    /// - Parameters:
    ///   - type: the type of its event.
    ///   - name: unique in this run; part of the incident's id.
    ///   - variant: from 0: an ordinary one, one of another kind, one with much and unusual text.
    /// - Returns: the delivery; what its event speaks of exists in the simulators.
    /// - Throws: `CoderError` where the simulator refuses a workspace.
    func make(_ type: EventType, _ name: String, variant: Int) async throws -> GoldenDelivery {
        let id = "CHECK-\(run)-\(type.rawValue)-\(name)"
        let now = Timestamp.now
        var context = DeliveryContext(
            incident: incident(id, variant: variant),
            installation: "check-\(run)",
            operatorAttempt: 1,
            cancelled: false,
            plan: type == .incidentAccepted ? nil : plan(now),
            workspace: nil,
            acceptedAt: now,
            holdSeconds: 3600,
            sealedToken: try sealingKey.map { try TokenSeal.seal("token of \(id)", incidentID: id, for: $0) }
        )
        if type == .sweepDue {
            context.plan = nil
            context.sealedToken = nil
        }
        let data = try await data(type, &context, variant: variant, now: now)
        return GoldenDelivery(
            name: "\(type.rawValue) (\(name))",
            type: type,
            data: data,
            context: context,
            id: "\(id)-delivery"
        )
    }

    private func incident(_ id: String, variant: Int) -> Incident {
        switch variant {
        case 1:
            Incident(
                incidentID: id,
                serviceName: "reports",
                severity: "low",
                description: "Disk of reports is 71 % full",
                labels: [:],
                annotations: [:]
            )
        case 2:
            Incident(
                incidentID: id,
                serviceName: "zahlung-überweisung",
                severity: "critical",
                description: "High CPU: \u{1F525} \"quoted\" \\ back\\slash\n\tsecond line \u{0} "
                    + String(repeating: "load ", count: 1500),
                labels: ["team": "payments", "größe": "XL", "empty": ""],
                annotations: ["runbook_url": "https://runbooks.example/high-cpu?a=1&b=2"]
            )
        default:
            Incident(
                incidentID: id,
                serviceName: "payment-api",
                severity: "critical",
                description: "High CPU on payment-api",
                labels: ["team": "payments"],
                annotations: [:]
            )
        }
    }

    private func plan(_ now: Timestamp) -> Plan {
        Plan(
            playbook: "high-cpu",
            template: topology.coder.template,
            parameters: ["script": "high_cpu_fix.sh"],
            timeoutSeconds: 600,
            deadline: now + .seconds(900),
            retentionSeconds: 600,
            provisionSeconds: 300
        )
    }

    private func data(
        _ type: EventType,
        _ context: inout DeliveryContext,
        variant: Int,
        now: Timestamp
    ) async throws -> JSONValue {
        func workspace() async throws -> WorkspaceReference {
            let created = try await outside.makeWorkspace(context, template: topology.coder.template)
            context.workspace = created.reference
            return created.reference
        }
        switch type {
        case .incidentAccepted:
            return try JSONValue(
                encoding: IncidentAccepted(incident: context.incident, sender: "api", receivedAt: now)
            )
        case .incidentDeclined:
            return try JSONValue(
                encoding: IncidentDeclined(reasons: [
                    Reason(code: "severity_too_low", message: "severity low is not remediated by machine")
                ])
            )
        case .incidentCancelled:
            return try JSONValue(encoding: IncidentCancelled(by: "operator", reason: "the alert resolved"))
        case .incidentRetried:
            return try JSONValue(encoding: IncidentRetried(by: "operator", reason: "once more", attempt: 2))
        case .workspaceCreated:
            let created = try await outside.makeWorkspace(context, template: topology.coder.template)
            context.workspace = created.reference
            return try JSONValue(encoding: created)
        case .remediationFinished: return try JSONValue(encoding: finished(try await workspace(), variant: variant))
        case .workspaceExpiring:
            return try JSONValue(
                encoding: WorkspaceExpiring(step: variant == 1 ? .erase : .stop, workspace: try await workspace())
            )
        case .workspaceDispose:
            return try JSONValue(encoding: WorkspaceDispose(workspace: try await workspace(), reason: "cancelled"))
        case .deliveryExhausted:
            return try JSONValue(
                encoding: DeliveryExhausted(
                    stage: "log-collector",
                    event: .workspaceCreated,
                    failures: 10,
                    lastError: "Coder did not answer",
                    workspace: try await workspace()
                )
            )
        case .sweepDue: return try JSONValue(encoding: SweepDue(number: variant + 1))
        default:
            guard let plan = context.plan else { return .object([:]) }
            return try JSONValue(encoding: IncidentApproved(plan: plan))
        }
    }

    private func finished(_ workspace: WorkspaceReference, variant: Int) -> RemediationFinished {
        switch variant {
        case 1:
            RemediationFinished(
                verdict: .scriptFailed,
                exitCode: 3,
                diagnosis: Diagnosis(summary: "the script ended with 3", evidence: ["no such service"]),
                provisionSeconds: 4.5,
                runSeconds: 1.25,
                lastLines: ["no such service"],
                workspace: workspace
            )
        default:
            RemediationFinished(
                verdict: .succeeded,
                exitCode: 0,
                provisionSeconds: 4.5,
                runSeconds: 12,
                lastLines: ["done"],
                workspace: workspace
            )
        }
    }
}

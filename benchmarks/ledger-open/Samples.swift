import Foundation
import Ledger
import Messages

/// The incidents, what the stages cause, and the rules of the ledgers that are measured.
enum Samples {
    static let rules = Rules(
        stages: [
            "validator": .init(role: .decides, takes: [.incidentAccepted]),
            "provisioner": .init(role: .provisions, takes: [.incidentApproved, .remediationFinished], secrets: true),
            "log-collector": .init(role: .watches, takes: [.workspaceCreated]),
            "reporter": .init(role: .reports, takes: [.incidentDeclined, .workspaceCreated, .remediationFinished]),
        ],
        // The stages are in this process: they are never silent.
        silence: 3_600_000,
        openIncidents: 10_000_000
    )

    /// An incident whose description has so many sentences; one of severity `low` will be declined.
    static func request(_ name: String, _ number: Int, severity: String, sentences: Int) -> AcceptRequest {
        AcceptRequest(
            incident: Incident(
                incidentID: "\(name)-\(number)",
                serviceName: "service-\(number % 50)",
                severity: severity,
                description: String(repeating: "CPU of the service is at 97 % for ten minutes. ", count: sentences),
                labels: ["alertname": "HighCPU", "cluster": "c-1", "instance": "i-\(number)", "team": "payments"]
            ),
            sender: "api",
            sealedToken: String(repeating: "s", count: 200),
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        )
    }

    /// What a stage causes that does what it is asked to.
    static func caused(by delivery: Message, at stage: String) throws -> [CausedEvent] {
        guard stage != "reporter" else {
            return [
                try CausedEvent(IncidentReported(told: delivery.type, actions: ["commented"], system: "stream-a"))
            ]
        }
        let subject = delivery.subject ?? ""
        let workspace = WorkspaceReference(workspaceID: "w-\(subject)", workspaceName: "m-\(subject.lowercased())")
        switch delivery.type {
        case .incidentAccepted where delivery.context?.incident.severity == "low":
            let reason = Reason(code: "severity_not_allowed", message: "Severity low is not remediated automatically.")
            return [try CausedEvent(IncidentDeclined(reasons: [reason]))]
        case .incidentAccepted: return [try CausedEvent(IncidentApproved(plan: plan(subject)))]
        case .incidentApproved:
            let created = WorkspaceCreated(
                workspaceID: "w-\(subject)",
                workspaceName: workspace.workspaceName,
                url: "http://127.0.0.1/",
                buildID: "b-\(subject)",
                template: "remediation",
                adopted: false
            )
            return [try CausedEvent(created)]
        case .workspaceCreated:
            return [try CausedEvent(RemediationFinished(verdict: .succeeded, exitCode: 0, workspace: workspace))]
        case .remediationFinished: return [try CausedEvent(WorkspaceReleased(workspace: workspace, deleted: true))]
        default: return []
        }
    }

    private static func plan(_ incident: String) -> Plan {
        Plan(
            playbook: "high-cpu",
            template: "remediation",
            parameters: ["script": "high_cpu_fix.sh", "service_name": "payment-api", "incident_id": incident],
            timeoutSeconds: 600,
            deadline: .now + .seconds(86_400),
            retentionSeconds: 60,
            provisionSeconds: 60
        )
    }
}

extension Timestamp {
    static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

import CoderAPI
import Messages

/// The names of the parameters that Mendline itself sets.
enum ParameterName {
    static let incidentID = "incident_id"
    static let serviceName = "service_name"
    static let severity = "severity"
    static let description = "description"
    static let playbook = "playbook"
    static let timeoutSeconds = "timeout_seconds"
    static let installation = "installation"
    static let targetServiceToken = "target_service_token"
}

/// What a create asks for, from what is known of the incident.
enum WorkspaceRequest {
    /// The most characters of a description that reach the workspace.
    static let mostDescription = 1000
    /// Coder's bounds for `ttl_ms`; it counts in whole minutes (coderd/workspaces.go validWorkspaceTTLMillis).
    static let ttlBounds: ClosedRange<Int64> = 60_000...2_592_000_000

    /// The request for the workspace of this incident and attempt.
    static func make(
        _ context: DeliveryContext,
        _ plan: Plan,
        templateID: String,
        token: String?,
        now: Timestamp
    ) -> NewWorkspace {
        NewWorkspace(
            name: context.workspaceName,
            templateID: templateID,
            parameters: parameters(context, plan, token: token),
            ttlMilliseconds: ttlMilliseconds(plan, holdSeconds: context.holdSeconds, now: now)
        )
    }

    /// The plan's parameters and Mendline's own, which count where both name one.
    static func parameters(_ context: DeliveryContext, _ plan: Plan, token: String?) -> [String: String] {
        var parameters = plan.parameters
        parameters[ParameterName.incidentID] = context.incident.incidentID
        parameters[ParameterName.serviceName] = context.incident.serviceName
        parameters[ParameterName.severity] = context.incident.severity
        parameters[ParameterName.description] = String(context.incident.description.prefix(mostDescription))
        parameters[ParameterName.playbook] = plan.playbook
        parameters[ParameterName.timeoutSeconds] = String(plan.timeoutSeconds)
        parameters[ParameterName.installation] = context.installation
        parameters[ParameterName.targetServiceToken] = token
        return parameters
    }

    /// Long enough that Coder stops nothing by itself before the deadline, the retention and the hold are over.
    static func ttlMilliseconds(_ plan: Plan, holdSeconds: Int, now: Timestamp) -> Int64 {
        let untilDeadline = max((plan.deadline - now).milliseconds, 0)
        // A plan may come from a stage that is not ours; what is longer than the most is no longer for it.
        let most = Int(ttlBounds.upperBound / 1000)
        let after = [holdSeconds, plan.retentionSeconds].reduce(Int64(0)) { $0 + Int64(min(max($1, 0), most)) * 1000 }
        let minutes = (untilDeadline + after + 59_999) / 60_000
        return min(max(minutes * 60_000, ttlBounds.lowerBound), ttlBounds.upperBound)
    }
}

public import CoderAPI
import Foundation

/// Workspaces as Coder's JSON shows them, for tests of decisions.
public enum Sample {
    /// The id that sample workspaces have.
    public static let workspaceID = "0f2c0000-0000-4000-8000-000000000001"

    /// The JSON of a workspace, with fields that nobody reads.
    public static func json(
        id: String = workspaceID,
        name: String = "m-inc-1-1-abcdefghjkmn",
        template: String = "remediation",
        build: [String: Any],
        healthy: Bool = true
    ) -> [String: Any] {
        [
            "id": id, "created_at": "2025-12-09T10:00:00.123456Z", "name": name, "owner_name": "alice",
            "template_id": "5b000000-0000-4000-8000-000000000001", "template_name": template, "dormant_at": NSNull(),
            "latest_build": build, "health": ["healthy": healthy, "failing_agents": []], "a_new_field": [1, 2, 3],
        ]
    }

    /// The JSON of a build.
    public static func build(
        _ transition: String = "start",
        _ status: String = "succeeded",
        id: String = "b1",
        number: Int = 1,
        error: String? = nil,
        position: Int = 0,
        reason: String = "initiator",
        by: String = "alice",
        provisioners: Int = 3,
        agents: [[String: Any]] = []
    ) -> [String: Any] {
        var job: [String: Any] = ["status": status, "queue_position": position, "tags": ["scope": "organization"]]
        job["error"] = error
        let shown =
            switch (transition, status) {
            case ("start", "succeeded"): "running"
            case ("start", "running"): "starting"
            case ("stop", "succeeded"): "stopped"
            case ("stop", "running"): "stopping"
            case ("delete", "succeeded"): "deleted"
            case ("delete", "running"): "deleting"
            default: status
            }
        return [
            "id": id, "build_number": number, "transition": transition, "status": shown, "reason": reason,
            "initiator_name": by, "created_at": "2025-12-09T10:00:00Z", "job": job,
            "matched_provisioners": ["count": provisioners],
            "resources": agents.isEmpty
                ? [] : [["id": "r1", "type": "pod", "agents": agents], ["id": "r2", "type": "pvc"]],
        ]
    }

    /// The JSON of an agent.
    public static func agent(
        _ status: String = "connected",
        _ lifecycle: String = "starting",
        id: String = "a1",
        parent: String? = nil,
        logs: Int = 0,
        reason: String = "",
        connectedAt: String? = "2025-12-09T10:00:10Z",
        scripts: Int = 1
    ) -> [String: Any] {
        var agent: [String: Any] = [
            "id": id, "name": "main", "parent_id": parent ?? NSNull(), "status": status, "lifecycle_state": lifecycle,
            "health": ["healthy": reason.isEmpty, "reason": reason], "logs_length": logs, "logs_overflowed": false,
            "log_sources": [["id": "s1", "display_name": "Startup Script", "icon": ""]],
            "scripts": (0..<scripts).map {
                ["display_name": $0 == 0 ? "Startup Script" : "Script \($0)", "run_on_start": true, "timeout": 0]
            } + [["display_name": "at stop", "run_on_start": false, "timeout": 0]],
        ]
        agent["first_connected_at"] = connectedAt
        return agent
    }

    /// The workspace of a JSON.
    public static func workspace(_ json: [String: Any]) throws -> Workspace {
        try JSONDecoder().decode(Workspace.self, from: JSONSerialization.data(withJSONObject: json))
    }

    /// A workspace with this build.
    public static func workspace(build: [String: Any]) throws -> Workspace { try workspace(json(build: build)) }

    /// Timings of scripts, each a status and an exit code.
    public static func timings(
        _ scripts: [(String, Int)],
        agent: String = "a1",
        stage: String = "start"
    ) throws -> [ScriptTiming] {
        let list = scripts.enumerated().map { index, script in
            [
                "started_at": "2025-12-09T10:00:18.2Z", "ended_at": "2025-12-09T10:00:31.2Z", "exit_code": script.1,
                "stage": stage, "status": script.0, "display_name": index == 0 ? "Startup Script" : "Script \(index)",
                "workspace_agent_id": agent, "workspace_agent_name": "main",
            ] as [String: Any]
        }
        return try JSONDecoder().decode([ScriptTiming].self, from: JSONSerialization.data(withJSONObject: list))
    }
}

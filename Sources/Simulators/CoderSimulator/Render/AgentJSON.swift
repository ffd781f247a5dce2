import Foundation
import SimulatorKit

extension Agent {
    /// Written as `codersdk.WorkspaceAgent`.
    func json(now: Timestamp, resource: UUID) -> JSON {
        let illness = illness(at: now)
        return [
            "id": .string(id.text), "parent_id": .null, "created_at": .time(createdAt),
            "updated_at": .time(readyAt ?? startedAt ?? createdAt),
            "first_connected_at": .time(orAbsent: firstConnectedAt),
            "last_connected_at": .time(orAbsent: lastConnectedAt(at: now)),
            "disconnected_at": .time(orAbsent: disconnectedAt), "started_at": .time(orAbsent: startedAt),
            "ready_at": .time(orAbsent: readyAt), "status": .string(status(at: now).rawValue),
            "lifecycle_state": .string(lifecycle.rawValue), "name": "main", "resource_id": .string(resource.text),
            "architecture": "amd64", "environment_variables": [:], "operating_system": "linux",
            "logs_length": .integer(log.length), "logs_overflowed": .bool(log.overflowed), "directory": "",
            "expanded_directory": firstConnectedAt == nil ? "" : "/home/coder", "version": .string(coderVersion),
            "api_version": "2.6", "apps": [], "connection_timeout_seconds": .integer(connectionTimeout),
            "troubleshooting_url": "", "subsystems": [],
            "health": ["healthy": .bool(illness == nil), "reason": .optional(illness)],
            "display_apps": ["web_terminal"],
            "log_sources": [
                [
                    "workspace_agent_id": .string(id.text), "id": .string(sourceID.text),
                    "created_at": .time(createdAt), "display_name": .string(startupScript),
                    "icon": "/emojis/25b6-fe0f.png",
                ]
            ],
            "scripts": [
                [
                    "id": .string(scriptID.text), "log_source_id": .string(sourceID.text),
                    "log_path": "coder-startup-script.log", "script": "exec /usr/local/lib/remediation/run.sh",
                    "cron": "",
                    "run_on_start": true, "run_on_stop": false, "start_blocks_login": false,
                    // In nanoseconds, unlike the template's own setting.
                    "timeout": .integer(Int64(scriptTimeout) * 1_000_000_000),
                    "display_name": .string(startupScript),
                ]
            ],
            "startup_script_behavior": "non-blocking",
        ]
    }

    /// `[codersdk.WorkspaceAgentLog]` after an id.
    func logJSON(after id: Int64) -> JSON {
        .array(
            log.lines.filter { $0.id > id }.map { line in
                [
                    "id": .integer(line.id), "created_at": .time(line.at), "level": .string(line.level.rawValue),
                    "output": .string(line.output), "source_id": .string(sourceID.text),
                ]
            }
        )
    }
}

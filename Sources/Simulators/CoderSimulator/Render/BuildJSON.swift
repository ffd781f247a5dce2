import Foundation
import SimulatorKit

/// `Startup Script` is what Coder names the script and log source of an agent's `startup_script`.
let startupScript = "Startup Script"
private let nobody = "00000000-0000-0000-0000-000000000000"

/// What an answer needs to know beside the build itself.
struct RenderContext {
    let world: World
    let now: Timestamp
    /// Places of the waiting jobs, worked out once for a whole list.
    let positions: [UUID: Int]
    /// At the moment of creation `template_version_name` is empty.
    var isFresh = false
}

extension Build {
    /// Written as `codersdk.WorkspaceBuild`.
    func json(_ context: RenderContext, workspace: Workspace) -> JSON {
        let world = context.world
        return [
            "id": .string(id.text), "created_at": .time(createdAt),
            "updated_at": .time(job.completedAt ?? job.startedAt ?? createdAt),
            "workspace_id": .string(workspaceID.text), "workspace_name": .string(workspace.name),
            "workspace_owner_id": .string(world.owner.id.text), "workspace_owner_name": .string(world.owner.name),
            "template_version_id": .nullable(world.template(workspace.templateID)?.versionID.text),
            "template_version_name": context.isFresh ? "" : "v1", "template_version_preset_id": .null,
            "build_number": .integer(number), "transition": .string(transition.rawValue),
            "initiator_id": .string(world.owner.id.text), "initiator_name": .string(world.owner.name),
            "job": jobJSON(context, workspace: workspace), "reason": .string(reason),
            "resources": resourcesJSON(context), "deadline": .time(orNull: deadline), "max_deadline": .null,
            "status": .string(status), "daily_cost": 0,
            "matched_provisioners": [
                "count": .integer(world.faults.builders), "available": .integer(world.faults.builders),
                "most_recently_seen": .time(orAbsent: world.faults.builders > 0 ? createdAt : nil),
            ],
            "has_ai_task": false, "has_external_agent": false,
        ]
    }

    private func jobJSON(_ context: RenderContext, workspace: Workspace) -> JSON {
        [
            "id": .string(job.id.text), "created_at": .time(job.createdAt),
            "started_at": .time(orAbsent: job.startedAt), "completed_at": .time(orAbsent: job.completedAt),
            "canceled_at": .time(orAbsent: job.canceledAt), "error": .optional(job.error),
            "status": .string(job.status.rawValue), "worker_id": .optional(job.workerID?.text),
            "file_id": .nullable(context.world.template(workspace.templateID)?.id.text),
            "tags": ["owner": "", "scope": "organization"],
            "queue_position": .integer(context.positions[id] ?? 0),
            "queue_size": .integer(job.status == .pending ? context.world.queue.count : 0),
            "organization_id": .string(context.world.organization.id.text),
            "initiator_id": .string(context.world.owner.id.text),
            "input": ["workspace_build_id": .string(id.text)], "type": "workspace_build",
            "metadata": [
                "template_version_name": "", "template_id": .string(nobody), "template_name": "",
                "template_display_name": "", "template_icon": "",
            ],
            "logs_overflowed": .bool(log.overflowed),
        ]
    }

    /// Empty until the job has succeeded; a stopped workspace keeps nothing but its disk.
    private func resourcesJSON(_ context: RenderContext) -> JSON {
        guard job.status == .succeeded, transition != .delete else { return [] }
        let isStart = transition == .start
        return [
            [
                "id": .string(resourceID.text), "created_at": .time(job.completedAt ?? createdAt),
                "job_id": .string(job.id.text), "workspace_transition": .string(transition.rawValue),
                "type": isStart ? "kubernetes_deployment" : "kubernetes_persistent_volume_claim",
                "name": isStart ? "main" : "home", "hide": false, "icon": "",
                "agents": agent.map { [$0.json(now: context.now, resource: resourceID)] } ?? .absent, "daily_cost": 0,
            ]
        ]
    }

    /// `codersdk.WorkspaceBuildTimings`: of a script only the first run that was reported.
    var timingsJSON: JSON {
        var provisioner: [JSON] = []
        if let start = job.startedAt, let end = job.completedAt {
            let step = (end.microseconds - start.microseconds) / 4
            for (index, stage) in ["init", "plan", "graph", "apply"].enumerated() {
                let from = Timestamp(microseconds: start.microseconds + Int64(index) * step)
                provisioner.append([
                    "job_id": .string(job.id.text), "started_at": .time(from),
                    "ended_at": .time(Timestamp(microseconds: from.microseconds + step)), "stage": .string(stage),
                    "source": "terraform", "action": .string(stage), "resource": "state file",
                ])
            }
        }
        var scripts: [JSON] = []
        var connections: [JSON] = []
        if let agent {
            if let first = scriptTimings.min(by: { $0.startedAt < $1.startedAt }) {
                scripts.append([
                    "started_at": .time(first.startedAt), "ended_at": .time(first.endedAt),
                    "exit_code": .integer(first.outcome.exitCode), "stage": "start",
                    "status": .string(first.outcome.status), "display_name": .string(startupScript),
                    "workspace_agent_id": .string(agent.id.text), "workspace_agent_name": "main",
                ])
            }
            if let connected = agent.firstConnectedAt {
                connections.append([
                    "started_at": .time(agent.createdAt), "ended_at": .time(connected), "stage": "connect",
                    "workspace_agent_id": .string(agent.id.text), "workspace_agent_name": "main",
                ])
            }
        }
        return [
            "provisioner_timings": .array(provisioner), "agent_script_timings": .array(scripts),
            "agent_connection_timings": .array(connections),
        ]
    }

    var parametersJSON: JSON {
        .array(parameters.map { ["name": .string($0.name), "value": .string($0.value)] })
    }

    /// `[codersdk.ProvisionerJobLog]` after an id.
    func logJSON(after id: Int64) -> JSON {
        .array(
            log.lines.filter { $0.id > id }.map { line in
                [
                    "id": .integer(line.id), "created_at": .time(line.at), "log_source": .string(line.source),
                    "log_level": .string(line.level.rawValue), "stage": .string(line.stage),
                    "output": .string(line.output),
                ]
            }
        )
    }
}

extension JSON {
    static func time(_ time: Timestamp) -> JSON { .string(time.description) }
    static func time(orNull time: Timestamp?) -> JSON { time.map { .time($0) } ?? .null }
    static func time(orAbsent time: Timestamp?) -> JSON { time.map { .time($0) } ?? .absent }
}

import Foundation
import SimulatorKit

extension Workspace {
    /// Written as `codersdk.Workspace`.
    func json(_ context: RenderContext) -> JSON {
        let world = context.world
        let template = world.template(templateID)
        let build = world.latestBuild(of: self)
        let sick = build.flatMap { build in
            build.agent.flatMap { $0.illness(at: context.now) == nil ? nil : $0.id.text }
        }
        return [
            "id": .string(id.text), "created_at": .time(createdAt), "updated_at": .time(updatedAt),
            "owner_id": .string(world.owner.id.text), "owner_name": .string(world.owner.name), "owner_avatar_url": "",
            "organization_id": .string(world.organization.id.text),
            "organization_name": .string(world.organization.name), "template_id": .string(templateID.text),
            "template_name": .string(template?.name ?? ""), "template_display_name": "",
            "template_icon": "/icon/k8s.png", "template_allow_user_cancel_workspace_jobs": true,
            "template_active_version_id": .nullable(template?.versionID.text),
            "template_require_active_version": false, "template_use_classic_parameter_flow": false,
            "latest_build": build?.json(context, workspace: self) ?? .null, "latest_app_status": .null,
            "outdated": false, "name": .string(name), "autostart_schedule": .absent,
            "ttl_ms": ttlMilliseconds.map(JSON.integer) ?? .null, "last_used_at": .time(updatedAt),
            "deleting_at": .null, "dormant_at": .null,
            "health": ["healthy": .bool(sick == nil), "failing_agents": sick.map { [.string($0)] } ?? []],
            "automatic_updates": "never", "allow_renames": false, "favorite": false, "next_start_at": .null,
            "is_prebuild": false, "task_id": .null,
        ]
    }
}

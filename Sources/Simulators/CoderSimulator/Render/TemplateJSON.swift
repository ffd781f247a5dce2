import Foundation
import SimulatorKit

/// Of every answer's header and of the agents.
let coderVersion = "v2.28.6+df47153"

extension Template {
    /// Written as `codersdk.Template`.
    func json(in world: World) -> JSON {
        let epoch = JSON.string("2025-01-01T00:00:00Z")
        return [
            "id": .string(id.text), "created_at": epoch, "updated_at": epoch,
            "organization_id": .string(world.organization.id.text),
            "organization_name": .string(world.organization.name), "organization_display_name": "Coder",
            "organization_icon": "", "name": .string(name), "display_name": "", "provisioner": "terraform",
            "active_version_id": .string(versionID.text), "active_user_count": 1,
            "build_time_stats": [
                "start": ["P50": .null, "P95": .null], "stop": ["P50": .null, "P95": .null],
                "delete": ["P50": .null, "P95": .null],
            ],
            "description": "Runs one remediation script", "deprecated": false, "deprecation_message": "",
            "icon": "/icon/k8s.png", "default_ttl_ms": 0, "activity_bump_ms": 3_600_000,
            "autostop_requirement": ["days_of_week": [], "weeks": 1],
            "autostart_requirement": [
                "days_of_week": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
            ],
            "created_by_id": .string(world.owner.id.text), "created_by_name": .string(world.owner.name),
            "allow_user_autostart": true, "allow_user_autostop": true, "allow_user_cancel_workspace_jobs": true,
            "failure_ttl_ms": 0, "time_til_dormant_ms": 0, "time_til_dormant_autodelete_ms": 0,
            "require_active_version": false, "max_port_share_level": "owner", "use_classic_parameter_flow": false,
            "cors_behavior": "simple",
        ]
    }

    /// Written as `[codersdk.TemplateVersionParameter]`.
    var parametersJSON: JSON {
        .array(
            parameters.map { parameter in
                [
                    "name": .string(parameter.name), "display_name": "",
                    "description": .string(parameter.description),
                    "description_plaintext": .string(parameter.description), "type": .string(parameter.type),
                    "form_type": "input", "mutable": true, "default_value": .string(parameter.defaultValue),
                    "icon": "", "options": [], "required": .bool(parameter.isRequired), "ephemeral": false,
                ]
            }
        )
    }
}

extension World {
    /// Written as `GET /buildinfo`.
    var buildInfoJSON: JSON {
        [
            "external_url": "https://github.com/coder/coder/commit/df4715376f0e5b70d8ecc03c7787c0b2e454f85e",
            "version": .string(coderVersion), "dashboard_url": "", "telemetry": false, "workspace_proxy": false,
            "agent_api_version": "1.0", "provisioner_api_version": "1.10", "upgrade_message": "",
            "deployment_id": .string(deploymentID.text), "webpush_public_key": "",
        ]
    }

    /// Written as `GET /users/me`.
    var ownerJSON: JSON {
        [
            "id": .string(owner.id.text), "username": .string(owner.name), "avatar_url": "",
            "name": "Coder simulator", "email": "admin@example.com", "created_at": "2025-01-01T00:00:00Z",
            "updated_at": "2025-01-01T00:00:00Z", "last_seen_at": "2025-01-01T00:00:00Z", "status": "active",
            "login_type": "token", "theme_preference": "",
            "organization_ids": [.string(organization.id.text)], "roles": [],
        ]
    }
}

extension APIError {
    /// `codersdk.Response`; `detail` and `validations` are left out when empty.
    var json: JSON {
        [
            "message": .string(message), "detail": .optional(detail),
            "validations": validations.isEmpty
                ? .absent
                : .array(validations.map { ["field": .string($0.field), "detail": .string($0.detail)] }),
        ]
    }
}

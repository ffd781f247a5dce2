"""What both services do for an incident: the five outside calls, without the library that makes them.

The calls are those of Mendline's own clients: Coder's API for the workspace, the "Stream A" API for the report.
"""

import hashlib
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

TIMEOUT_SECONDS = 15
CONNECT_SECONDS = 2
POLL_SECONDS = 1


class Incident(BaseModel):
    """The body of POST /remediate."""

    model_config = ConfigDict(extra="ignore")

    incident_id: str = Field(min_length=1, max_length=200)
    service_name: str = Field(min_length=1, max_length=200)
    severity: str = Field(min_length=1, max_length=40)
    description: str = Field(min_length=1, max_length=8192)
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    target_service_token: str | None = Field(default=None, max_length=4096)


@dataclass(frozen=True)
class Settings:
    """Where the outside systems are, from the same variables as Mendline's."""

    coder_url: str
    coder_token: str
    template: str
    incident_url: str
    incident_key: str

    @classmethod
    def from_environment(cls) -> "Settings":
        return cls(
            coder_url=os.environ["CODER_URL"].rstrip("/"),
            coder_token=os.environ["CODER_SESSION_TOKEN"],
            template=os.environ.get("CODER_TEMPLATE", "remediation"),
            incident_url=os.environ["STREAM_A_URL"].rstrip("/"),
            incident_key=os.environ["STREAM_A_API_KEY"],
        )

    @property
    def coder_headers(self) -> dict[str, str]:
        return {"Accept": "application/json", "Coder-Session-Token": self.coder_token}

    @property
    def incident_headers(self) -> dict[str, str]:
        return {"Accept": "application/json", "Authorization": f"Bearer {self.incident_key}"}


@dataclass(frozen=True)
class Call:
    """A request of one of the two systems; the path is below the system's address."""

    method: str
    path: str
    json: dict[str, Any] | None = None
    headers: dict[str, str] | None = None


def find_template(name: str) -> Call:
    return Call("GET", f"/api/v2/templates?q=exact_name:{quote(name)}")


def workspace_name(incident_id: str) -> str:
    """The same for the same incident, so that it is never remediated twice; Coder takes 32 characters at most."""
    return "m-" + hashlib.sha256(incident_id.encode()).hexdigest()[:24]


def create_workspace(incident: Incident, template_id: str) -> Call:
    parameters = {
        "incident_id": incident.incident_id,
        "service_name": incident.service_name,
        "severity": incident.severity,
        "description": incident.description[:1000],
        "script": "high_cpu_fix.sh",
        "timeout_seconds": "600",
    }
    if incident.target_service_token is not None:
        parameters["target_service_token"] = incident.target_service_token
    body = {
        "name": workspace_name(incident.incident_id),
        "template_id": template_id,
        "rich_parameter_values": [{"name": key, "value": value} for key, value in parameters.items()],
        "ttl_ms": 3_600_000,
    }
    return Call("POST", "/api/v2/users/me/workspaces", body)


def find_workspace(name: str) -> Call:
    return Call("GET", f"/api/v2/users/me/workspace/{name}")


def get_workspace(workspace_id: str) -> Call:
    return Call("GET", f"/api/v2/workspaces/{workspace_id}")


def get_logs(agent_id: str) -> Call:
    return Call("GET", f"/api/v2/workspaceagents/{agent_id}/logs?after=0")


def post_comment(incident_id: str, workspace: dict[str, Any]) -> Call:
    body = {"body": f"Workspace {workspace['name']} was created for this incident.", "author": "peer"}
    key = {"Idempotency-Key": f'"{workspace["id"]}-comment"'}
    return Call("POST", f"/api/incidents/{quote(incident_id, safe='')}/comments", body, key)


def patch_incident(incident_id: str, workspace: dict[str, Any], lines: list[str]) -> Call:
    notes = f"The script in workspace {workspace['name']} has succeeded. Its last lines:\n" + "\n".join(lines[-20:])
    body = {"status": "remediated", "notes": notes, "updated_by": "peer"}
    key = {"Idempotency-Key": f'"{workspace["id"]}-update"'}
    return Call("PATCH", f"/api/incidents/{quote(incident_id, safe='')}", body, key)


def ready_agent(workspace: dict[str, Any]) -> str | None:
    """The agent's id once the start script has ended; None while there is something to wait for.

    Raises RuntimeError where it will not end well any more.
    """
    build = workspace["latest_build"]
    if build["transition"] != "start" or build["job"]["status"] in ("failed", "canceled"):
        raise RuntimeError(f"workspace {workspace['name']} is {build['status']}")
    for resource in build["resources"]:
        for agent in resource.get("agents") or []:
            if agent["lifecycle_state"] in ("start_error", "start_timeout"):
                raise RuntimeError(f"the script in workspace {workspace['name']} ended as {agent['lifecycle_state']}")
            if agent["lifecycle_state"] == "ready":
                return agent["id"]
    return None

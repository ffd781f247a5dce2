"""The five steps, each a task of its own; run by `celery --app celery_service.tasks worker`."""

import os
from functools import cache
from typing import Any

import httpx
from celery import Celery, Task, chain

import remediation
from remediation import Call, Incident, Settings
from tally import Tally

app = Celery("celery_service", broker=os.environ["REDIS_URL"])
app.conf.update(
    # A step counts as done when it has been done, not when it has been taken.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # What a step finds out goes on with the message of the next one; nobody asks for it elsewhere.
    task_ignore_result=True,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
)

Found = dict[str, Any]


class Outside:
    """The connections of one worker process."""

    def __init__(self, settings: Settings) -> None:
        timeout = httpx.Timeout(remediation.TIMEOUT_SECONDS, connect=remediation.CONNECT_SECONDS)

        def client(url: str, headers: dict[str, str]) -> httpx.Client:
            return httpx.Client(base_url=url, headers=headers, timeout=timeout, trust_env=False)

        self._coder = client(settings.coder_url, settings.coder_headers)
        self._incidents = client(settings.incident_url, settings.incident_headers)
        self.template_id = self.coder(remediation.find_template(settings.template)).json()[0]["id"]
        self.finished = Tally(os.environ["FINISHED_FILE"])

    def coder(self, call: Call) -> httpx.Response:
        return self._send(self._coder, call)

    def incidents(self, call: Call) -> httpx.Response:
        return self._send(self._incidents, call)

    @staticmethod
    def _send(client: httpx.Client, call: Call) -> httpx.Response:
        response = client.request(call.method, call.path, json=call.json, headers=call.headers)
        return response.raise_for_status()


@cache
def outside() -> Outside:
    """Made by the first task of a process, since connections must not be shared with the parent it was forked from."""
    return Outside(Settings.from_environment())


def step(**options: Any) -> Any:
    """A task that is tried again, ever more slowly, while the outside system does not do what it is asked."""
    return app.task(autoretry_for=(httpx.HTTPError,), retry_backoff=True, max_retries=10, **options)


@step()
def create_workspace(fields: Found) -> Found:
    incident = Incident.model_construct(**fields)
    call = remediation.create_workspace(incident, outside().template_id)
    try:
        workspace = outside().coder(call).json()
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.CONFLICT:
            raise
        # This step has been here before, and its end was lost.
        name = remediation.workspace_name(incident.incident_id)
        workspace = outside().coder(remediation.find_workspace(name)).json()
    return {"incident_id": incident.incident_id, "workspace": {"id": workspace["id"], "name": workspace["name"]}}


@step(bind=True)
def await_workspace(self: Task, found: Found) -> Found:
    workspace = outside().coder(remediation.get_workspace(found["workspace"]["id"])).json()
    agent = remediation.ready_agent(workspace)
    if agent is None:
        raise self.retry(countdown=remediation.POLL_SECONDS, max_retries=None)
    return found | {"agent_id": agent}


@step()
def read_logs(found: Found) -> Found:
    lines = outside().coder(remediation.get_logs(found["agent_id"])).json()
    return found | {"lines": [line["output"] for line in lines[-20:]]}


@step()
def comment(found: Found) -> Found:
    outside().incidents(remediation.post_comment(found["incident_id"], found["workspace"]))
    return found


@step()
def update_incident(found: Found) -> None:
    outside().incidents(remediation.patch_incident(found["incident_id"], found["workspace"], found["lines"]))
    outside().finished.add()


def remediate(incident: Incident) -> None:
    """Puts the first step into the queue, which brings the others with it."""
    steps = [
        create_workspace.s(incident.model_dump()),
        await_workspace.s(),
        read_logs.s(),
        comment.s(),
        update_incident.s(),
    ]
    chain(*steps).apply_async()

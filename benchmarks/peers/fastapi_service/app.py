"""Run by `uvicorn --workers 2 fastapi_service.app:app`."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import BackgroundTasks, FastAPI, Request

import remediation
from remediation import Call, Incident, Settings
from tally import Tally

logger = logging.getLogger(__name__)


class Remediator:
    """Makes the outside calls of this process, for so many incidents at once."""

    def __init__(self, settings: Settings, finished: Tally, at_once: int) -> None:
        # One incident has one call under way, so there are never more; what waits does so before the pool.
        limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
        timeout = httpx.Timeout(remediation.TIMEOUT_SECONDS, connect=remediation.CONNECT_SECONDS)

        def client(url: str, headers: dict[str, str]) -> httpx.AsyncClient:
            return httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=timeout, trust_env=False)

        self._coder = client(settings.coder_url, settings.coder_headers)
        self._incidents = client(settings.incident_url, settings.incident_headers)
        self._template = settings.template
        self._template_id = ""
        self._finished = finished
        self._room = asyncio.Semaphore(at_once)

    async def start(self) -> None:
        response = await self._call(self._coder, remediation.find_template(self._template))
        self._template_id = response.json()[0]["id"]

    async def close(self) -> None:
        await self._coder.aclose()
        await self._incidents.aclose()

    @property
    def finished(self) -> int:
        return self._finished.count

    async def remediate(self, incident: Incident) -> None:
        async with self._room:
            try:
                await self._steps(incident)
            except (httpx.HTTPError, RuntimeError):
                logger.exception("incident %s was not remediated", incident.incident_id)

    async def _steps(self, incident: Incident) -> None:
        call = remediation.create_workspace(incident, self._template_id)
        workspace = (await self._call(self._coder, call)).json()
        while True:
            workspace = (await self._call(self._coder, remediation.get_workspace(workspace["id"]))).json()
            if agent := remediation.ready_agent(workspace):
                break
            await asyncio.sleep(remediation.POLL_SECONDS)
        lines = [line["output"] for line in (await self._call(self._coder, remediation.get_logs(agent))).json()]
        await self._call(self._incidents, remediation.post_comment(incident.incident_id, workspace))
        await self._call(self._incidents, remediation.patch_incident(incident.incident_id, workspace, lines))
        self._finished.add()

    @staticmethod
    async def _call(client: httpx.AsyncClient, call: Call) -> httpx.Response:
        response = await client.request(call.method, call.path, json=call.json, headers=call.headers)
        return response.raise_for_status()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    tally = Tally(os.environ["FINISHED_FILE"])
    remediator = Remediator(Settings.from_environment(), tally, int(os.environ.get("AT_ONCE", "4")))
    await remediator.start()
    app.state.remediator = remediator
    yield
    await remediator.close()


app = FastAPI(lifespan=lifespan)


@app.post("/remediate", status_code=202)
async def remediate(incident: Incident, request: Request, background: BackgroundTasks) -> dict[str, str]:
    background.add_task(request.app.state.remediator.remediate, incident)
    return {"incident_id": incident.incident_id, "status": "waiting"}


@app.get("/finished")
async def finished(request: Request) -> dict[str, int]:
    return {"finished": request.app.state.remediator.finished}

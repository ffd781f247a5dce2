"""The front: run by `uvicorn --workers 2 celery_service.app:app`."""

import os

from fastapi import FastAPI

from celery_service import tasks
from remediation import Incident
from tally import Tally

app = FastAPI()
tally = Tally(os.environ["FINISHED_FILE"])


# Not async: to put something into the queue blocks until Redis has it on disk, so it is done on a thread.
@app.post("/remediate", status_code=202)
def remediate(incident: Incident) -> dict[str, str]:
    tasks.remediate(incident)
    return {"incident_id": incident.incident_id, "status": "waiting"}


@app.get("/finished")
async def finished() -> dict[str, int]:
    return {"finished": tally.count}

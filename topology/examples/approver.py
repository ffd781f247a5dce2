#!/usr/bin/python3
"""A stage between validator and provisioner: nothing is remediated before a person has said yes.

A decision is a file in the folder of the setting `decisions`, named after the incident (percent-encoded), whose first
line is `approve` or `decline: REASON`. With the setting `listen` (HOST:PORT) it can be made by HTTP, too:

    curl localhost:8095/pending
    curl -X POST localhost:8095/decisions/INC-1 -d approve
"""

import hashlib
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

from stage import Deferred, Stage

FOLDER = Path(os.environ.get("MENDLINE_SETTING_DECISIONS", "var/decisions"))
LISTEN = os.environ.get("MENDLINE_SETTING_LISTEN")
HOLD_SECONDS = 5  # what waits longer is put off, so that any number can wait
LATER_SECONDS = 3
pending = {}  # what has been seen waiting here, by incident; only to be shown


def file_of(incident):
    name = quote(incident, safe="")
    if len(name) > 200:  # a file's name has 255 bytes at most
        name = name[:150] + "-" + hashlib.sha256(incident.encode()).hexdigest()
    return FOLDER / (name + ".decision")


def decision(incident):
    """The words of the first line, or None while there are none."""
    try:
        line = file_of(incident).read_text().partition("\n")[0].strip()
    except FileNotFoundError:
        return None
    word, _, reason = line.partition(":")
    return (word, reason.strip()) if word in ("approve", "decline") else None


def handle(message, in_hand):
    incident = message["subject"]
    if message["context"]["cancelled"]:  # nobody needs to decide any more
        pending.pop(incident, None)
        return [{"type": "incident.confirmed", "data": message["data"]}]
    match decision(incident):
        case None if in_hand < HOLD_SECONDS:
            pending[incident] = message["data"]
            return None
        case None:
            raise Deferred(LATER_SECONDS, "nobody has decided yet")
        case "approve", _:
            pending.pop(incident, None)
            # The whole content goes on, with what this program does not know of it.
            return [{"type": "incident.confirmed", "data": message["data"]}]
        case _, reason:
            pending.pop(incident, None)
            why = reason or "A person has declined it."
            return [{"type": "incident.declined", "data": {"reasons": [{"code": "not_approved", "message": why}]}}]


class Desk(BaseHTTPRequestHandler):
    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/pending":
            self.answer(200, dict(pending))
        else:
            self.answer(404, {"detail": "GET /pending, or POST /decisions/INCIDENT"})

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 4096)).decode(errors="replace")
        name = self.path.removeprefix("/decisions/")
        if name == self.path or not name or body.partition(":")[0].strip() not in ("approve", "decline"):
            self.answer(400, {"detail": "POST /decisions/INCIDENT with `approve` or `decline: REASON`"})
            return
        path = file_of(unquote(name))
        unfinished = path.with_suffix(f".{threading.get_ident()}")
        unfinished.write_text(body + "\n")
        unfinished.replace(path)  # the whole decision or none
        self.answer(200, {"incident_id": unquote(name), "decision": body})

    def log_message(self, *_):
        pass


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    if LISTEN:
        host, _, port = LISTEN.rpartition(":")
        desk = ThreadingHTTPServer((host, int(port)), Desk)
        threading.Thread(target=desk.serve_forever, daemon=True).start()
        print(f"decisions are taken at http://{host}:{desk.server_port}", flush=True)
    Stage(["incident.approved"], handle).run()


if __name__ == "__main__":
    main()

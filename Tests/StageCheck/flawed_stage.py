#!/usr/bin/python3
"""A stage with one flaw, named by the variable FLAW: `mendline stage check` must find it. Without one it has none."""

import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "topology" / "examples"))

import zmq  # noqa: E402

import stage  # noqa: E402

FLAW = os.environ.get("FLAW", "")
WORK_SECONDS = 5.0 if FLAW == "forgets" else 0.05
leak = []


def decline(message, in_hand):
    if in_hand < WORK_SECONDS:
        return None
    reason = {"code": "severity_too_low", "message": "not by machine"}
    return [{"type": "incident.declined", "data": {"reasons": [] if FLAW == "invalid" else [reason]}}]


class Flawed(stage.Stage):
    def __init__(self):
        if FLAW == "greedy":
            self.told, stage.CAPACITY = stage.CAPACITY, 100_000
        super().__init__(["incident.accepted"], decline)
        if FLAW == "deaf":
            # What is set counts for connections that are made afterwards.
            self.deliveries.disconnect(os.environ["MENDLINE_DELIVERIES"])
            self.deliveries.setsockopt(zmq.MAXMSGSIZE, 1 << 20)
            self.deliveries.connect(os.environ["MENDLINE_DELIVERIES"])

    def take_all(self):
        if FLAW == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return super().take_all()

    def take(self, frame):
        if FLAW == "fragile":
            try:
                super().take(frame)
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                sys.exit(f"what came is no delivery: {error!r:.200}")
            return
        if FLAW == "late":
            message = json.loads(frame)
            message["expirytime"] = stage.timestamp(60)
            frame = json.dumps(message).encode()
        before = len(self.held)
        super().take(frame)
        if FLAW == "leaky" and len(self.held) > before:
            leak.append(bytearray(os.urandom(1 << 16)))

    def settle(self, message, **answer):
        if FLAW == "mute" and answer["outcome"] == "deferred":
            return
        if FLAW == "forgets" and answer["outcome"] == "returned" and self.is_stopping:
            return
        super().settle(message, **answer)
        if FLAW == "twice" and answer["outcome"] == "done":
            super().settle(message, **answer)

    def send(self, kind, subject=None, **data):
        if kind == "stage.heartbeat":
            if FLAW == "silent":
                return
            if FLAW == "greedy" and data["capacity"]:
                data["capacity"] = self.told
        super().send(kind, subject, **data)


try:
    Flawed().run()
except SystemExit as end:
    sys.exit(3 if FLAW == "unhappy" else end.code)

#!/usr/bin/python3
"""A stage with one flaw, named by the variable FLAW: `mendline stage check` must find it. Without one it has none."""

import json
import os
import signal
import sys
import time
import uuid
from datetime import datetime, timezone

import zmq

FLAW = os.environ.get("FLAW", "")
STAGE = os.environ["MENDLINE_STAGE"]
CAPACITY = int(os.environ["MENDLINE_CAPACITY"])
INSTANCE = f"{os.uname().nodename}-{os.getpid()}"
WORK_SECONDS = 5.0 if FLAW == "forgets" else 0.05

context = zmq.Context()
deliveries = context.socket(zmq.PULL)
if FLAW == "deaf":
    deliveries.setsockopt(zmq.MAXMSGSIZE, 1 << 20)
deliveries.connect(os.environ["MENDLINE_DELIVERIES"])
answers = context.socket(zmq.PUSH)
answers.setsockopt(zmq.IMMEDIATE, 1)
answers.setsockopt(zmq.LINGER, 1000)
answers.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
answers.connect(os.environ["MENDLINE_ANSWERS"])

held = {}
leak = []
stopping = False


def stop(*_):
    global stopping
    stopping = True


signal.signal(signal.SIGTERM, signal.SIG_IGN if FLAW == "stubborn" else stop)


def now():
    return datetime.now(timezone.utc)


def send(kind, data, subject=None):
    message = {
        "specversion": "1.0", "type": kind, "source": f"/{STAGE}/{INSTANCE}", "id": uuid.uuid4().hex,
        "time": now().isoformat(timespec="milliseconds").replace("+00:00", "Z"), "data": data,
    }
    if subject is not None:
        message["subject"] = subject
    try:
        answers.send(json.dumps(message).encode(), zmq.NOBLOCK)
    except zmq.Again:
        pass


def beat():
    if FLAW == "silent":
        return
    holds = [{"deliveryid": d, "attempt": a} for d, a in held]
    clock = now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    capacity = 0 if stopping else CAPACITY
    send("stage.heartbeat", {
        "stage": STAGE, "instance": INSTANCE, "clock": clock, "capacity": capacity, "holds": holds,
    })


def settle(message, **outcome):
    handle = {"deliveryid": message["deliveryid"], "attempt": message["attempt"]}
    send("delivery.settled", handle | outcome, message["subject"])


def take(frame):
    if FLAW != "fragile":
        try:
            message = json.loads(frame)
            expiry = datetime.fromisoformat(message["expirytime"])
            key = (str(message["deliveryid"]), str(message["attempt"]))
            assert all(isinstance(message[name], str) for name in ("type", "id", "time", "subject", "attempt"))
            assert isinstance(message["deliveryid"], str) and isinstance(message["context"], dict)
        except (ValueError, KeyError, TypeError, AssertionError, RecursionError):
            return
    else:
        message = json.loads(frame)
        expiry = datetime.fromisoformat(message["expirytime"])
        key = (message["deliveryid"], message["attempt"])
    if expiry < now() and FLAW != "late":
        return
    if message["type"] != "incident.accepted":
        if FLAW != "mute":
            later = datetime.fromtimestamp(time.time() + 1, timezone.utc).isoformat(timespec="milliseconds")
            settle(message, outcome="deferred", until=later.replace("+00:00", "Z"), reason="unknown type")
        return
    if len(held) >= CAPACITY and FLAW != "greedy":
        settle(message, outcome="returned", reason="full")
        return
    if FLAW == "leaky":
        leak.append(bytearray(os.urandom(1 << 16)))
    held[key] = (message, time.monotonic() + WORK_SECONDS)


def finish(message):
    reason = {"code": "severity_too_low", "message": "not by machine"}
    event = {"type": "incident.declined", "data": {"reasons": [] if FLAW == "invalid" else [reason]}}
    settle(message, outcome="done", events=[event])
    if FLAW == "twice":
        settle(message, outcome="done", events=[event])


beaten = 0.0
while not stopping:
    taken = False
    if deliveries.poll(20):
        while True:
            try:
                take(deliveries.recv(zmq.NOBLOCK))
                taken = True
            except zmq.Again:
                break
    for key, (message, due) in list(held.items()):
        if due <= time.monotonic():
            finish(message)
            del held[key]
    if taken or time.monotonic() - beaten >= 1:
        beat()
        beaten = time.monotonic()
beat()
if FLAW != "forgets":
    for message, _ in held.values():
        settle(message, outcome="returned", reason="shutting down")
deliveries.close(0)
answers.close()
context.term()
sys.exit(3 if FLAW == "unhappy" else 0)

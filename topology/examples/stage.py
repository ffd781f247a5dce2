"""The delivery contract of a Mendline stage, for stages in Python: see docs/writing-a-stage.md."""

import json
import os
import signal
import sys
import time
import uuid
from datetime import datetime, timedelta, timezone

import zmq

NAME = os.environ.get("MENDLINE_STAGE", "")
CAPACITY = int(os.environ.get("MENDLINE_CAPACITY", "64"))
INSTANCE = f"{os.uname().nodename}-{os.getpid()}"
TEXTS = ("type", "id", "time", "subject", "deliveryid", "attempt", "expirytime")


class Deferred(Exception):
    """It cannot be done before so many seconds have passed: Deferred(seconds, reason)."""


def timestamp(seconds=0.0):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


class Stage:
    """Settles each delivery of the types it knows with the events that `handle(message, seconds_in_hand)` gives.

    None means "not yet", and it is asked again; Deferred puts the delivery off. What it has dealt with may come again. It
    must not wait for anything: while it does, no heartbeat is sent, and after a lease without one all is lost.
    """

    def __init__(self, types, handle):
        self.types, self.handle = types, handle
        self.held, self.is_stopping = {}, False  # held by delivery and attempt: the message, and since when
        context = zmq.Context()
        # No heartbeats on a PULL: libzmq aborts where one holds back a peer that dies (libzmq issue 4364).
        self.deliveries = context.socket(zmq.PULL)
        self.deliveries.setsockopt(zmq.RCVHWM, 64)
        self.answers = context.socket(zmq.PUSH)
        self.answers.setsockopt(zmq.IMMEDIATE, 1)
        self.answers.setsockopt(zmq.LINGER, 2000)
        for socket, address in ((self.deliveries, "MENDLINE_DELIVERIES"), (self.answers, "MENDLINE_ANSWERS")):
            socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
            socket.connect(os.environ[address])

    def run(self):
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "is_stopping", True))
        beaten = 0.0
        while not self.is_stopping:
            if self.take_all() or time.monotonic() - beaten >= 1:  # claim at once; once a second tell that we live
                self.beat()
                beaten = time.monotonic()
            for key, (message, since) in list(self.held.items()):
                self.work(key, message, since)
        self.beat()
        for message, _ in self.held.values():
            self.settle(message, outcome="returned", reason="shutting down")
        self.deliveries.close(0)
        self.answers.close()  # sends what is left, for up to two seconds
        sys.exit(0)

    def take_all(self):
        """Reads all that is there: what waits in the socket is hidden from intake."""
        before = len(self.held)
        while self.deliveries.poll(20 if len(self.held) == before else 0):
            try:
                self.take(self.deliveries.recv())
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                print(f"{NAME}: what came is no delivery: {error!r:.200}", file=sys.stderr)
        return len(self.held) > before

    def take(self, frame):
        if len(frame) > 1 << 20:
            raise ValueError(f"{len(frame)} bytes")
        message = json.loads(frame)
        if not all(isinstance(message[name], str) for name in TEXTS) or not isinstance(message["context"], dict):
            raise ValueError("an attribute has another type")
        key = (message["deliveryid"], message["attempt"])
        if datetime.fromisoformat(message["expirytime"]) < datetime.now(timezone.utc) or key in self.held:
            return  # somebody else has it now, or we have it already
        if (kind := message["type"]) not in self.types:
            self.settle(message, outcome="deferred", until=timestamp(1), reason=f"this process does not know {kind}")
        elif len(self.held) >= CAPACITY:
            self.settle(message, outcome="returned", reason="full")
        else:
            self.held[key] = (message, time.monotonic())

    def work(self, key, message, since):
        try:
            events = self.handle(message, time.monotonic() - since)
            if events is None:
                return
            self.settle(message, outcome="done", events=events)
        except Deferred as later:
            self.settle(message, outcome="deferred", until=timestamp(later.args[0]), reason=later.args[1])
        except Exception as error:  # a bug of ours must not end the process
            self.settle(message, outcome="failed", code="internal", message=repr(error), retryable=True)
        del self.held[key]

    def beat(self):
        holds = [{"deliveryid": delivery, "attempt": attempt} for delivery, attempt in self.held]
        room = 0 if self.is_stopping else CAPACITY
        self.send("stage.heartbeat", stage=NAME, instance=INSTANCE, clock=timestamp(), capacity=room, holds=holds)

    def settle(self, delivery, **answer):  # an answer may have a `message`, too
        deliveryid, attempt = delivery["deliveryid"], delivery["attempt"]
        self.send("delivery.settled", delivery["subject"], deliveryid=deliveryid, attempt=attempt, **answer)

    def send(self, kind, subject=None, **data):
        message = {"specversion": "1.0", "type": kind, "source": f"/{NAME}/{INSTANCE}", "id": uuid.uuid4().hex,
                   "time": timestamp(), "datacontenttype": "application/json", "data": data}
        if subject is not None:
            message["subject"] = subject
        try:
            self.answers.send(json.dumps(message).encode(), zmq.NOBLOCK)
        except zmq.Again:
            pass  # intake is away: leases decide

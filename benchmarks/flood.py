#!/usr/bin/env python3
"""Posts incidents to intake from many senders as fast as they can, and counts what they are answered.

usage: flood.py URL SENDERS SECONDS

Nothing is sent again and nothing waits: this is what overload looks like, not what a good sender does (`mendline send`).
"""

import collections
import http.client
import json
import sys
import threading
import time
import urllib.parse

if len(sys.argv) != 4:
    sys.exit(__doc__)
address = urllib.parse.urlsplit(sys.argv[1]).netloc
senders, seconds = int(sys.argv[2]), float(sys.argv[3])
counts: collections.Counter[str] = collections.Counter()
times: dict[str, list[float]] = collections.defaultdict(list)
lock = threading.Lock()
ends = time.monotonic() + seconds


def send(sender: int) -> None:
    """Sends until the time is over."""
    own: list[tuple[str, float]] = []
    connection = None
    number = 0
    while time.monotonic() < ends:
        number += 1
        body = json.dumps(
            {
                "incident_id": f"FLOOD-{sender}-{number}",
                "service_name": "payment-api",
                "severity": "critical",
                "description": "High CPU",
            }
        )
        began = time.monotonic()
        try:
            if connection is None:
                connection = http.client.HTTPConnection(address, timeout=30)
            connection.request(
                "POST", "/remediate", body, {"Content-Type": "application/json", "Prefer": "respond-async"}
            )
            answer = connection.getresponse()
            answer.read()
            what = str(answer.status)
            if answer.status == 503 and answer.getheader("Retry-After") is None:
                what = "503 without Retry-After"
        except OSError as error:
            what = type(error).__name__
            connection = None
        except http.client.HTTPException as error:
            what = type(error).__name__
            connection = None
        own.append((what, time.monotonic() - began))
    with lock:
        for what, took in own:
            counts[what] += 1
            times[what].append(took)


threads = [threading.Thread(target=send, args=(sender,)) for sender in range(senders)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for what, count in counts.most_common():
    took = sorted(times[what])
    print(
        f"  {what}: {count} ({count / seconds:.0f}/s), answered after p50 {took[len(took) // 2] * 1000:.1f} ms, "
        f"p99 {took[len(took) * 99 // 100] * 1000:.1f} ms, max {took[-1] * 1000:.0f} ms"
    )

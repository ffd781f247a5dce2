#!/usr/bin/env python3
"""Measures one of the services that Mendline's speed is compared with, and prints what it found as JSON.

usage: run.py fastapi|celery [--count N] [--connections N] [--latency TIME] …   (--help tells all)

Starts the stub of the outside systems and the service (for celery with a Redis of its own, which syncs every write),
sends the incidents, and waits until all are finished. Ends everything that it has started.
"""

import argparse
import asyncio
import contextlib
import importlib.metadata
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

PEERS = Path(__file__).resolve().parent
ROOT = PEERS.parent.parent
PACKAGES = {
    "fastapi": ["fastapi", "pydantic", "uvicorn", "uvloop", "httptools", "httpx"],
    "celery": ["celery", "redis", "fastapi", "pydantic", "uvicorn", "uvloop", "httptools", "httpx"],
}
PATIENCE_SECONDS = 600


class Failed(Exception):
    """The measurement has no result, for this reason."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def process(command: list[str], environment: dict[str, str], output: int | TextIO) -> Iterator[subprocess.Popen[str]]:
    """A process in a session of its own, which ends with all its children."""
    child = subprocess.Popen(
        command, env=os.environ | environment, cwd=PEERS, stdout=output, text=True, start_new_session=True
    )
    try:
        yield child
    finally:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=10)
        # Whatever did not end by itself; the session's id stays its own while one of it lives.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def family(parent: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [parent]
    for one in found:
        found += children.get(one, [])
    return found


def pss_mib(parents: list[int]) -> float:
    """Memory, with what processes share counted once."""
    total = 0
    for pid in {pid for parent in parents for pid in family(parent)}:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def cpu_seconds(parents: list[int]) -> float:
    """Processor time of all of them so far."""
    ticks = 0
    for pid in {pid for parent in parents for pid in family(parent)}:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    """Sends a request over an open connection; the answer's status and body."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)


def request_of(name: str) -> bytes:
    body = json.dumps(
        {
            "incident_id": name,
            "service_name": "payment-api",
            "severity": "critical",
            "description": "High CPU",
        }
    ).encode()
    head = ["POST /remediate HTTP/1.1", "Host: peer", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


async def send(port: int, names: Iterator[str]) -> None:
    """Sends over one connection until there are no more names."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for name in names:
        status, body = await exchange(reader, writer, request_of(name))
        if status != 202:
            raise Failed(f"incident {name} was answered {status}: {body.decode(errors='replace')[:500]}")
    writer.close()


async def finished(port: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = b"GET /finished HTTP/1.1\r\nHost: peer\r\nConnection: close\r\n\r\n"
    _, body = await exchange(reader, writer, request)
    writer.close()
    return json.loads(body)["finished"]


async def wait_for(port: int, count: int, parents: list[int]) -> float:
    """Waits until so many are finished; the most memory meanwhile."""
    most, looked = 0.0, 0.0
    give_up = time.monotonic() + PATIENCE_SECONDS
    while await finished(port) < count:
        if time.monotonic() > give_up:
            raise Failed(f"after {PATIENCE_SECONDS} s only {await finished(port)} of {count} are finished")
        if time.monotonic() - looked > 1:
            most, looked = max(most, pss_mib(parents)), time.monotonic()
        await asyncio.sleep(0.05)
    return max(most, pss_mib(parents))


async def answers(port: int) -> None:
    """Waits until the service answers."""
    give_up = time.monotonic() + 60
    while True:
        try:
            await finished(port)
            return
        except OSError:
            if time.monotonic() > give_up:
                raise Failed("the service does not answer") from None
            await asyncio.sleep(0.1)


async def measure(port: int, parents: list[int], count: int, connections: int) -> dict[str, float]:
    await answers(port)
    # The first ones show that every process is up, and find or make what all later ones use.
    warm = 4 * connections
    await asyncio.gather(*(send(port, iter([f"WARM-{number}"])) for number in range(warm)))
    await wait_for(port, warm, parents)
    await asyncio.sleep(1)

    names = (f"PEER-{number}" for number in range(count))
    cpu = cpu_seconds(parents)
    began = time.monotonic()
    await asyncio.gather(*(send(port, names) for _ in range(connections)))
    accepted = time.monotonic() - began
    pss = await wait_for(port, warm + count, parents)
    seconds = time.monotonic() - began
    return {
        "n": count,
        "seconds": round(seconds, 3),
        "finished_per_second": round(count / seconds, 1),
        "accepted_per_second": round(count / accepted, 1),
        "cpu_seconds": round(cpu_seconds(parents) - cpu, 2),
        "pss_mib": round(pss, 1),
    }


def uvicorn(application: str, port: int) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--loop", "uvloop", "--http", "httptools"]
    quiet = ["--no-access-log", "--log-level", "warning"]
    return [sys.executable, "-m", "uvicorn", application, *options, *quiet]


def redis(port: int, folder: str) -> list[str]:
    durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
    return ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, *durable]


def celery(concurrency: int) -> list[str]:
    plain = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    options = ["--pool", "prefork", "--concurrency", str(concurrency), "--loglevel", "warning"]
    return [sys.executable, "-m", "celery", "--quiet", "--app", "celery_service.tasks", "worker", *options, *plain]


def versions(peer: str) -> dict[str, str]:
    found = {"python": platform.python_version()}
    found |= {name: importlib.metadata.version(name) for name in PACKAGES[peer]}
    if peer == "celery":
        words = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout.split()
        found["redis-server"] = next(word[2:] for word in words if word.startswith("v="))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", choices=PACKAGES)
    parser.add_argument("--count", type=int, default=2000, help="how many incidents")
    parser.add_argument("--connections", type=int, default=32, help="how many senders")
    parser.add_argument("--latency", default="0ms", help="how long the outside systems keep each answer back")
    # The defaults are what is fastest on two cores where nothing outside takes time; with a latency more is better.
    parser.add_argument("--at-once", type=int, default=4, help="fastapi: incidents at once in each of its processes")
    parser.add_argument("--concurrency", type=int, default=2, help="celery: worker processes")
    parser.add_argument("--stub", default=str(ROOT / ".build/release/outside-stub"), help="the stub's binary")
    options = parser.parse_args()
    # Else the processes would be left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="peer-"))
        stub = stack.enter_context(process([options.stub, "--latency", options.latency], {}, subprocess.PIPE))
        url = (stub.stdout.readline() if stub.stdout else "").removeprefix("listening on ").strip()
        if not url:
            raise Failed(f"{options.stub} did not start")
        environment = {
            "CODER_URL": url,
            "CODER_SESSION_TOKEN": "0123456789-0123456789012345678901",
            "STREAM_A_URL": url,
            "STREAM_A_API_KEY": "key",
            "FINISHED_FILE": f"{folder}/finished",
            "AT_ONCE": str(options.at_once),
        }
        port = free_port()
        commands = []
        if options.peer == "celery":
            redis_port = free_port()
            environment["REDIS_URL"] = f"redis://127.0.0.1:{redis_port}/0"
            commands += [redis(redis_port, folder), celery(options.concurrency)]
        commands.append(uvicorn(f"{options.peer}_service.app:app", port))
        # What they say goes to standard error, since standard output is for the result.
        services = [stack.enter_context(process(command, environment, sys.stderr)) for command in commands]
        found = asyncio.run(measure(port, [service.pid for service in services], options.count, options.connections))
    print(json.dumps({"peer": options.peer, **found, "versions": versions(options.peer)}))


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(str(failure))

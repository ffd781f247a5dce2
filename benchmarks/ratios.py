#!/usr/bin/python3
"""Measures parts of Mendline beside their yardsticks, round for round in one run, and tells the ratios.

usage: ratios.py [--results FOLDER] [--rounds N] [--gate] [hop] [noop-stage] [accepts] [accept-p99] [fastapi] [celery] [memory]
                 [delay] [coder-calls] [rate-share] [held]

The last line's are of many active workspaces; they take minutes each, and are measured only where they are named.

Machines differ and are shared, so only ratios of one run mean anything: the rounds of both sides alternate, and the
median of the rounds' ratios counts. With --gate the exit code is 1 where a ratio is below what the code is known to
reach, with room for a noisy machine: that catches what makes it slow, not the last percent.
"""

import argparse
import contextlib
import datetime
import json
import os
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from paced import paced

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / ".build" / "release"

# For each: what must be reached on any machine, and the goal.
GATES = {"hop": 0.4, "noop-stage": 0.15}
GOALS = {
    "hop": ">= 0.8", "noop-stage": ">= 0.6", "accepts": ">= 0.5", "accept-p99": "<= 3", "fastapi": ">= 10",
    "celery": ">= 20", "memory": "<= 1", "delay": "<= 1.5", "coder-calls": "<= 8", "rate-share": "<= 0.6",
    "held": "<= 1",
}
# Those of many active workspaces.
ACTIVE = {"delay", "coder-calls", "rate-share", "held"}
# What takes long is measured once.
ONCE = {"fastapi", "celery", "memory"} | ACTIVE


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def hop():
    """One hop of 700 bytes through our wrapper, beside plain libzmq in C."""
    ours = float(run(PROGRAMS / "hop", 400_000, 700))
    yardstick = float(run(PROGRAMS / "hop-c", 400_000, 700))
    return ours, yardstick


def noop_stage():
    """A stage that does nothing, deliveries a second and core, beside reading and writing the same messages."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "stage.json"
        run(
            PROGRAMS / "mendline", "stage", "bench", "validator", "--transport", "ipc", "--seconds", 2,
            "--rate", 100, "--json", results, "--", PROGRAMS / "noop-stage",
        )
        fastest = json.loads(results.read_text())["runs"][0]
    example = ROOT / "topology" / "messages" / "examples" / "delivery.json"
    return 1e6 / fastest["cpu_us_per_delivery"], float(run(PROGRAMS / "message-loop", example, 2))


LUA = """
local number = 0
local threads = 0
function setup(thread) thread:set("thread", threads); threads = threads + 1 end
function request()
  number = number + 1
  local body = string.format('{"incident_id":"%s-%d-%d","service_name":"service-%d","severity":"critical",' ..
    '"description":"High CPU on service-%d"}', RUN, thread, number, number % 100, number % 100)
  return wrk.format("POST", "/remediate",
    {["Content-Type"] = "application/json", ["Prefer"] = "respond-async"}, body)
end
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(command, environment=None):
    """A server that says `listening on http://…`; ends it with its children."""
    child = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        env=os.environ | (environment or {}),
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextlib.contextmanager
def intake():
    """Intake alone: nobody takes what it accepts, so that only accepting is measured."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        topology = Path(folder) / "intake.yaml"
        text = (ROOT / "topology" / "load.yaml").read_text()
        text = text.replace("policy: policy.yaml", f"policy: {ROOT}/topology/policy.yaml")
        # Nobody of the stages is started.
        text = re.sub(r"(\n  (?:validator|provisioner|log-collector|reporter):\n)", r"\1    processes: 0\n", text)
        topology.write_text(text.replace("open_incidents: 100000", "open_incidents: 1000000"))
        command = [
            PROGRAMS / "mendline", "up", "--topology", topology, "--data", f"{folder}/data",
            "--listen", f"127.0.0.1:{port}", "--metrics-listen", "127.0.0.1:0",
        ]
        with server(command):
            wait_for(f"http://127.0.0.1:{port}/health")
            yield port


@contextlib.contextmanager
def accept_only():
    port = free_port()
    with server([PROGRAMS / "accept-only", "--port", port]) as child:
        child.stdout.readline()
        yield port


def wait_for(url):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=1).read()
            return
        time.sleep(0.1)
    sys.exit(f"{url} did not answer within a minute")


def wrk(port, seconds, name):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(LUA.replace("RUN", json.dumps(name)))
        script.flush()
        text = run("wrk", "-t1", "-c32", f"-d{seconds}", "-s", script.name, f"http://127.0.0.1:{port}")
    if "Non-2xx" in text:
        sys.exit(f"some requests were refused:\n{text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))


def accepts():
    """Durable accepts a second with 32 connections, beside the same server that stores nothing."""
    name = f"R{time.time_ns()}"
    with intake() as port:
        ours = wrk(port, 4, name)
    with accept_only() as port:
        yardstick = wrk(port, 4, name)
    return ours, yardstick


def accept_p99():
    """p99 in ms of a durable accept at half of the rate that is reached, beside the p99 of an fdatasync."""
    name = f"P{time.time_ns()}"
    with intake() as port:
        half = wrk(port, 2, name) / 2
        times = paced(port, [accept_request(f"{name}-paced-{number}") for number in range(int(half * 4))], half)
    return p99(times), p99(syncs())


def accept_request(incident):
    body = json.dumps({
        "incident_id": incident, "service_name": "service-1", "severity": "critical",
        "description": "High CPU on service-1",
    })
    return (
        "POST /remediate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Prefer: respond-async\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def syncs():
    """Times of 1,000 fdatasync calls after 4 KiB appended each, in ms."""
    times = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(1000):
            file.write(b"x" * 4096)
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    return times


def p99(times):
    return sorted(times)[int(len(times) * 0.99)]


def bench(*arguments):
    """What `mendline bench` finds."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "bench.json"
        run(PROGRAMS / "mendline", "bench", *arguments, "--json", results)
        return json.loads(results.read_text())["end_to_end"]


def whole(incidents=2000):
    """The whole topology, with outside systems that answer at once."""
    return bench("--incidents", incidents)


def peer(name, count=2000):
    python = ROOT / ".build" / "peers" / "bin" / "python"
    if not python.exists():
        sys.exit("the peers are not installed: make bench-tools")
    return json.loads(run(python, ROOT / "benchmarks" / "peers" / "run.py", name, "--count", count))


def fastapi():
    """Incidents finished a second, beside a FastAPI service with 2 workers that does the same calls in background tasks."""
    return whole()["finished_per_second"], peer("fastapi")["finished_per_second"]


def celery():
    """Incidents finished a second, beside Celery with a Redis that syncs each write."""
    return whole()["finished_per_second"], peer("celery")["finished_per_second"]


def memory():
    """PSS of all six processes after the load, beside the FastAPI service's."""
    return sum(process["pss_mib"] for process in whole()["processes"]), peer("fastapi")["pss_mib"]


def active(*arguments):
    """The whole topology with many active workspaces, and the simulators of the outside systems."""
    return bench(*arguments)["active"]


def delay():
    """p50 in ms from the end of a script to the report, beside the log-collector's tick."""
    return active("--active", 200, "--script-time", "20s")["delay_ms"]["p50"], 1000.0


def coder_calls():
    """Coder's calls for each finished incident."""
    return active("--active", 500, "--script-time", "60s")["coder_calls_per_incident"], 1.0


def rate_share():
    """Requests a minute of Coder's busiest path, beside the 512 that it takes, where more creates wait than that."""
    busiest = active("--active", 200, "--script-time", "20s", "--coder-rate-limit", 512)["busiest_path"]
    return float(busiest["requests_per_minute"]), 512.0


def held():
    """The most memory of a log-collector that follows 10,000 workspaces, in MiB, beside 300."""
    collector = active("--active", 10_000, "--hold", "--script-time", "1h", "--for", "30s")["log_collector"]
    return collector["rss_max_mib"], 300.0


MEASURES = {
    "hop": (hop, "one hop, 700 bytes, through our wrapper", "plain libzmq in C", "/s"),
    "noop-stage": (noop_stage, "a stage that does nothing", "reading and writing the same messages", "/s and core"),
    "accepts": (accepts, "durable accepts, 32 connections", "the same server storing nothing", "/s"),
    "accept-p99": (accept_p99, "p99 of a durable accept at half of the rate", "p99 of an fdatasync", "ms"),
    "fastapi": (fastapi, "incidents finished", "FastAPI and httpx, 2 workers", "/s"),
    "celery": (celery, "incidents finished", "Celery and Redis, appendfsync always", "/s"),
    "memory": (memory, "PSS of all six processes after the load", "FastAPI and httpx, 2 workers", "MiB"),
    "delay": (delay, "from the end of a script to the report, p50, 200 active", "the log-collector's tick", "ms"),
    "coder-calls": (coder_calls, "Coder calls per finished incident, 500 active", "one", "calls"),
    "rate-share": (rate_share, "Coder's busiest path", "Coder's rate limit", "/min"),
    "held": (held, "RSS of the log-collector, 10,000 active", "300 MiB", "MiB"),
}
DEFAULT = [name for name in MEASURES if name not in ACTIVE]


def machine():
    cpu = next(
        (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    memory = next(int(line.split()[1]) // 1024 for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return {
        "cores": os.cpu_count(), "cpu": cpu, "memory_mib": memory, "kernel": platform.release(), "swift": "6.3",
        "libzmq": libzmq(), "load_before": round(os.getloadavg()[0], 2),
    }


def libzmq():
    import ctypes

    parts = [ctypes.c_int() for _ in range(3)]
    ctypes.CDLL("libzmq.so.5").zmq_version(*(ctypes.byref(part) for part in parts))
    return ".".join(str(part.value) for part in parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="*", metavar="|".join(MEASURES), help="which; default: " + ", ".join(DEFAULT))
    parser.add_argument("--results", type=Path, help="write one JSON file for each here")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gate", action="store_true", help="exit code 1 where a ratio is below its gate")
    arguments = parser.parse_args()
    names = arguments.measures or DEFAULT
    if unknown := set(names) - set(MEASURES):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(MEASURES)}")
    version = run(PROGRAMS / "mendline", "--version").strip()
    failed = False
    for name in names:
        measure, what, against, unit = MEASURES[name]
        started = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        here = machine()
        rounds = [measure() for _ in range(1 if name in ONCE else arguments.rounds)]
        ratio = statistics.median(ours / yardstick for ours, yardstick in rounds)
        ours, yardstick = (statistics.median(side) for side in zip(*rounds))
        print(f"{name}: {ours:,.2f} {unit} against {yardstick:,.2f}, ratio {ratio:.2f} (goal {GOALS[name]})")
        if arguments.gate and ratio < GATES.get(name, 0):
            print(f"{name}: below the gate of {GATES[name]}: see what has made it slow", file=sys.stderr)
            failed = True
        if arguments.results:
            arguments.results.mkdir(parents=True, exist_ok=True)
            result = {
                "kind": "ratio", "name": name, "command": f"benchmarks/ratios.py {name}",
                "started": started.replace("+00:00", "Z"), "mendline": version, "machine": here,
                "ratio": {
                    "what": what, "value": ours, "unit": unit, "against": against, "against_value": yardstick,
                    "ratio": ratio, "goal": GOALS[name],
                },
            }
            (arguments.results / f"ratio-{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Results that nobody has measured, for the tests."""

import copy
import json
from pathlib import Path

MACHINE = {
    "cores": 2, "cpu": "Some CPU", "memory_mib": 8000, "kernel": "6.1", "swift": "6.3.1", "libzmq": "4.3.4",
    "sqlite": "3.40.1", "load_before": 0.3,
}


def result(kind: str, name: str, **rest) -> dict:
    common = {
        "kind": kind, "name": name, "command": f"mendline measure {name}", "started": "2026-11-26T10:00:00.123Z",
        "mendline": "0.1.0", "machine": dict(MACHINE),
    }
    return copy.deepcopy(common | rest)


def run(transport: str, processes: int, offered: float | None, throughput: float, middle: float) -> dict:
    return {
        "transport": transport, "processes": processes, "offered_per_second": offered, "sent": 5000, "settled": 5000,
        "seconds": 5.0, "throughput_per_second": throughput,
        "in_hand_ms": {"p50": middle, "p95": middle * 2, "p99": middle * 4, "p99_9": middle * 8, "max": middle * 9},
        "cpu_us_per_delivery": 100.0, "rss_mib": 40.0, "backlog_seconds": None if offered is None else 0.01,
    }


def stage(name: str = "validator") -> dict:
    """It kept up with 9,000 a second over ipc, and with 4,000 over tcp."""
    runs = [
        run("ipc", 1, None, 10_000, 20), run("ipc", 1, 9000, 8990, 3), run("ipc", 1, 5000, 5000, 1),
        run("ipc", 1, 11_000, 9900, 250), run("tcp", 1, None, 5000, 30), run("tcp", 1, 4000, 4000, 2),
    ]
    return result("stage", name, runs=runs, knee_per_second=9000)


def end_to_end() -> dict:
    processes = [
        {"name": "reporter", "cpu_ms_per_incident": 1.0, "rss_mib": 40.0, "pss_mib": 15.0},
        {"name": "intake", "cpu_ms_per_incident": 3.0, "rss_mib": 60.0, "pss_mib": 30.0},
    ]
    measured = {
        "incidents": 2000, "mode": "concurrency 64", "accepted_per_second": 300.0, "finished_per_second": 100.0,
        "to_verdict_ms": {"p50": 1500.0, "p99": 2500.0, "max": 2600.0},
        "split_ms": {
            "wait": {"p50": 300.0, "p99": 500.0}, "provision": {"p50": 200.0, "p99": 400.0},
            "run": {"p50": 1000.0, "p99": 1600.0}, "report": {"p50": 100.0, "p99": 300.0},
        },
        "coder_calls_per_incident": 8.0, "processes": processes,
    }
    return result("end-to-end", "concurrency 64", end_to_end=measured)


def ratio(name: str, value: float, goal: str) -> dict:
    told = {
        "what": f"what {name} does", "value": value * 200, "unit": "/s", "against": "plain C", "against_value": 200.0,
        "ratio": value, "goal": goal,
    }
    return result("ratio", name, ratio=told)


def good() -> dict[str, dict]:
    """One of everything, by file name."""
    return {
        "stage-reporter.json": stage("reporter"),
        "stage-validator.json": stage(),
        "end-to-end.json": end_to_end(),
        "ratio-hop.json": ratio("hop", 0.85, ">= 0.8"),
        "ratio-accept.json": ratio("accept", 4.0, "<= 3"),
    }


def put(folder: Path, results: dict[str, dict]) -> None:
    for name, content in results.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")

#!/usr/bin/env python3
"""Holds a real intake to its own description.

Starts the local topology on free ports with a bearer token, validates /openapi.yaml, lets schemathesis try every call,
and looks at what is left: intake must be the same process, ready, with no failed request in its log.

    EXAMPLES  cases per call and phase (50)
    SEED      makes a run again; every run says which it had
    BIN       where Mendline's programs are (.build/debug)
"""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
BIN = Path(os.environ.get("BIN") or ROOT / ".build/debug")
EXAMPLES = os.environ.get("EXAMPLES") or "50"
SEED = os.environ.get("SEED") or str(secrets.randbelow(1 << 31))
START_LIMIT = 120


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="mendline-contract-"))
    token = secrets.token_hex(24)
    topology = start(folder, token)
    try:
        base = wait_until_started(topology, folder)
        wait_until_ready(base, token)
        before = intake_process(folder)
        failures = check(base, token, folder)
        if get(f"{base}/ready", token)[0] != 200:
            failures.append("intake is not ready any more")
        if intake_process(folder) != before:
            failures.append("intake had to be started again")
        log = (folder / "data/logs/intake.log").read_text(errors="replace")
        failures += [line for line in log.splitlines() if "a request has failed" in line]
    finally:
        topology.send_signal(signal.SIGTERM)
        topology.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"contract: {'broken' if failures else 'kept'}, {EXAMPLES} examples, SEED={SEED}")
    return 1 if failures else 0


def start(folder: Path, token: str) -> subprocess.Popen:
    listen = [argument for option in ("--listen", "--metrics-listen", "--coder-listen", "--incident-listen")
              for argument in (option, "127.0.0.1:0")]
    with open(folder / "up.out", "wb") as output:
        return subprocess.Popen(
            [BIN / "mendline", "up", "--topology", ROOT / "topology/local.yaml", "--data", folder / "data", *listen],
            env={"PATH": "/usr/bin:/bin", "MENDLINE_TOKEN": token},
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )


def wait_until_started(topology: subprocess.Popen, folder: Path) -> str:
    def address() -> str | None:
        output = (folder / "up.out").read_text(errors="replace")
        if topology.poll() is not None:
            raise SystemExit(f"mendline up has ended: {output}")
        found = re.search(r"(http://[0-9.:]+)/incidents", output)
        return found.group(1) if found and "Ctrl-C ends everything." in output else None

    return wait_for("mendline up has started everything", address)


def wait_until_ready(base: str, token: str) -> None:
    wait_for("intake is ready", lambda: get(f"{base}/ready", token)[0] == 200)
    wait_for("the metrics are there", lambda: get(f"{base}/metrics", token)[0] == 200)


def wait_for(what: str, probe):
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        result = probe()
        if result:
            return result
        time.sleep(0.1)
    raise SystemExit(f"not within {START_LIMIT} s: {what}")


def get(url: str, token: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def intake_process(folder: Path) -> list[str]:
    """Every pid that intake has had."""
    return sorted(set(re.findall(r"^\s+intake\s+pid (\d+)", (folder / "up.out").read_text(), re.MULTILINE)))


def check(base: str, token: str, folder: Path) -> list[str]:
    failures = []
    document = folder / "openapi.yaml"
    document.write_bytes(get(f"{base}/openapi.yaml", token)[1])
    if subprocess.run([TOOLS / "openapi-spec-validator", document], check=False).returncode != 0:
        failures.append("the description is no valid OpenAPI")
    run = subprocess.run(
        [
            TOOLS / "schemathesis", "--config-file", ROOT / "Tests/Contract/schemathesis.toml", "run",
            f"{base}/openapi.yaml", "--header", f"Authorization: Bearer {token}", "--checks", "all", "--seed", SEED,
            "--max-examples", EXAMPLES, "--request-timeout", "45", "--continue-on-failure",
        ],
        cwd=folder, check=False,
    )
    if run.returncode != 0:
        failures.append("schemathesis has found what is told above")
    return failures


if __name__ == "__main__":
    sys.exit(main())

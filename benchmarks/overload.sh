#!/usr/bin/env bash
# More than there is room for: a flood of senders, and a backlog of incidents that wait while Coder is down.
#
#   benchmarks/overload.sh [INCIDENTS] [SECONDS]      default: 100000 incidents, a flood of 60 s
#
# Prints what senders were told and the resident memory of intake before, during and after, and the same of a backlog;
# intake is killed in the middle of it and must come back with all of it. Exits with 1 where one that was accepted is
# lost, of the flood or of the backlog, and where the flood has left one that nobody was told of.
set -euo pipefail
cd "$(dirname "$0")/.."
incidents=${1:-100000}
seconds=${2:-60}
swift build -c release
programs=$PWD/.build/release
folder=$(mktemp -d)
up=""
trap '[ -z "$up" ] || { kill "$up" && wait "$up"; } || true; rm -rf "$folder"' EXIT

cat >"$folder/policy.yaml" <<POLICY
version: 1
severities: [critical]
playbooks:
  - name: any
    match: { services: ["*"] }
    template: remediation
    timeout: 10m
    deadline: 6h
    retention: 1s
    provision_within: 20m
POLICY

# start NAME REQUESTS: a topology of its own folder, with so many requests in progress at most.
start() {
  mkdir -p "$folder/$1"
  cat >"$folder/$1.yaml" <<TOPOLOGY
version: 1
name: overload
intake:
  listen: 127.0.0.1:0
  http: { requests: $2 }
metrics: { listen: 127.0.0.1:0 }
stages:
  validator: { takes: [incident.accepted] }
  provisioner:
    takes:
      [incident.approved, remediation.finished, workspace.expiring, workspace.dispose, delivery.exhausted, sweep.due]
    retry: { attempts: 100000, first: 1s, most: 10s }
  log-collector: { takes: [workspace.created], capacity: 1000 }
  reporter: { takes: [incident.declined, workspace.created, remediation.finished, incident.cancelled] }
limits: { decide_within: 6h, hold: 20s, open_incidents: $((incidents + 1000)) }
coder: { url: "http://127.0.0.1:1", token_file: "{data}/secrets/coder-token" }
incident_api: { url: "http://127.0.0.1:1", key_file: "{data}/secrets/incident-api-key", duplicates: key }
policy: policy.yaml
simulators:
  coder: { listen: 127.0.0.1:0, profile: fast }
  incident: { listen: 127.0.0.1:0 }
TOPOLOGY
  "$programs/mendline" up --topology "$folder/$1.yaml" --data "$folder/$1" >"$folder/$1.out" 2>&1 &
  up=$!
  until intake=$(grep -oE 'http://127.0.0.1:[0-9]+' "$folder/$1/logs/intake.log" 2>/dev/null | head -1) &&
    [ -n "$intake" ] && curl -fs "$intake/ready" >/dev/null; do
    kill -0 "$up" || { cat "$folder/$1.out"; exit 1; }
    sleep 0.2
  done
  coder=$(grep -oE 'http://127.0.0.1:[0-9]+' "$folder/$1/logs/coder-simulator.log" | head -1)
}

stop() {
  kill "$up"
  wait "$up" || true
  up=""
}

# The process of intake, the one that `mendline up` started.
intake_pid() { pgrep -P "$up" -x intake || true; }

# Resident memory in MiB.
memory() { awk '/^VmRSS/ { printf "%d MiB", $2 / 1024 }' "/proc/$(intake_pid)/status"; }
peak() { awk '/^VmHWM/ { printf "%d MiB", $2 / 1024 }' "/proc/$(intake_pid)/status"; }
open() {
  "$programs/mendline" ledger show --json --data "$1" | python3 -c '
import json, sys
ended = ("finished", "declined", "cancelled")
print(sum(count for state, count in json.load(sys.stdin)["incidents"].items() if state not in ended))'
}

# finished FOLDER: how many came to a verdict.
finished() {
  "$programs/mendline" ledger show --json --data "$1" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["incidents"]["finished"])'
}

# held FOLDER: how many there are, whatever has become of them.
held() {
  "$programs/mendline" ledger show --json --data "$1" |
    python3 -c 'import json, sys; print(sum(json.load(sys.stdin)["incidents"].values()))'
}

# expect WHAT COUNT: all incidents of the backlog must be there.
expect() {
  [ "$2" = "$incidents" ] || { echo "LOST: $2 of $incidents $1" >&2; exit 1; }
}

echo "flood: 64 senders that never wait, for $seconds s, 16 requests in progress at most"
start flood 16
echo "  intake before: $(memory)"
python3 benchmarks/flood.py "$intake" 64 "$seconds" | tee "$folder/flood.told"
told=$(awk '$1 == "202:" { count = $2 } END { print count + 0 }' "$folder/flood.told")
# Of these nobody knows: the answer did not come, the incident may be there.
untold=$(awk '$1 !~ /^[0-9]/ { count += $2 } END { print count + 0 }' "$folder/flood.told")
there=$(held "$folder/flood")
if [ "$there" -lt "$told" ] || [ "$there" -gt $((told + untold)) ]; then
  echo "$told of the flood were accepted and $untold not answered; the ledger holds $there" >&2
  exit 1
fi
echo "  intake at its peak: $(peak), after: $(memory)"
stop

echo "backlog: $incidents incidents while Coder is down"
start backlog 1024
curl -fs -X PATCH -H 'Content-Type: application/json' -d '{"down": true}' "$coder/_simulator/faults" >/dev/null
echo "  intake before: $(memory)"
began=$SECONDS
"$programs/mendline" send --count "$incidents" --concurrency 64 --id BACKLOG --intake "$intake" --json >"$folder/sent.json"
echo "  accepted in $((SECONDS - began)) s; intake at its peak: $(peak), now: $(memory); open: $(open "$folder/backlog")"
began=$(date +%s%N)
kill -9 "$(intake_pid)"
until curl -fs "$intake/health" >/dev/null; do sleep 0.05; done
echo "  killed; it answers again after $((($(date +%s%N) - began) / 1000000)) ms, with $(memory)"
expect "are open after the restart" "$(open "$folder/backlog")"
began=$SECONDS
curl -fs -X PATCH -H 'Content-Type: application/json' -d '{"down": false, "builders": 256, "build_time": "50ms", "agent_time": "50ms"}' "$coder/_simulator/faults" >/dev/null
until left=$(open "$folder/backlog") && [ "$left" = 0 ]; do
  [ -n "$left" ] || { echo "the ledger cannot be read" >&2; exit 1; }
  sleep 2
done
expect "have come to a verdict" "$(finished "$folder/backlog")"
echo "  worked off in $((SECONDS - began)) s; intake at its peak: $(peak), after: $(memory)"
"$programs/mendline" ledger show --data "$folder/backlog"
stop

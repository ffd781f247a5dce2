#!/usr/bin/env bash
# The standard set of measurements: every stage alone, the whole topology, and the ratios, those to the peers included.
#
#     benchmarks/run.sh [RESULTS_FOLDER]
#
# Writes one JSON file for each into the folder (benchmarks/results by default), then the report from all of them. It takes
# some eight minutes; figures mean something only where nothing else runs.
set -euo pipefail
cd "$(dirname "$0")/.."
results=${1:-benchmarks/results}
mendline=.build/release/mendline
rm -rf "$results"
mkdir -p "$results"

for stage in validator provisioner log-collector reporter; do
  echo "== $stage"
  $mendline stage bench "$stage" --seconds 3 --json "$results/stage-$stage.json"
done
echo "== two processes of a stage"
$mendline stage bench validator --transport ipc --processes 2 --seconds 3 --json "$results/stage-validator-2.json"

echo "== the whole topology"
$mendline bench --incidents 2000 --json "$results/end-to-end.json"
$mendline bench --incidents 500 --rate 25 --json "$results/end-to-end-paced.json"

echo "== ratios, and the peers"
benchmarks/ratios.py --results "$results"

benchmarks/report/report.py "$results" "$results/report.html" --markdown benchmarks/RESULTS.md
echo "see benchmarks/RESULTS.md and $results/report.html"

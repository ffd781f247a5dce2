#!/usr/bin/env bash
# What a large ledger costs: opening one that is full of open incidents, or working on one that is full of ended ones.
#
#   benchmarks/ledger-open.sh [COUNT …]                 opens ledgers with so many open incidents: 1000 and 100000
#   benchmarks/ledger-open.sh finished [SMALL LARGE]    compares ledgers with so many ended incidents: 1000 and 1000000
#
# The second opens fresh copies of both in turn, three times each, and prints the medians and their ratio. What has
# ended must cost nothing but its room on the disk, some 3 GiB a million: within 20 % it must make no difference.
set -euo pipefail
cd "$(dirname "$0")/.."
program=.build/release/ledger-open
swift build -c release --product ledger-open
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# median NAME FILE: the middle one of a figure's values.
median() {
  grep -oE "(^| )$1=[0-9.]+" "$2" | cut -d= -f2 | sort -n |
    awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

finished() {
  local small=${1:-1000} large=${2:-1000000} count figure
  [ "$small" != "$large" ] || { echo "name two different numbers of incidents" >&2; exit 64; }
  for count in "$small" "$large"; do "$program" finish "$folder/$count.sqlite" "$count"; done
  for _ in 1 2 3; do
    for count in "$small" "$large"; do
      cp "$folder/$count.sqlite" "$folder/copy.sqlite"
      # So that no commit waits for what the copying has left to be written.
      sync
      "$program" load "$folder/copy.sqlite" | tee -a "$folder/$count.figures"
      rm -f "$folder"/copy.sqlite*
    done
  done
  printf '%-20s %12s %12s %8s\n' median "$small" "$large" ratio
  for figure in in_memory ready_ms resident_mib read_us incidents_per_s resident_after_mib peak_mib; do
    awk -v name="$figure" -v a="$(median "$figure" "$folder/$small.figures")" \
      -v b="$(median "$figure" "$folder/$large.figures")" 'BEGIN {
        ratio = a > 0 ? b / a : 1
        printf "%-20s %12s %12s %8.2f  %s\n", name, a, b, ratio, (ratio >= 0.8 && ratio <= 1.2) ? "flat" : "not flat" }'
  done
}

if [ "${1:-}" = finished ]; then
  finished "${@:2}"
  exit
fi
[ $# -gt 0 ] || set -- 1000 100000
for count in "$@"; do
  "$program" fill "$folder/$count.sqlite" "$count"
  for _ in 1 2 3; do "$program" open "$folder/$count.sqlite"; done
done

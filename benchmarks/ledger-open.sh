#!/usr/bin/env bash
# What opening a ledger with 1,000 and with 100,000 open incidents takes: time and resident memory.
# Other counts are given as arguments.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product ledger-open
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for count in "${@:-1000 100000}"; do
  # The default is one text of two numbers.
  for number in $count; do
    .build/release/ledger-open fill "$folder/$number.sqlite" "$number"
    for _ in 1 2 3; do .build/release/ledger-open open "$folder/$number.sqlite"; done
  done
done
